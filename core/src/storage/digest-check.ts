import type { Zxid } from '../base/ids.js';
import type { LogEvent } from '../base/log-event.js';
import { hexLong } from '../base/long.js';
import type { Database } from '../tree/database.js';
import type { Txn } from '../wire/txns.js';
import { DIGEST_VERSION } from './snapshot-format.js';

/** A digest that somebody computed of the tree after a transaction. */
export interface KnownDigest {
  readonly zxid: Zxid;
  readonly version: number;
  readonly digest: bigint;
}

const RECENT = 1024;

/**
 * Compares the digests in a snapshot and in the log with those of the tree that replay makes of
 * them. Where the replay began within what a snapshot already shows, only what lies behind the
 * snapshot's end can be compared.
 */
export class DigestCheck {
  readonly #database: Database;
  readonly #enabled: boolean;
  readonly #log: (event: LogEvent) => void;
  #snapshot: KnownDigest | undefined;
  /** Last transaction the snapshot may show effects of; `undefined` when it does not say. */
  readonly #exactFrom: Zxid | undefined;
  /** Whether the tree is known to be what it was after some transaction. */
  #isExact = false;
  readonly #recent: { readonly zxid: Zxid; readonly digest: bigint }[] = [];
  #mismatches = 0;

  constructor(options: {
    readonly database: Database;
    readonly enabled: boolean;
    readonly snapshot: KnownDigest | undefined;
    readonly exactFrom: Zxid | undefined;
    readonly log: (event: LogEvent) => void;
  }) {
    this.#database = options.database;
    this.#enabled = options.enabled;
    this.#snapshot = isComparable(options.snapshot) ? options.snapshot : undefined;
    this.#exactFrom = options.exactFrom;
    this.#log = options.log;
    this.#compareWithSnapshot(this.#database.lastZxid);
  }

  /** Digests that differed. */
  get mismatches(): number {
    return this.#mismatches;
  }

  /** Of the last transactions that carried one, newest last. */
  get recent(): readonly { readonly zxid: Zxid; readonly digest: bigint }[] {
    return this.#recent.slice(-RECENT);
  }

  /** A transaction was applied to the database. */
  applied({ header: { zxid }, digest: carried }: Txn): void {
    this.#compareWithSnapshot(zxid);
    if (carried === undefined || carried.version !== DIGEST_VERSION) return;
    const digest = BigInt.asUintN(64, carried.treeDigest);
    this.#recent.push({ zxid, digest });
    if (this.#recent.length >= 2 * RECENT) this.#recent.splice(0, RECENT);
    if (!this.#enabled) return;
    const isEqual = digest === this.#database.tree.digest;
    if (this.#exactFrom === undefined ? isEqual : zxid >= this.#exactFrom) this.#isExact = true;
    if (!isEqual && this.#isExact) this.#report(zxid, 'the log');
  }

  #compareWithSnapshot(zxid: Zxid): void {
    const snapshot = this.#snapshot;
    if (snapshot === undefined || zxid < snapshot.zxid) return;
    this.#snapshot = undefined;
    if (!this.#enabled || zxid > snapshot.zxid) return;
    if (snapshot.digest !== this.#database.tree.digest) this.#report(zxid, 'the snapshot');
  }

  #report(zxid: Zxid, source: string): void {
    this.#mismatches++;
    if (this.#mismatches > 1) return;
    const message =
      `The tree after transaction ${hexLong(zxid)} is not what ${source} says it was then: ` +
      'its digest differs. Compare the data with another copy.';
    this.#log({ level: 'error', event: 'storage.digest-mismatch', message, fields: { zxid } });
  }
}

/** Apache leaves the digest at zero, though in version 2, until a first transaction was applied. */
function isComparable(snapshot: KnownDigest | undefined): boolean {
  return snapshot?.version === DIGEST_VERSION && snapshot.zxid > 0n;
}
