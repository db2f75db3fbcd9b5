/** Who may do what, as the model sees it: access lists of two kinds of people, and no more. */
import { permissions } from '@vivarium/core/internal/wire/permissions';
import type { Acl } from '@vivarium/core/internal/wire/records';

export { permissions };

/** What some clients tell the server of themselves, over every connection, before all else. */
export const CREDENTIAL = { scheme: 'digest', auth: 'sim:word' } as const;
const IDENTITY = { scheme: 'digest', id: 'sim:pdd8BLwatnnVyqMtjNTAG7UMJBA=' } as const;
const ANYONE = { scheme: 'world', id: 'anyone' } as const;

const { all, read, write, create, delete: remove, admin } = permissions;

/** The lists that nodes get. The last lets even those who are known not write. */
export const accessLists: readonly (readonly Acl[])[] = [
  [{ perms: all, id: ANYONE }],
  [{ perms: all, id: IDENTITY }],
  [
    { perms: read, id: ANYONE },
    { perms: all, id: IDENTITY },
  ],
  [
    { perms: write | create, id: ANYONE },
    { perms: read | remove | admin, id: IDENTITY },
  ],
];

/** @param isKnown whether the asker has given the credential before */
export function permits(acl: readonly Acl[], wanted: number, isKnown: boolean): boolean {
  return acl.some(({ perms, id }) => {
    const isMeant = id.scheme === 'world' || (isKnown && id.id === IDENTITY.id);
    return isMeant && (perms & wanted) !== 0;
  });
}

export function sameAcl(a: readonly Acl[], b: readonly Acl[]): boolean {
  const text = (acl: readonly Acl[]) =>
    acl.map(({ perms, id }) => `${perms} ${id.scheme} ${id.id}`).join();
  return text(a) === text(b);
}

/** The list as those see it who may not change it. */
export function withoutSecrets(acl: readonly Acl[]): readonly Acl[] {
  return acl.map(({ perms, id }) => {
    if (id.scheme !== 'digest') return { perms, id };
    return { perms, id: { scheme: id.scheme, id: `${id.id.split(':')[0]}:x` } };
  });
}
