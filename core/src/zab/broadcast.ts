import { pooledCopy } from '../base/pooled-copy.js';
import type { Turn } from '../seam/turn.js';
import { packetTypes, writePacket } from '../wire/quorum.js';
import { beginSeal, endSeal, SEAL_BYTES } from '../wire/seal.js';
import { Writer } from '../wire/writer.js';
import type { LearnerHandler } from './learner-handler.js';

/** A buffer that a burst made larger is given back. */
const LARGEST_KEPT_BYTES = 4 << 20;

/**
 * What a leader says to all followers alike, or to all observers: written once, sealed once, and
 * handed to every link as the same bytes.
 */
export class Broadcast {
  #out = new Writer(4096);
  #packets = 0;

  /** Adds a packet. */
  say(type: number, zxidHigh: number, zxidLow: number, data: Uint8Array | null = null): void {
    const out = this.#out;
    if (out.position === 0) beginSeal(out);
    writePacket(out, type, zxidHigh, zxidLow, data);
    this.#packets++;
  }

  get isEmpty(): boolean {
    return this.#out.position === 0;
  }

  /** Hands what was said to those who follow now, in front of what each is told alone. */
  flush(learners: Iterable<LearnerHandler>, turn: Turn): void {
    const out = this.#out;
    if (out.position === 0) return;
    let sealed: Uint8Array | undefined;
    let plain: Uint8Array | undefined;
    for (const { link, backlog, isForwarding } of learners) {
      if (backlog !== undefined || isForwarding) link.packetsOut += this.#packets;
      if (backlog !== undefined) {
        backlog.raw(out.bytes, SEAL_BYTES, out.position);
      } else if (isForwarding && link.isSealed) {
        sealed ??= sealedCopy(out);
        link.send(sealed, turn.durable);
      } else if (isForwarding) {
        plain ??= pooledCopy(out.bytes, SEAL_BYTES, out.position);
        link.send(plain, turn.durable);
      }
    }
    this.#packets = 0;
    if (out.bytes.length > LARGEST_KEPT_BYTES) this.#out = new Writer(4096);
    else out.clear();
  }
}

function sealedCopy(out: Writer): Uint8Array {
  endSeal(out);
  return out.pooled();
}

/** Tells one learner of a decided transaction as history. */
export function writeDecided(
  to: Writer,
  zxidHigh: number,
  zxidLow: number,
  bytes: Uint8Array,
): void {
  writePacket(to, packetTypes.proposal, zxidHigh, zxidLow, bytes);
  writePacket(to, packetTypes.commit, zxidHigh, zxidLow);
}
