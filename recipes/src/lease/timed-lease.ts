import type { Client, MultiOp, SessionInfo } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { type Observable, ReplaySubject, Subscription } from 'rxjs';
import { RecipeError } from '../errors.js';
import { FencingToken } from '../hold/fencing-token.js';
import type { CheckOfHold, HoldStatus } from '../hold/hold.js';
import { insist } from '../shared/insist.js';
import { whicheverFirst } from '../shared/patience.js';
import { removeLasting } from '../shared/remove-lasting.js';
import type { Lease } from './lease.js';
import { assertLeaseId, termsFormat } from './lease-folder.js';
import { assertTtl, type LeaseTtl, ttlOf } from './lease-ttl.js';

/** How a lease ends, and what its signal says then. */
const endings = {
  lost: 'HOLD_LOST',
  revoked: 'HOLD_REVOKED',
  released: 'RELEASED',
} as const;

/** A lease that renews itself does so this often within its time. */
const RENEWALS = 3;

/** What a lease begins with. */
export interface LeaseBeginning {
  readonly path: string;
  readonly id: string;
  readonly ttl: LeaseTtl;
  /** When the claim was sent, by the client's clock: no server can have counted from before. */
  readonly sentAt: number;
  readonly czxid: bigint;
  readonly session: SessionInfo;
  readonly renews: boolean;
}

/**
 * A lease of ours. Its time is counted from when the newest renewal that was answered was sent; by
 * the servers' clocks it began later, so that it is over here first.
 */
export class TimedLease implements Lease {
  readonly #zk: Client;
  readonly #ending = new AbortController();
  readonly #statuses = new ReplaySubject<HoldStatus>(1);
  readonly #subscriptions = new Subscription();
  readonly #renews: boolean;
  readonly path: string;
  readonly id: string;
  readonly token: FencingToken;
  #status: HoldStatus = 'held';
  #ttl: LeaseTtl;
  #until: number;
  #stopTimer: (() => void) | undefined;
  #stopRenewing: (() => void) | undefined;
  /** Renewals go out one after the other: the last one is the one that counts. */
  #renewed: Promise<void> = Promise.resolve();
  #released: Promise<void> | undefined;

  constructor(zk: Client, { path, id, ttl, sentAt, czxid, session, renews }: LeaseBeginning) {
    this.#zk = zk;
    this.#ttl = ttl;
    this.#until = sentAt + ttlOf(ttl);
    this.#renews = renews;
    this.path = path;
    this.id = id;
    this.token = new FencingToken(czxid, session.id, path);
    this.#say('held');
    this.#watchTheClock();
    this.#planRenewal();
    this.#subscriptions.add(
      zk.exists$(path).subscribe({
        next: (isThere) => {
          if (!isThere) this.#end('revoked');
        },
        // What may not be read cannot be watched over; its time and the guard still count.
        error: () => {},
        complete: () => this.#end('lost', 'the client is closed'),
      }),
    );
    // The first word may have ended it before there was a subscription to end.
    if (!this.#isOpen) this.#subscriptions.unsubscribe();
  }

  get signal(): AbortSignal {
    return this.#ending.signal;
  }
  get status(): HoldStatus {
    return this.#status;
  }
  get status$(): Observable<HoldStatus> {
    return this.#statuses.asObservable();
  }
  get remainingMs(): number {
    return this.isCertain() ? this.#until - this.#zk.clock.now() : 0;
  }
  get #isOpen(): boolean {
    return !this.#ending.signal.aborted;
  }

  readonly isCertain = (): boolean => {
    if (this.#isOpen && this.#zk.clock.now() >= this.#until) this.#end('lost', 'its time is over');
    return this.#isOpen;
  };

  readonly throwIfLost = (): void => {
    if (!this.isCertain()) throw this.signal.reason;
  };

  readonly verify = async (): Promise<void> => {
    this.throwIfLost();
    await whicheverFirst(this.#ask(), this.signal);
    this.throwIfLost();
  };

  async #ask(): Promise<void> {
    await insist(this.#zk, this.signal, async (session) => {
      const options = { session: session.id, signal: this.signal };
      await this.#zk.sync(this.path, options);
      if ((await this.#zk.exists(this.path, options)) === undefined) this.#end('revoked');
    });
  }

  readonly guard = <const T extends readonly MultiOp[]>(ops: T): readonly [CheckOfHold, ...T] => {
    this.throwIfLost();
    // Nobody else's node ever has this path, and a renewal changes its version.
    return [{ op: 'check', path: this.path }, ...ops];
  };

  readonly renew = async (ttlMs: LeaseTtl = this.#ttl): Promise<void> => {
    assertTtl(this.path, ttlMs);
    this.throwIfLost();
    const renewed = this.#renewed.then(() => this.#renew(ttlMs));
    this.#renewed = renewed.catch(() => {});
    await whicheverFirst(renewed, this.signal);
  };

  async #renew(ttl: LeaseTtl): Promise<void> {
    await insist(this.#zk, this.signal, async ({ id: session }) => {
      this.throwIfLost();
      const until = this.#zk.clock.now() + ttlOf(ttl);
      // A shorter time may be in force from now on, whatever becomes of the answer.
      this.#until = Math.min(this.#until, until);
      const data = termsFormat.encode(termsOf(this.id, ttl));
      try {
        await this.#zk.set(this.path, data, { session, signal: this.signal });
      } catch (error) {
        if (isZkError(error, 'NO_NODE')) this.#end('revoked');
        throw error;
      }
      this.#ttl = ttl;
      this.#until = until;
    });
    this.#watchTheClock();
    this.#planRenewal();
  }

  readonly handOver = async (id: string): Promise<void> => {
    assertLeaseId(this.path, id);
    this.throwIfLost();
    this.#end('released', `it was handed over to ${id}`);
    const data = termsFormat.encode(termsOf(id, this.#ttl));
    await insist(this.#zk, forEver, async ({ id: session }) => {
      await this.#zk.set(this.path, data, { session });
    });
  };

  readonly release = (): Promise<void> => {
    if (this.#isOpen) {
      this.#end('released');
      this.#released = removeLasting(this.#zk, this.path);
    }
    return this.#released ?? Promise.resolve();
  };

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  #watchTheClock(): void {
    this.#stopTimer?.();
    if (!this.isCertain() || this.#until === Number.POSITIVE_INFINITY) return;
    const { clock } = this.#zk;
    const leftMs = Math.min(Math.max(1, this.#until - clock.now()), LONGEST_TIMER_MS);
    this.#stopTimer = clock.setTimer(leftMs, () => this.#watchTheClock());
  }

  #planRenewal(): void {
    this.#stopRenewing?.();
    if (!this.#renews || this.#ttl === 'forever' || !this.#isOpen) return;
    this.#stopRenewing = this.#zk.clock.setTimer(this.#ttl / RENEWALS, () => {
      // When it fails the lease has ended, which its signal tells, or may not be written any more,
      // which its end will tell.
      this.renew().catch(() => {});
    });
  }

  #end(how: keyof typeof endings, reason?: string): void {
    if (!this.#isOpen) return;
    this.#stopTimer?.();
    this.#stopRenewing?.();
    this.#subscriptions.unsubscribe();
    this.#ending.abort(new RecipeError(endings[how], this.path, reasonOf(how, reason)));
    this.#say(how);
    this.#statuses.complete();
  }

  #say(status: HoldStatus): void {
    this.#status = status;
    this.#statuses.next(status);
  }
}

/** Of who does not give up. */
const forEver = new AbortController().signal;

/** A timer keeps no more. */
const LONGEST_TIMER_MS = 0x7fff_ffff;

function reasonOf(how: keyof typeof endings, reason: string | undefined): { reason?: string } {
  if (reason === undefined) return {};
  return { reason: how === 'lost' ? `the lease is lost: ${reason}` : reason };
}

function termsOf(id: string, ttl: LeaseTtl) {
  return ttl === 'forever' ? { id } : { id, ttlMs: ttl };
}
