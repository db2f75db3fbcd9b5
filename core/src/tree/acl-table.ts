import { InvariantError } from '../base/assert.js';
import type { Acl } from '../wire/records.js';

function soon(): never {
  throw new InvariantError('not built yet');
}

/** Id of the ACL that lets everyone do everything; it stands in no table. */
export const OPEN_ACL_ID = -1;

export class AclTable {
  /** Id of a list, added when it is new; null is the open ACL. Counts no use: see {@link retain}. */
  idOf(_acl: readonly Acl[] | null): number {
    return soon();
  }
  get(_id: number): readonly Acl[] | undefined {
    return soon();
  }
  /** Every list but the open one, with its id: what a snapshot stores. */
  entries(): IterableIterator<[number, readonly Acl[]]> {
    return soon();
  }
  get size(): number {
    return soon();
  }
  load(_id: number, _acl: readonly Acl[]): void {
    soon();
  }
  retain(_id: number): void {
    soon();
  }
  release(_id: number): void {
    soon();
  }
  purgeUnused(): void {
    soon();
  }
}
