import type { Zxid } from '../base/ids.js';
import { longOf } from '../base/long.js';

/** A digest is remembered for each zxid that so many divide. */
const EVERY = 128;
const KEPT = 1024;

export interface DigestEntry {
  readonly zxid: Zxid;
  /** Of the whole tree after that transaction; unsigned. */
  readonly digest: bigint;
}

/** The digests of some past states, by which two servers can be compared. */
export class DigestHistory {
  readonly #entries: DigestEntry[];

  constructor(entries: readonly DigestEntry[]) {
    this.#entries = entries.filter(({ zxid }) => zxid % BigInt(EVERY) === 0n).slice(-KEPT);
  }

  add(zxidHigh: number, zxidLow: number, digestHigh: number, digestLow: number): void {
    if (zxidLow % EVERY !== 0) return;
    const digest = BigInt.asUintN(64, longOf(digestHigh, digestLow));
    this.#entries.push({ zxid: longOf(zxidHigh, zxidLow), digest });
    if (this.#entries.length > KEPT) this.#entries.shift();
  }

  /** Oldest first. */
  entries(): readonly DigestEntry[] {
    return this.#entries;
  }
}
