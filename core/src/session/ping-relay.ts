import type { Millis } from '../base/ids.js';
import { opcodes } from '../wire/operations.js';
import { pingAfterMs } from './heartbeat.js';

/** Bytes in front of what a frame says: its length and the xid. */
const HEAD_BYTES = 8;
/** Of a server's first frame, the session's timeout stands behind length and protocol version. */
const WELCOME_BYTES = 12;
const PING_XID = -2;
/** How much later than the client itself this pings: only when the client does not. */
const LATENESS = 1.25;

/** An answered ping. */
export interface AnsweredPing {
  readonly sentAt: Millis;
  readonly answeredAt: Millis;
}

/**
 * Stands in the stream between a client that may stand still and its server. While nothing comes
 * from the client it sends pings of its own, between the client's frames, and keeps their answers
 * to itself. A deterministic machine for one connection: bytes and the time go in, bytes come out.
 *
 * It stops when nothing has come from the client for `maxStallMs`: a client that will never go on
 * must not keep its session, and the locks in it, for ever.
 */
export class PingRelay {
  readonly #maxStallMs: Millis;
  #isWelcome = false;
  #hasGreeted = false;
  /** Plus infinity without a session. */
  #pingAfterMs: Millis = Number.POSITIVE_INFINITY;
  #clientAt: Millis = 0;
  #sentAt: Millis = 0;
  /** Pings without an answer, the oldest first. */
  readonly #pings: { readonly sentAt: Millis; readonly isOurs: boolean }[] = [];
  /** The newest that was answered, whoever sent it. */
  answered: AnsweredPing | undefined;

  /* What the server sends. */
  /** The beginning of a frame that came in several pieces. */
  #head: number[] = [];
  /** Bytes of the present frame that are still to come. */
  #left = 0;
  #isHidden = false;
  /** What came cannot be read: the client is to see all of it, and to hang up. */
  #isUnreadable = false;

  constructor(maxStallMs: Millis) {
    this.#maxStallMs = maxStallMs;
  }

  /** When {@link beat} may next have something to send. */
  get wakeAt(): Millis {
    const isTooLong = this.#sentAt + this.#pingAfterMs > this.#clientAt + this.#maxStallMs;
    if (isTooLong || this.#isUnreadable) return Number.POSITIVE_INFINITY;
    const isFirst = this.#sentAt === this.#clientAt;
    return this.#sentAt + this.#pingAfterMs * (isFirst ? LATENESS : 1);
  }

  /** The client sends whole frames. */
  sent(bytes: Uint8Array, now: Millis): void {
    this.#clientAt = now;
    this.#sentAt = now;
    for (let at = 0; at + HEAD_BYTES <= bytes.length; at += 4 + intAt(bytes, at)) {
      const isPing = this.#hasGreeted && intAt(bytes, at + 4) === PING_XID;
      this.#hasGreeted = true;
      if (isPing) this.#pings.push({ sentAt: now, isOurs: false });
    }
  }

  /** A ping to send now, if one is due. */
  beat(now: Millis): Uint8Array | undefined {
    if (now < this.wakeAt) return undefined;
    this.#sentAt = now;
    // The time may have run out while nobody looked at it.
    if (now - this.#clientAt > this.#maxStallMs) return undefined;
    this.#pings.push({ sentAt: now, isOurs: true });
    return Uint8Array.of(0, 0, 0, 8, 0xff, 0xff, 0xff, 0xfe, 0, 0, 0, opcodes.ping);
  }

  /** What of a server's bytes is for the client, in pieces. */
  received(chunk: Uint8Array, now: Millis): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    let from = 0;
    let at = 0;
    const pass = (to: number) => {
      if (to > from) pieces.push(chunk.subarray(from, to));
    };
    while (at < chunk.length && !this.#isUnreadable) {
      if (this.#left > 0) {
        const size = Math.min(this.#left, chunk.length - at);
        this.#left -= size;
        if (this.#isHidden) pass(at);
        at += size;
        if (this.#isHidden) from = at;
        continue;
      }
      const wanted = this.#isWelcome ? HEAD_BYTES : WELCOME_BYTES;
      if (this.#head.length === 0 && chunk.length - at >= wanted) {
        const isHidden = this.#begin(chunk.subarray(at, at + wanted), now);
        if (isHidden) pass(at);
        at += wanted;
        if (isHidden) from = at;
        continue;
      }
      pass(at);
      const rest = chunk.subarray(at, at + wanted - this.#head.length);
      this.#head.push(...rest);
      at += rest.length;
      from = at;
      if (this.#head.length < wanted) continue;
      const head = Uint8Array.from(this.#head);
      this.#head = [];
      if (!this.#begin(head, now)) pieces.push(head);
    }
    pass(chunk.length);
    return pieces;
  }

  /** Whether the frame that begins so is not for the client. */
  #begin(head: Uint8Array, now: Millis): boolean {
    const length = intAt(head, 0);
    this.#left = length + 4 - head.length;
    this.#isUnreadable = this.#left < 0;
    this.#isHidden = false;
    if (!this.#isWelcome) {
      this.#isWelcome = true;
      const timeoutMs = intAt(head, 8);
      if (timeoutMs > 0) this.#pingAfterMs = pingAfterMs(timeoutMs);
    } else if (intAt(head, 4) === PING_XID) {
      const ping = this.#pings.shift();
      if (ping !== undefined) this.answered = { sentAt: ping.sentAt, answeredAt: now };
      this.#isHidden = ping?.isOurs === true;
    }
    return this.#isHidden;
  }
}

function intAt(b: Uint8Array, at: number): number {
  return (b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!;
}
