/** Paths inside a client's chroot and paths at the server. The empty chroot changes nothing. */

/** The server's path of a client's path. */
export function withChroot(chroot: string, path: string): string {
  if (chroot === '') return path;
  return path === '/' ? chroot : chroot + path;
}

/** The client's path of a server's path; a path outside the chroot is left as it is. */
export function withoutChroot(chroot: string, path: string): string {
  if (chroot === '') return path;
  if (path === chroot) return '/';
  return path.startsWith(`${chroot}/`) ? path.slice(chroot.length) : path;
}
