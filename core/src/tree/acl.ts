import { InvariantError } from '../base/assert.js';
import type { Acl, Id } from '../wire/records.js';

function soon(): never {
  throw new InvariantError('not built yet');
}

/** Whether `identities` have one of the `wanted` permission bits under `acl`. */
export function aclPermits(
  _acl: readonly Acl[] | undefined,
  _wanted: number,
  _identities: readonly Id[],
): boolean {
  return soon();
}

/** The ACL to store for a request's ACL; `undefined` means INVALID_ACL. */
export function normaliseAcl(
  _acl: readonly Acl[] | null,
  _identities: readonly Id[],
): readonly Acl[] | undefined {
  return soon();
}
