import type { Client, SessionInfo } from '@vivarium/core';
import type { LeaseFolder, LeaseView, StandingLease } from './lease-folder.js';
import { ttlOf } from './lease-ttl.js';

/** Margin that others leave after a lease: a share of its time, and at least so much. */
const MARGIN_SHARE = 1 / 10;
const SHORTEST_MARGIN_MS = 500;

/** What is left of a lease. */
export interface TimeLeft {
  readonly lease: StandingLease;
  /** Not positive when it is over. */
  readonly ms: number;
  /** What was seen, with the clock as it is after the look at it. */
  readonly view: LeaseView;
}

/**
 * Tells how much is left of the leases of others. The leader's clock decides, and it is asked by a
 * write, once; from then on our own counts on from there, and it is asked again before a lease is
 * taken. A lease that was seen for its whole time without a renewal is over whatever it says: a
 * leader may come whose clock is behind.
 */
export class LeaseTime {
  readonly #zk: Client;
  readonly #folder: LeaseFolder;
  readonly #marginMs: number | undefined;
  readonly #signal: AbortSignal;
  /** The leader's time when ours was so much. */
  #told: { readonly mtime: number; readonly at: number } | undefined;
  /** The lease that was looked at last, and since when it was not renewed. */
  #seen: { readonly mzxid: bigint; readonly since: number } | undefined;

  constructor(zk: Client, folder: LeaseFolder, marginMs: number | undefined, signal: AbortSignal) {
    this.#zk = zk;
    this.#folder = folder;
    this.#marginMs = marginMs;
    this.#signal = signal;
  }

  /** @returns `look again` when others have claimed or looked meanwhile */
  async left(
    view: LeaseView,
    lease: StandingLease,
    session: SessionInfo,
  ): Promise<TimeLeft | 'look again'> {
    const now = this.#zk.clock.now();
    if (this.#seen?.mzxid !== lease.mzxid) this.#seen = { mzxid: lease.mzxid, since: now };
    const wholeMs = this.#wholeOf(lease);
    if (wholeMs === Number.POSITIVE_INFINITY) return { lease, ms: wholeMs, view };
    const unseenMs = this.#seen.since + wholeMs - now;
    if (unseenMs <= 0) return { lease, ms: 0, view };
    if (this.#told !== undefined) {
      const { mtime, at } = this.#told;
      const ms = Math.min(unseenMs, lease.mtime + wholeMs - (mtime + now - at));
      if (ms > 0) return { lease, ms, view };
    }
    const told = await this.#folder.tellTime(session, this.#signal);
    if (told === undefined) return 'look again';
    this.#told = { mtime: told.mtime, at: this.#zk.clock.now() };
    const ms = Math.min(unseenMs, lease.mtime + wholeMs - told.mtime);
    if (ms > 0) return { lease, ms, view };
    if (view.clock === undefined || told.version !== ((view.clock + 1) | 0)) return 'look again';
    return { lease, ms, view: { ...view, clock: told.version } };
  }

  /** The time after which it may be taken, from its renewal on. */
  #wholeOf({ ttlMs }: StandingLease): number {
    const ttl = ttlOf(ttlMs ?? 'forever');
    return ttl + (this.#marginMs ?? Math.max(ttl * MARGIN_SHARE, SHORTEST_MARGIN_MS));
  }
}
