import { assert } from '../base/assert.js';
import { compareLongs } from '../base/long.js';
import { follows } from './log-format.js';

export interface CommittedLogOptions {
  /** Transactions kept: ZooKeeper's `commitLogCount`. Default 500; 0 keeps none. */
  readonly count?: number;
  /** Bytes of them kept, though always the newest one. Default 64 MiB. */
  readonly bytes?: number;
}

const COUNT = 500;
const BYTES = 64 << 20;
/** So many that were dropped stay in the list before it is made shorter. */
const SLACK = 256;

/** A transaction as it is proposed. */
export interface CommittedTxn {
  readonly zxidHigh: number;
  /** Signed. */
  readonly zxidLow: number;
  /** Header, body and digest, which nobody may change. */
  readonly bytes: Uint8Array;
}

/**
 * The last committed transactions, in memory: what most servers lack that were away for a moment.
 * There is never a gap in it (ZOOKEEPER-4925 tells of one, and of servers that differed for good).
 */
export class CommittedLog {
  readonly #count: number;
  readonly #mostBytes: number;
  readonly #txns: (CommittedTxn | undefined)[] = [];
  /** How many of {@link #txns} were dropped. */
  #first = 0;
  #byteCount = 0;

  constructor({ count = COUNT, bytes = BYTES }: CommittedLogOptions = {}) {
    this.#count = count;
    this.#mostBytes = bytes;
  }

  /** Transactions that are kept. */
  get size(): number {
    return this.#txns.length - this.#first;
  }

  /** Their bytes. */
  get byteCount(): number {
    return this.#byteCount;
  }

  /** The oldest one kept; `undefined` when none is. */
  get oldest(): CommittedTxn | undefined {
    return this.#txns[this.#first];
  }

  /** The newest one; `undefined` when none is kept. */
  get newest(): CommittedTxn | undefined {
    return this.size > 0 ? this.#txns.at(-1) : undefined;
  }

  /**
   * Keeps a transaction that was committed.
   *
   * @param bytes header, body and digest; kept as they are, so they must not change
   */
  add(zxidHigh: number, zxidLow: number, bytes: Uint8Array): void {
    const { newest } = this;
    assert(
      newest === undefined || follows(newest.zxidHigh, newest.zxidLow, zxidHigh, zxidLow),
      'no committed transaction is left out',
    );
    this.#txns.push({ zxidHigh: zxidHigh | 0, zxidLow: zxidLow | 0, bytes });
    this.#byteCount += bytes.length;
    while (this.size > this.#count) this.#drop();
    while (this.#byteCount > this.#mostBytes && this.size > 1) this.#drop();
  }

  /** The newest one kept that is not after a zxid; `undefined` when there is none. */
  upTo(zxidHigh: number, zxidLow: number): CommittedTxn | undefined {
    const at = this.#indexAfter(zxidHigh, zxidLow) - 1;
    return at >= this.#first ? this.#txns[at] : undefined;
  }

  /**
   * Those after a zxid, oldest first, in a list of its own: it keeps them whatever is committed
   * meanwhile.
   */
  after(zxidHigh: number, zxidLow: number): readonly CommittedTxn[] {
    return this.#txns.slice(this.#indexAfter(zxidHigh, zxidLow)) as CommittedTxn[];
  }

  /** Forgets all: the history was cut or replaced. */
  clear(): void {
    this.#txns.length = 0;
    this.#first = 0;
    this.#byteCount = 0;
  }

  #indexAfter(zxidHigh: number, zxidLow: number): number {
    let low = this.#first;
    let high = this.#txns.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const txn = this.#txns[middle]!;
      if (compareLongs(txn.zxidHigh, txn.zxidLow, zxidHigh, zxidLow) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #drop(): void {
    const dropped = this.#txns[this.#first]!;
    this.#byteCount -= dropped.bytes.length;
    this.#txns[this.#first++] = undefined;
    if (this.#first < SLACK || 2 * this.#first < this.#txns.length) return;
    this.#txns.splice(0, this.#first);
    this.#first = 0;
  }
}
