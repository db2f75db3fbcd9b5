/** Paths of znodes, and names as they are shown. */

/** The path of a child. */
export function childPath(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`;
}

/** The path above; `/` for `/` itself. */
export function parentPath(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 1));
}

/** The last part of a path; `/` for the root. */
export function nameOf(path: string): string {
  return path === '/' ? '/' : path.slice(path.lastIndexOf('/') + 1);
}

/** Every path from the root down to one, both included. */
export function pathsDownTo(path: string): readonly string[] {
  if (path === '/') return ['/'];
  const paths = ['/'];
  for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) {
    paths.push(path.slice(0, at));
  }
  return [...paths, path];
}

/**
 * A name with what cannot be seen, or would turn the text around it, made visible. Names are never
 * anything but text; this keeps them from looking like another one.
 */
export function visibleName(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu, (char) => {
    return `\\u{${char.codePointAt(0)!.toString(16)}}`;
  });
}

/** Why a text cannot be the name of a child, or `undefined` when it can. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'Give it a name.';
  if (name === '.' || name === '..') return `"${name}" is no name: paths are absolute.`;
  if (name.includes('/')) return 'A name holds no slash: make the parent first.';
  // The characters that ZooKeeper refuses in paths.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  const bad = /[\u0000-\u001f\u007f-\u009f\ud800-\uf8ff\ufff0-\uffff]/.exec(name);
  if (bad === null) return undefined;
  return `ZooKeeper allows no character ${visibleName(bad[0])} in names.`;
}
