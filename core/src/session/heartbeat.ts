import type { Millis } from '../base/ids.js';

/** Longest silence of ours, however long the session's timeout is. */
const LONGEST_SILENCE_MS = 10_000;
/** A step that comes this much after the deadline tells of a stall of our own, not the server's. */
const STALL_MS = 50;
/** What is left to read after a stall gets this long. */
const REPRIEVE_MS = 100;

/** How long to send nothing before a ping. */
export function pingAfterMs(timeoutMs: Millis): Millis {
  return Math.min(timeoutMs / 3, LONGEST_SILENCE_MS);
}

/**
 * When to ping one connection and when to give it up, both in shares of the session's timeout: a
 * ping after a third without sending, without an answer, or without one that vouches for the
 * session; the end after two thirds without any answer.
 */
export class Heartbeat {
  readonly #pingAfterMs: Millis;
  readonly #deadAfterMs: Millis;
  #sentAt: Millis;
  #answeredAt: Millis;
  #vouchedAt: Millis;
  #pingSentAt: Millis | undefined;
  /** Until when a stalled host may still find answers in its socket. */
  #reprieveUntil: Millis | undefined;

  constructor(timeoutMs: Millis, now: Millis) {
    this.#pingAfterMs = pingAfterMs(timeoutMs);
    this.#deadAfterMs = (timeoutMs * 2) / 3;
    this.#sentAt = now;
    this.#answeredAt = now;
    this.#vouchedAt = now;
  }

  /** When {@link due} will next say something. */
  get wakeAt(): Millis {
    const deadAt = this.#reprieveUntil ?? this.#answeredAt + this.#deadAfterMs;
    return this.#pingSentAt === undefined ? Math.min(this.#pingAt, deadAt) : deadAt;
  }

  get #pingAt(): Millis {
    return Math.min(this.#sentAt, this.#answeredAt, this.#vouchedAt) + this.#pingAfterMs;
  }

  sent(now: Millis): void {
    this.#sentAt = now;
  }

  /** Anything but an event came then, which may be some time ago. */
  answered(now: Millis): void {
    if (now <= this.#answeredAt) return;
    this.#answeredAt = now;
    this.#reprieveUntil = undefined;
  }

  /** An answer came that says that the session lives. */
  vouched(now: Millis): void {
    this.#vouchedAt = Math.max(this.#vouchedAt, now);
  }

  pingSent(now: Millis): void {
    this.#pingSentAt = now;
  }

  /** The answer to our ping came; returns when the ping was sent. */
  pingAnswered(): Millis {
    const sentAt = this.#pingSentAt;
    this.#pingSentAt = undefined;
    return sentAt ?? Number.NEGATIVE_INFINITY;
  }

  due(now: Millis): 'ping' | 'dead' | undefined {
    const deadAt = this.#answeredAt + this.#deadAfterMs;
    if (now >= deadAt) {
      if (this.#reprieveUntil !== undefined) {
        if (now >= this.#reprieveUntil) return 'dead';
      } else if (now < deadAt + STALL_MS) {
        return 'dead';
      } else {
        // The loop was held up, and the answers may lie in the socket unread.
        this.#reprieveUntil = now + REPRIEVE_MS;
      }
    }
    return this.#pingSentAt === undefined && now >= this.#pingAt ? 'ping' : undefined;
  }
}
