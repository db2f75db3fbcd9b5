/**
 * Takes apart what servers say to each other on the quorum port, without the code that writes and
 * reads it in them: packets in a bare stream, or the same stream in sealed frames, with a snapshot
 * in between.
 */
import { demand } from '../violation.js';

/** ZooKeeper's numbers, and Vivarium's own. */
export const packets = {
  request: 1,
  proposal: 2,
  ack: 3,
  commit: 4,
  ping: 5,
  revalidate: 6,
  sync: 7,
  inform: 8,
  newLeader: 10,
  followerInfo: 11,
  upToDate: 12,
  diff: 13,
  trunc: 14,
  snap: 15,
  observerInfo: 16,
  leaderInfo: 17,
  ackEpoch: 18,
  heard: 1001,
  secrets: 1002,
  snapEnd: 1003,
} as const;

/** For people. */
export function packetName(type: number): string {
  const known = Object.entries(packets).find(([, number]) => number === type);
  return known?.[0] ?? `packet ${type}`;
}

export interface Packet {
  readonly type: number;
  readonly zxid: bigint;
  readonly data: Uint8Array | null;
}

/** Behind a snapshot: the length of the text, and `BenWasHere`. */
const SIGNATURE = new TextEncoder().encode('\0\0\0\nBenWasHere');
const SEAL_BYTES = 8;

/** One direction of a link. */
export class QuorumStream {
  readonly #who: string;
  /** Bytes as they came, while frames are sealed. */
  #sealed: Uint8Array | undefined;
  #plain: Uint8Array = new Uint8Array(0);
  /** A snapshot is passing. */
  #inSnapshot = false;

  constructor(who: string) {
    this.#who = who;
  }

  /** From here on frames are sealed. */
  seal(): void {
    if (this.#sealed !== undefined) return;
    this.#sealed = this.#plain;
    this.#plain = new Uint8Array(0);
  }

  push(bytes: Uint8Array): void {
    if (this.#sealed === undefined) this.#plain = joined(this.#plain, bytes);
    else this.#sealed = joined(this.#sealed, bytes);
  }

  /** The next whole packet. */
  next(): Packet | undefined {
    for (;;) {
      this.#unseal();
      if (this.#inSnapshot) {
        const end = indexOf(this.#plain, SIGNATURE);
        if (end < 0) {
          // What may be the beginning of the signature stays.
          const kept = Math.min(this.#plain.length, SIGNATURE.length - 1);
          this.#plain = this.#plain.subarray(this.#plain.length - kept);
          return undefined;
        }
        this.#plain = this.#plain.subarray(end + SIGNATURE.length);
        this.#inSnapshot = false;
        continue;
      }
      const packet = this.#packet();
      if (packet?.type === packets.snap) this.#inSnapshot = true;
      return packet;
    }
  }

  #unseal(): void {
    const bytes = this.#sealed;
    if (bytes === undefined) return;
    let at = 0;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    while (at + SEAL_BYTES <= bytes.length) {
      const end = at + 4 + view.getInt32(at);
      if (end > bytes.length) break;
      const content = bytes.subarray(at + SEAL_BYTES, end);
      demand(view.getUint32(at + 4) === crc32(content), 'R12', () => {
        return `${this.#who}: a sealed frame has another checksum than it says`;
      });
      this.#plain = joined(this.#plain, content);
      at = end;
    }
    this.#sealed = bytes.subarray(at);
  }

  #packet(): Packet | undefined {
    const bytes = this.#plain;
    if (bytes.length < 20) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const type = view.getInt32(0);
    const zxid = view.getBigInt64(4);
    const length = view.getInt32(12);
    let at = 16 + Math.max(0, length);
    if (at + 4 > bytes.length) return undefined;
    const data = length < 0 ? null : bytes.subarray(16, at);
    const texts = 2 * Math.max(0, view.getInt32(at));
    at += 4;
    for (let n = 0; n < texts; n++) {
      if (at + 4 > bytes.length) return undefined;
      at += 4 + Math.max(0, view.getInt32(at));
    }
    if (at > bytes.length) return undefined;
    this.#plain = bytes.subarray(at);
    return { type, zxid, data };
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  const last = bytes.length - wanted.length;
  for (let at = 0; at <= last; at++) {
    // The length before the text is rarer than its letters.
    if (bytes[at + 3] === 10 && wanted.every((byte, n) => byte === bytes[at + n])) return at;
  }
  return -1;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 0xff]!;
  return (crc ^ 0xffff_ffff) >>> 0;
}
