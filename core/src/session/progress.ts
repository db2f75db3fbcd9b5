import type { Millis } from '../base/ids.js';

/** Requests are counted from 1 to here and then from 1 again. */
const LAST_XID = 0x7fff_fffe;

/** What a client has come to know, whichever connection it came over. */
export class Progress {
  /** When the newest answered request was sent; the server's clock for us started no earlier. */
  lastAckSentAt: Millis = Number.NEGATIVE_INFINITY;
  /** Highest zxid of all answers and events; survives sessions: time never runs backwards. */
  lastZxidSeen = 0n;
  /**
   * Up to where the events of all watches are known to have been told: from here a new connection
   * asks. It stands still from a lost connection until all watches are set again, since answers
   * that come in between say nothing about the watches not set yet.
   */
  eventsToldUpTo = 0n;
  /** Number of connections that got as far as holding a session. */
  connections = 0;
  #xid = 1;
  /** Up to here everything that a connection had to tell of was told on it. */
  #wholeUpTo = 0n;

  /** A connection holds the session; nobody has vouched for a new one yet. */
  attached(isNew: boolean): void {
    this.connections++;
    if (isNew) this.lastAckSentAt = Number.NEGATIVE_INFINITY;
  }

  acknowledged(sentAt: Millis): void {
    if (sentAt > this.lastAckSentAt) this.lastAckSentAt = sentAt;
  }

  /** An answer shows what is up to there. */
  saw(zxid: bigint): void {
    if (zxid > this.lastZxidSeen) this.lastZxidSeen = zxid;
    if (zxid > this.#wholeUpTo) this.#wholeUpTo = zxid;
  }

  /** An event tells of that transaction; others of the same one may follow, or be cut off. */
  sawPartOf(zxid: bigint): void {
    if (zxid > this.lastZxidSeen) this.lastZxidSeen = zxid;
    if (zxid - 1n > this.#wholeUpTo) this.#wholeUpTo = zxid - 1n;
  }

  /** The connection on which all watches were set is gone. */
  leaveWatches(): void {
    this.eventsToldUpTo = this.#wholeUpTo;
  }

  /**
   * Numbers go on from one connection to the next: a server that still works on a request of the
   * last one must not take its answer for that of another.
   */
  nextXid(): number {
    const xid = this.#xid;
    this.#xid = xid === LAST_XID ? 1 : xid + 1;
    return xid;
  }
}
