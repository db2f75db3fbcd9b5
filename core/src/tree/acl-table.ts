import { OPEN_ACL, permissions } from '../wire/permissions.js';
import { MalformedError } from '../wire/reader.js';
import type { Acl } from '../wire/records.js';

/** Id of the ACL that lets everyone do everything; it stands in no table. */
export const OPEN_ACL_ID = -1;

const LARGEST_ID = 0x7fff_ffff;

/**
 * The ACLs in use, each list once. A row of the tree holds the id. A list goes when its last use is
 * released; its id never stands for another list, since a snapshot may hold nodes newer than its
 * table.
 */
export class AclTable {
  readonly #lists = new Map<number, readonly Acl[]>();
  readonly #ids = new Map<string, number>();
  readonly #uses = new Map<number, number>();
  #last = 0;

  /**
   * Id of a list, added when it is new; null is the open ACL. Counts no use: {@link retain} does.
   */
  idOf(acl: readonly Acl[] | null): number {
    if (acl === null || isOpen(acl)) return OPEN_ACL_ID;
    const key = keyOf(acl);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    if (this.#last === LARGEST_ID) throw new MalformedError('no ACL id is left');
    const id = ++this.#last;
    this.#lists.set(id, acl);
    this.#ids.set(key, id);
    return id;
  }

  /** The list; `undefined` for an id whose list is not known, which permits nobody. */
  get(id: number): readonly Acl[] | undefined {
    return id === OPEN_ACL_ID ? OPEN_ACL : this.#lists.get(id);
  }

  /** Every list but the open one, with its id: what a snapshot stores. */
  entries(): IterableIterator<[number, readonly Acl[]]> {
    return this.#lists.entries();
  }

  /** Number of lists but the open one. */
  get size(): number {
    return this.#lists.size;
  }

  /**
   * Adds a list as a snapshot has it, before the nodes that use it.
   *
   * @throws MalformedError for an id that ZooKeeper does not give
   */
  load(id: number, acl: readonly Acl[]): void {
    if (!Number.isInteger(id) || id < 1 || id > LARGEST_ID) {
      throw new MalformedError(`ACL id ${id} is out of range`);
    }
    this.#forget(id);
    this.#last = Math.max(this.#last, id);
    this.#lists.set(id, acl);
    this.#ids.set(keyOf(acl), id);
  }

  /** Forgets everything, before a snapshot is loaded. */
  clear(): void {
    this.#last = 0;
    this.#lists.clear();
    this.#ids.clear();
    this.#uses.clear();
  }

  /** Counts one more node that uses the list. */
  retain(id: number): void {
    if (id === OPEN_ACL_ID) return;
    this.#last = Math.max(this.#last, id);
    this.#uses.set(id, (this.#uses.get(id) ?? 0) + 1);
  }

  /** Counts one node less; an unused list goes. */
  release(id: number): void {
    if (id === OPEN_ACL_ID) return;
    const uses = (this.#uses.get(id) ?? 0) - 1;
    if (uses > 0) this.#uses.set(id, uses);
    else this.#forget(id);
  }

  /** Drops the lists that no node uses: after loading. */
  purgeUnused(): void {
    for (const id of [...this.#lists.keys()]) if (!this.#uses.has(id)) this.#forget(id);
  }

  #forget(id: number): void {
    this.#uses.delete(id);
    const acl = this.#lists.get(id);
    if (acl === undefined) return;
    this.#lists.delete(id);
    const key = keyOf(acl);
    if (this.#ids.get(key) === id) this.#ids.delete(key);
  }
}

function isOpen(acl: readonly Acl[]): boolean {
  if (acl === OPEN_ACL) return true;
  if (acl.length !== 1) return false;
  const { perms, id } = acl[0]!;
  return perms === permissions.all && id.scheme === 'world' && id.id === 'anyone';
}

/** Two lists have one key exactly if they are equal, in order too. */
function keyOf(acl: readonly Acl[]): string {
  let key = '';
  for (const { perms, id } of acl) {
    key += `${perms}:${id.scheme.length}:${id.scheme}${id.id.length}:${id.id};`;
  }
  return key;
}
