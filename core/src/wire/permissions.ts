import { type Acl, OPEN_ACL } from './acl.js';

export { OPEN_ACL };

/** Permission bits of an ACL entry. */
export const permissions = { read: 1, write: 2, create: 4, delete: 8, admin: 16, all: 31 } as const;

/** Everyone may read. */
export const READ_ACL: readonly Acl[] = [
  { perms: permissions.read, id: { scheme: 'world', id: 'anyone' } },
];
/** All permissions for the identities of the creating connection. */
export const CREATOR_ALL_ACL: readonly Acl[] = [
  { perms: permissions.all, id: { scheme: 'auth', id: '' } },
];
