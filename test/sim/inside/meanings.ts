/** R1: a zxid never denotes two transactions, on whichever server, committed or not. */
import { demand } from '../violation.js';
import { type Entry, sameBytes, zxidText } from './entry.js';

export class Meanings {
  readonly #meant = new Map<bigint, Uint8Array>();

  /** What a zxid was found to denote. */
  of(zxid: bigint): Uint8Array | undefined {
    return this.#meant.get(zxid);
  }

  /** @throws Violation when the zxid was found to denote something else before */
  found({ zxid, bytes }: Entry, where: string): void {
    const known = this.#meant.get(zxid);
    if (known === undefined) {
      this.#meant.set(zxid, bytes);
      return;
    }
    demand(known === bytes || sameBytes(known, bytes), 'R1', () => {
      return `zxid ${zxidText(zxid)} in ${where} is another transaction than where it was before`;
    });
  }

  /**
   * A server that stands alone lost what was never durable, and may use the number again. In an
   * ensemble every life of a leader has an epoch of its own, and this never happens.
   */
  forget(zxid: bigint): void {
    this.#meant.delete(zxid);
  }
}
