import { longOf } from './long.js';

/** Transaction id: (epoch << 32) | counter, the place of a write in the total order. */
export type Zxid = bigint;
/** 64-bit session id; its top byte is the id of the server that created it. */
export type SessionId = bigint;
/** Number of a client connection within one server's life; never reused. */
export type ConnectionId = number;
/** Monotonic milliseconds of a host; only differences mean anything. */
export type Millis = number;
/** Wall-clock milliseconds since 1970, for `ctime` and `mtime` only; never used to decide. */
export type WallMillis = number;

/** The zxid of an epoch (signed 32 bits) and a counter (unsigned 32 bits). */
export function zxidOf(epoch: number, counter: number): Zxid {
  return longOf(epoch, counter);
}
