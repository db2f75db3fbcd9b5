import { OPEN_ACL } from '../wire/permissions.js';
import type { Acl, Id } from '../wire/records.js';
import { ipMatches, isIpPattern } from './ip-match.js';

/** Schemes that an ACL may name besides `world` and `auth`, unless a server knows more. */
export const DEFAULT_SCHEMES: readonly string[] = ['digest', 'ip'];

/** Schemes whose identities say who a client is; `ip` only says where. */
const AUTHENTICATED: readonly string[] = ['digest', 'x509', 'sasl'];

/**
 * Whether `identities` have one of the `wanted` permission bits under `acl`. An empty list and the
 * `super` identity pass; an unknown list (`undefined`) lets only `super` pass.
 */
export function aclPermits(
  acl: readonly Acl[] | undefined,
  wanted: number,
  identities: readonly Id[],
): boolean {
  if (acl === OPEN_ACL) return true;
  if (acl !== undefined) {
    if (acl.length === 0) return true;
    for (let i = 0; i < acl.length; i++) {
      const entry = acl[i]!;
      if ((entry.perms & wanted) === 0) continue;
      if (entry.id.scheme === 'world' && entry.id.id === 'anyone') return true;
      if (identities.some((identity) => matches(identity, entry.id))) return true;
    }
  }
  return identities.some((identity) => identity.scheme === 'super');
}

/**
 * The ACL to store for the one a client asks for: duplicates dropped, `auth` replaced by the
 * client's own identities. `undefined` means INVALID_ACL: an empty list, an unknown scheme, an
 * ill-formed id, or `auth` from a client without identity.
 */
export function normaliseAcl(
  acl: readonly Acl[] | null,
  identities: readonly Id[],
  schemes: readonly string[] = DEFAULT_SCHEMES,
): readonly Acl[] | undefined {
  if (acl === OPEN_ACL) return acl;
  if (acl === null || acl.length === 0) return undefined;
  const normal: Acl[] = [];
  for (const entry of withoutDuplicates(acl)) {
    const { scheme, id } = entry.id;
    if (scheme === 'world' && id === 'anyone') {
      normal.push(entry);
    } else if (scheme === 'auth') {
      const own = identities.filter((identity) => AUTHENTICATED.includes(identity.scheme));
      if (own.length === 0) return undefined;
      for (const identity of own) normal.push({ perms: entry.perms, id: identity });
    } else if (schemes.includes(scheme) && isValidId(scheme, id)) {
      normal.push(entry);
    } else {
      return undefined;
    }
  }
  return normal;
}

function withoutDuplicates(acl: readonly Acl[]): readonly Acl[] {
  if (acl.length === 1) return acl;
  return acl.filter((entry, at) => acl.findIndex((other) => isSame(entry, other)) === at);
}

function isSame(a: Acl, b: Acl): boolean {
  return a.perms === b.perms && a.id.scheme === b.id.scheme && a.id.id === b.id.id;
}

function isValidId(scheme: string, id: string): boolean {
  if (scheme === 'ip') return isIpPattern(id);
  if (scheme === 'digest') return hasTwoParts(id);
  return id !== '';
}

/** As ZooKeeper splits it: trailing empty parts do not count. */
function hasTwoParts(id: string): boolean {
  return id.replace(/:+$/, '').split(':').length === 2;
}

function matches(identity: Id, wanted: Id): boolean {
  if (identity.scheme !== wanted.scheme) return false;
  return identity.scheme === 'ip' ? ipMatches(identity.id, wanted.id) : identity.id === wanted.id;
}
