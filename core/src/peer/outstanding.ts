import type { SessionId } from '../base/ids.js';
import { highOf, lowOf } from '../base/long.js';
import type { Database } from '../tree/database.js';
import { contentCrcOf, DigestSum, nodeHashOf } from '../tree/digest.js';
import { NO_NODE_ID } from '../tree/tree.js';
import { type ChangeRecord, copyOf, word } from './change-record.js';
import { StatWords } from './stat-words.js';

/** Stands for an empty list, never changed. */
const NO_RECORDS: ChangeRecord[] = [];

/**
 * What is accepted and not applied yet, over the tree. Writes are checked against this, so that
 * many can be on their way to the disk at once, each seeing those before it.
 *
 * It also foretells the tree digest: the sum after each write, as the log carries it.
 */
export class Outstanding {
  readonly #database: Database;
  readonly #digests: boolean;
  readonly #newest = new Map<string, ChangeRecord>();
  /** Paths in there where nodes with an owner stand or stood: what a session's end looks at. */
  readonly #owned = new Set<string>();
  readonly #digest = new DigestSum();
  readonly #words = new StatWords();
  /** The write that is being prepared, and what it changes. */
  #write = 0;
  #records: ChangeRecord[] = NO_RECORDS;
  /** What each path had before; kept only for writes that may be taken back half done. */
  #before: Map<string, ChangeRecord | undefined> | undefined = undefined;
  #digestHighBefore = 0;
  #digestLowBefore = 0;

  constructor(database: Database, digests: boolean) {
    this.#database = database;
    this.#digests = digests;
    this.#digest.high = database.tree.digestHigh;
    this.#digest.low = database.tree.digestLow;
  }

  /** Upper half of the digest after everything recorded. */
  get digestHigh(): number {
    return this.#digest.high;
  }

  /** Lower half of the digest after everything recorded. */
  get digestLow(): number {
    return this.#digest.low;
  }

  /** Nodes that will change. */
  get size(): number {
    return this.#newest.size;
  }

  exists(path: string): boolean {
    const record = this.#newest.get(path);
    return record === undefined ? this.#database.tree.find(path) !== NO_NODE_ID : record.exists;
  }

  /**
   * The node as it will be; `undefined` when there will be none. Not to be changed: see `edit`.
   *
   * @param withContent false when the data will be replaced anyway, which spares hashing it
   */
  find(path: string, withContent = true): ChangeRecord | undefined {
    const record = this.#newest.get(path);
    if (record === undefined) return this.#fromTree(path, withContent);
    return record.exists ? record : undefined;
  }

  /** What {@link ChangeRecord.contentCrc} is to be with new data. */
  contentCrcOf(path: string, data: Uint8Array | null): number {
    return this.#digests ? contentCrcOf(path, data) : 0;
  }

  /** Words of a node that is new: zeros. */
  newWords(): Int32Array {
    return this.#words.take().fill(0);
  }

  /** Begins the records of one write; returns its number. */
  begin(): number {
    this.#records = NO_RECORDS;
    this.#before = undefined;
    return ++this.#write;
  }

  /** The write that was begun may be taken back after some of its records were made. */
  keepWayBack(): void {
    this.#before = new Map();
    this.#digestHighBefore = this.#digest.high;
    this.#digestLowBefore = this.#digest.low;
  }

  /** A record that was found, to be changed and then given to {@link record}. */
  edit(found: ChangeRecord): ChangeRecord {
    const before = this.#before;
    if (before !== undefined && found.write !== 0 && !before.has(found.path)) {
      before.set(found.path, copyOf(found));
    }
    return found;
  }

  /** Remembers what a node will be. */
  record(record: ChangeRecord): void {
    if (this.#digests) {
      this.#digest.subtract(record.hash);
      record.hash = record.exists ? nodeHashOf(record.path, record.contentCrc, record.words) : 0;
      this.#digest.add(record.hash);
    }
    const { path } = record;
    if (record.write === 0) {
      const before = this.#before;
      if (before !== undefined && !before.has(path)) before.set(path, this.#newest.get(path));
      this.#newest.set(path, record);
      const { exists, words } = record;
      if (exists && (words[word.ownerHigh]! | words[word.ownerLow]!) !== 0) this.#owned.add(path);
    }
    record.write = this.#write;
    if (this.#records === NO_RECORDS) this.#records = [record];
    else this.#records.push(record);
  }

  /** Takes back everything since {@link keepWayBack}. */
  takeBack(): void {
    for (const [path, record] of this.#before ?? []) {
      if (record === undefined) this.#forget(path);
      else this.#newest.set(path, record);
    }
    this.#digest.high = this.#digestHighBefore;
    this.#digest.low = this.#digestLowBefore;
    this.#records = NO_RECORDS;
    this.#before = undefined;
  }

  /** The records of the write that was begun. */
  taken(): readonly ChangeRecord[] {
    return this.#records;
  }

  /** The tree holds what a write changed: forgets what no later write changes. */
  applied(write: number, records: readonly ChangeRecord[]): void {
    for (let i = 0; i < records.length; i++) {
      const { path, words } = records[i]!;
      if (this.#newest.get(path)?.write !== write) continue;
      this.#forget(path);
      this.#words.giveBack(words);
    }
  }

  /** Nothing is outstanding: goes on from the digest that the tree has. */
  alignDigest(): void {
    this.#digest.high = this.#database.tree.digestHigh;
    this.#digest.low = this.#database.tree.digestLow;
  }

  /** Ephemeral nodes that a session will own. */
  ephemeralsOf(session: SessionId): Set<string> {
    const high = highOf(session);
    const low = lowOf(session);
    const paths = new Set<string>();
    const look = (path: string, isOwnedNow: boolean) => {
      const record = this.#newest.get(path);
      const willOwn =
        record === undefined
          ? isOwnedNow
          : record.exists &&
            record.words[word.ownerHigh] === high &&
            record.words[word.ownerLow] === low;
      if (willOwn) paths.add(path);
    };
    for (const path of this.#database.ephemerals.pathsOf(session)) look(path, true);
    for (const path of this.#owned) look(path, false);
    return paths;
  }

  #forget(path: string): void {
    this.#newest.delete(path);
    if (this.#owned.size > 0) this.#owned.delete(path);
  }

  #fromTree(path: string, withContent: boolean): ChangeRecord | undefined {
    const { tree, acls } = this.#database;
    const id = tree.find(path);
    if (id === NO_NODE_ID) return undefined;
    const words = this.#words.take();
    tree.copyWords(id, words);
    return {
      path,
      exists: true,
      words,
      childCount: tree.childCount(id),
      acl: acls.get(tree.aclId(id)),
      dataLength: tree.dataLength(id),
      contentCrc: withContent && this.#digests ? tree.contentCrc(id) : 0,
      hash: this.#digests ? tree.hash(id) : 0,
      write: 0,
    };
  }
}
