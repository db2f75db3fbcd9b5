/** Bytes that a server must survive: random ones, and real requests spoilt in many ways. */
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { Writer } from '@vivarium/core/internal/wire/writer';
import type { Random } from '../back-to-back/random.js';
import type { Recording } from './recording.js';

/** One piece of what a hostile client sends. */
export interface Hostile {
  /** Framed as it is to be sent, whatever that is worth. */
  readonly bytes: Uint8Array;
  /** After it the stream is out of step, or ended in the middle of a frame. */
  readonly desynced: boolean;
}

const INTERESTING = [
  0, 1, -1, -2, -4, -8, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x10000, 0xfffff, 0x100000, 0x7fffffff,
  -0x80000000, 0x40000000, -0x7fffffff,
] as const;
const PATHS = [
  '',
  '/',
  '//',
  'x',
  '/x/',
  '/x/../y',
  '/./x',
  '/\u0000',
  '/\ud800',
  '/\ufff0',
  '/zookeeper',
  '/zookeeper/quota',
  '/zookeeper/config',
  '/zookeeper/quota/a/zookeeper_limits',
  '/__proto__',
  '/constructor/prototype',
  '/a/b/c/d/e/f',
  `/${'long'.repeat(2000)}`,
  '/a'.repeat(4000),
  '/%2e%2e/%00',
  '/hostile-',
] as const;
const OPCODES = [...new Set(Object.values(opcodes)), 0, 10, 23, 99, 108, 1000, -2, 0x7fffffff];
const XIDS = [-1, -2, -4, -8, 0, 0x7fffffff, -0x80000000] as const;
const LONGEST_REQUEST = 1_048_575;

/** Makes hostile pieces for one seed. */
export class Fuzz {
  readonly #random: Random;
  readonly #recording: Recording;
  #xid = 1000;

  constructor(random: Random, recording: Recording) {
    this.#random = random;
    this.#recording = recording;
  }

  /** The first frame of a connection; mostly a right one for a new session. */
  hello(): Uint8Array {
    const random = this.#random;
    const hello = random.pick(this.#recording.hellos).slice();
    if (random.chance(0.85))
      new DataView(hello.buffer).setBigInt64(16, 0n); // a new session
    else if (random.chance(0.5)) this.#flip(hello);
    else this.#plantInt(hello);
    return framed(hello);
  }

  /** One more piece. */
  next(): Hostile {
    const random = this.#random;
    return random.weighted<() => Hostile>([
      [22, () => whole(this.#request())],
      [18, () => whole(this.#flip(this.#request()))],
      [16, () => whole(this.#plantInt(this.#request()))],
      [8, () => whole(this.#cut(this.#request()))],
      [5, () => whole(this.#joined(this.#request(), random.bytes(random.below(60))))],
      [8, () => whole(this.#spliced())],
      [8, () => whole(this.#withPath())],
      [6, () => whole(this.#withHeader(random.bytes(random.below(80))))],
      [5, () => whole(random.bytes(random.below(200)))],
      [0.02, () => whole(this.#withHeader(new Uint8Array(LONGEST_REQUEST - 8).fill(1)))],
      [2, () => this.#wrongLength()],
      [2, () => this.#half()],
    ])();
  }

  /** A request as a client has sent it, with an xid of its own. */
  #request(): Uint8Array {
    const request = this.#random.pick(this.#recording.requests).slice();
    const xid = this.#random.chance(0.9) ? ++this.#xid : this.#random.pick(XIDS);
    new DataView(request.buffer).setInt32(0, xid);
    return request;
  }

  #flip(bytes: Uint8Array): Uint8Array {
    if (bytes.length === 0) return bytes;
    for (let left = 1 + this.#random.below(6); left > 0; left--) {
      bytes[this.#random.below(bytes.length)]! ^= 1 << this.#random.below(8);
    }
    return bytes;
  }

  #plantInt(bytes: Uint8Array): Uint8Array {
    if (bytes.length < 4) return bytes;
    const at = this.#random.below(bytes.length - 3);
    new DataView(bytes.buffer, bytes.byteOffset).setInt32(at, this.#random.pick(INTERESTING));
    return bytes;
  }

  #cut(bytes: Uint8Array): Uint8Array {
    return bytes.subarray(0, this.#random.below(bytes.length));
  }

  #joined(...parts: readonly Uint8Array[]): Uint8Array {
    const writer = new Writer();
    for (const part of parts) writer.raw(part);
    return writer.copy();
  }

  #spliced(): Uint8Array {
    const [one, other] = [this.#request(), this.#request()];
    const at = this.#random.below(one.length);
    return this.#joined(one.subarray(0, at), other.subarray(this.#random.below(other.length)));
  }

  /** An operation on a path that nobody should ask for, with whatever behind it. */
  #withPath(): Uint8Array {
    const body = new Writer();
    body.string(this.#random.pick(PATHS));
    body.raw(this.#random.bytes(this.#random.below(30)));
    return this.#withHeader(body.copy());
  }

  #withHeader(body: Uint8Array): Uint8Array {
    const writer = new Writer(8 + body.length);
    writer.int(this.#random.chance(0.7) ? ++this.#xid : this.#random.pick(XIDS));
    writer.int(this.#random.pick(OPCODES));
    writer.raw(body);
    return writer.copy();
  }

  #wrongLength(): Hostile {
    const random = this.#random;
    const bytes = framed(this.#request()).slice();
    const length = random.chance(0.5)
      ? random.pick(INTERESTING)
      : bytes.length - 4 + random.below(9) - 4;
    new DataView(bytes.buffer).setInt32(0, length);
    return { bytes, desynced: true };
  }

  #half(): Hostile {
    const bytes = framed(this.#request());
    return { bytes: bytes.subarray(0, this.#random.below(bytes.length)), desynced: true };
  }
}

function whole(payload: Uint8Array): Hostile {
  return { bytes: framed(payload), desynced: false };
}

/** A payload with its length before it. */
export function framed(payload: Uint8Array): Uint8Array {
  const writer = new Writer(4 + payload.length);
  writer.int(payload.length);
  writer.raw(payload);
  return writer.copy();
}
