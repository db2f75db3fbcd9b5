import type { AnsweredPing } from '../session/ping-relay.js';

/** Words of memory that two threads share, in which one tells of the newest answered ping. */
export type PingWords = BigInt64Array<SharedArrayBuffer>;

/** Number of words. */
export const PING_WORDS = 2;

/** Milliseconds by a clock that all threads of a process share. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export function writePing(words: PingWords, { sentAt, answeredAt }: AnsweredPing): void {
  // In this order: whoever reads in between sees a ping sent earlier, never one sent later.
  Atomics.store(words, 1, microsOf(answeredAt));
  Atomics.store(words, 0, microsOf(sentAt));
}

/** By the clock of {@link now}; undefined before the first. */
export function readPing(words: PingWords): AnsweredPing | undefined {
  const sentAt = Number(Atomics.load(words, 0)) / 1e3;
  if (sentAt === 0) return undefined;
  return { sentAt, answeredAt: Number(Atomics.load(words, 1)) / 1e3 };
}

/** Rounded down. */
function microsOf(ms: number): bigint {
  return BigInt(Math.floor(ms * 1e3));
}
