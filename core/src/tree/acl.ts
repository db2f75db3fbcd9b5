import { OPEN_ACL, permissions } from '../wire/permissions.js';
import type { Acl, Id } from '../wire/records.js';
import { ipMatches, isIpPattern } from './ip-match.js';

/** Schemes that an ACL may name besides `world` and `auth`, unless a server knows more. */
export const DEFAULT_SCHEMES: readonly string[] = ['digest', 'ip'];

/** Schemes whose identities say who a client is; `ip` only says where. */
const AUTHENTICATED: readonly string[] = ['digest', 'x509', 'sasl'];

/** Lists longer than this are gone through once for each list of identities, not at each check. */
const SHORT_LIST = 8;
/** How many characters the entries that stand for `auth` may still take: no request holds them. */
export interface AclBudget {
  characters: number;
}

/** What one request may have put into the log for `auth`. */
export const MOST_OWN_CHARACTERS = 1_048_576;

const remembered = new WeakMap<readonly Id[], WeakMap<readonly Acl[], number>>();

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
    if (acl.length > SHORT_LIST) {
      if ((rememberedBits(acl, identities) & wanted) !== 0) return true;
    } else if (bitsFor(acl, wanted, identities) !== 0) {
      return true;
    }
  }
  return identities.some((identity) => identity.scheme === 'super');
}

/** Those of the `wanted` bits that a list gives. */
function bitsFor(acl: readonly Acl[], wanted: number, identities: readonly Id[]): number {
  let bits = 0;
  for (let i = 0; i < acl.length; i++) {
    const { perms, id } = acl[i]!;
    if ((perms & wanted & ~bits) === 0) continue;
    const isMeant =
      (id.scheme === 'world' && id.id === 'anyone') ||
      identities.some((identity) => matches(identity, id));
    if (isMeant) bits |= perms & wanted;
  }
  return bits;
}

/** Neither list ever changes, so what one gives to the other is found out once. */
function rememberedBits(acl: readonly Acl[], identities: readonly Id[]): number {
  let byList = remembered.get(identities);
  if (byList === undefined) {
    byList = new WeakMap();
    remembered.set(identities, byList);
  }
  let bits = byList.get(acl);
  if (bits === undefined) {
    bits = bitsFor(acl, permissions.all, identities);
    byList.set(acl, bits);
  }
  return bits;
}

/**
 * The ACL to store for the one a client asks for: duplicates dropped, `auth` replaced by the
 * client's own identities. `undefined` means INVALID_ACL: an empty list, an unknown scheme, an
 * ill-formed id, `auth` from a client without identity, or a budget that is used up.
 */
export function normaliseAcl(
  acl: readonly Acl[] | null,
  identities: readonly Id[],
  schemes: readonly string[] = DEFAULT_SCHEMES,
  budget: AclBudget = { characters: MOST_OWN_CHARACTERS },
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
      for (const identity of own) {
        budget.characters -= identity.scheme.length + identity.id.length;
        normal.push({ perms: entry.perms, id: identity });
      }
      if (budget.characters < 0) return undefined;
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
  const seen = new Set<string>();
  return acl.filter(({ perms, id }) => {
    const { size } = seen;
    return seen.add(`${perms}:${id.scheme.length}:${id.scheme}${id.id}`).size > size;
  });
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
