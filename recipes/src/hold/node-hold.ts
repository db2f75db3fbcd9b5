import type { Client, MultiOp, SessionInfo, WatchEvent } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { type Observable, ReplaySubject, type Subscription } from 'rxjs';
import { RecipeError } from '../errors.js';
import { deskOf } from '../shared/desk.js';
import { whicheverFirst } from '../shared/patience.js';
import type { Standing } from '../shared/protected-create.js';
import { isRevokeMark } from '../shared/revoke-mark.js';
import { FencingToken } from './fencing-token.js';
import type { CheckOfHold, Hold, HoldStatus } from './hold.js';

/** How a hold ends, and what its signal says then. */
const endings = {
  lost: 'HOLD_LOST',
  revoked: 'HOLD_REVOKED',
  released: 'RELEASED',
} as const;

/** What a look at the node has found: it is there and the session's, or why it is not. */
type Found = 'ours' | 'revoked' | 'lost';

/**
 * A hold by an ephemeral node of one session. It ends at the first of these: it is released; the
 * node is gone; the session has ended; the clock says that the session may have ended. The last
 * does not wait for a server's word, which cannot come when it matters. Whatever ends it, the node
 * is removed before anything else is asked of the servers, should they still know the session.
 */
export class NodeHold implements Hold {
  readonly #zk: Client;
  readonly #session: SessionInfo;
  readonly #ending = new AbortController();
  #status: HoldStatus = 'held';
  readonly #statuses = new ReplaySubject<HoldStatus>(1);
  #isAskedFor = false;
  readonly #revocations = new ReplaySubject<void>(1);
  readonly path: string;
  readonly token: FencingToken;
  #prepared: Promise<Found> | undefined;
  #released: Promise<void> | undefined;
  #stopTimer: (() => void) | undefined;
  #stopListening: (() => void) | undefined;
  #states: Subscription | undefined;

  constructor(zk: Client, session: SessionInfo, { path, czxid }: Standing) {
    this.#zk = zk;
    this.#session = session;
    this.path = path;
    this.token = new FencingToken(czxid, session.id, path);
    this.#say('held');
  }

  /**
   * Asks for the node now, and watches it from then on, so that `begin` need not wait for a server
   * when our turn has come. What goes wrong is told by `begin`.
   */
  prepare(signal: AbortSignal): void {
    this.#prepared ??= this.#look(signal);
    this.#prepared.catch(() => {});
  }

  /**
   * Begins to watch over the node. Resolves with whether it is there and the session's.
   *
   * @throws the signal's reason; the hold then has to be ended by the caller
   */
  async begin(signal: AbortSignal): Promise<boolean> {
    this.prepare(signal);
    if ((await this.#prepared) !== 'ours') return false;
    if (!this.#isOpen || this.#session.ended.aborted) return false;
    const ended = () => this.#end('lost');
    this.#stopListening = deskOf(this.#zk).whenEnded(this.#session, ended);
    this.#states = this.#zk.state$.subscribe(({ type, detail }) => {
      // A server that only answers reads is cut off itself, and cannot vouch for the session.
      this.#connection(type === 'connected' && detail !== 'readOnly');
    });
    this.#watchTheClock();
    // The present state alone may have ended it, before there was a subscription to end.
    if (!this.#isOpen) this.#states.unsubscribe();
    return this.#isOpen;
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

  get revocation$(): Observable<void> {
    return this.#revocations.asObservable();
  }

  /** Whether somebody has asked for it back. */
  get isAskedFor(): boolean {
    return this.#isAskedFor;
  }

  get #isOpen(): boolean {
    return !this.#ending.signal.aborted;
  }

  readonly isCertain = (): boolean => {
    if (this.#isOpen && !this.#zk.isCertain(this.#session.id)) this.#end('lost');
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
    try {
      await this.#zk.sync(this.path, { session: this.#session.id });
      const stat = await this.#zk.exists(this.path, { session: this.#session.id });
      if (stat?.ephemeralOwner !== this.#session.id) this.#end('revoked');
    } catch (error) {
      if (!isZkError(error, 'SESSION_EXPIRED')) throw error;
      this.#end('lost');
    }
  }

  readonly guard = <const T extends readonly MultiOp[]>(ops: T): readonly [CheckOfHold, ...T] => {
    this.throwIfLost();
    // Nobody else's node ever has this path: that it exists is enough, whatever its version.
    return [{ op: 'check', path: this.path }, ...ops];
  };

  readonly release = (): Promise<void> => {
    if (this.#isOpen) this.#end('released');
    return this.#released ?? Promise.resolve();
  };

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  /** Reads the node and watches it. */
  async #look(signal?: AbortSignal): Promise<Found> {
    const options = { watch: this.#nodeChanged, session: this.#session.id, signal };
    try {
      const { stat, data } = await this.#zk.get(this.path, options);
      if (stat.ephemeralOwner !== this.#session.id) return 'revoked';
      if (isRevokeMark(data)) this.#askedFor();
      return 'ours';
    } catch (error) {
      if (isZkError(error, 'NO_NODE')) return 'revoked';
      if (isZkError(error, 'SESSION_EXPIRED')) return 'lost';
      throw error;
    }
  }

  readonly #nodeChanged = ({ type }: WatchEvent): void => {
    if (!this.#isOpen) return;
    // No other node will ever have this name: there is nothing to ask, and nothing to wait for.
    if (type === 'nodeDeleted') {
      this.#end('revoked');
      return;
    }
    this.#look().then(
      (found) => {
        if (found !== 'ours') this.#end(found);
        // The watch was set after the end had taken it back.
        else if (!this.#isOpen) this.#zk.unwatch(this.path, 'data', this.#nodeChanged);
      },
      // What may not be read cannot be watched over.
      () => this.#end('lost'),
    );
  };

  #connection(isUp: boolean): void {
    if (!this.isCertain()) return;
    const status = isUp ? this.#heldStatus : 'suspect';
    if (status !== this.#status) this.#say(status);
  }

  get #heldStatus(): HoldStatus {
    return this.#isAskedFor ? 'revoking' : 'held';
  }

  #askedFor(): void {
    if (this.#isAskedFor || !this.#isOpen) return;
    this.#isAskedFor = true;
    if (this.#status === 'held') this.#say('revoking');
    this.#revocations.next();
  }

  #watchTheClock(): void {
    if (!this.isCertain()) return;
    const leftMs = this.#zk.certainUntil - this.#zk.clock.now();
    this.#stopTimer = this.#zk.clock.setTimer(Math.max(1, leftMs), () => this.#watchTheClock());
  }

  #end(how: keyof typeof endings): void {
    if (!this.#isOpen) return;
    this.#stopTimer?.();
    this.#states?.unsubscribe();
    this.#stopListening?.();
    const unwatch = () => this.#zk.unwatch(this.path, 'data', this.#nodeChanged);
    if (how !== 'revoked' && !this.#session.ended.aborted) {
      const removed = deskOf(this.#zk).cleanUps.remove(this.#session.id, this.path);
      // The watch goes with the node: to take it back would be one more request.
      const isOver = removed.finally(unwatch);
      // A release waits for it; a loss has been told, and there is nobody to tell more.
      if (how === 'released') this.#released = isOver;
      else isOver.catch(() => {});
    } else {
      unwatch();
    }
    this.#ending.abort(new RecipeError(endings[how], this.path));
    this.#say(how);
    this.#statuses.complete();
    this.#revocations.complete();
  }

  #say(status: HoldStatus): void {
    this.#status = status;
    this.#statuses.next(status);
  }
}
