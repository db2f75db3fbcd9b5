import type { Acl, Client, Codec, SessionInfo } from '@vivarium/core';
import { isZkError, ZkError } from '@vivarium/core';
import { type Observable, ReplaySubject, Subscription } from 'rxjs';
import { RecipeError } from '../errors.js';
import { deskOf, type Place } from '../shared/desk.js';
import { isPassing, wasCutOff } from '../shared/doubt.js';
import { pause } from '../shared/pause.js';
import { currentSession, sessionEnd } from '../shared/sessions.js';
import type { Membership, MembershipStatus } from './join-group.js';
import { type Rivalry, stand } from './stand.js';

interface Settings<T> {
  readonly id: string;
  readonly path: string;
  readonly codec: Codec<T>;
  readonly acl: readonly Acl[] | undefined;
}

interface Waiter {
  /** The revision that it waits for. */
  readonly revision: number;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * A membership by an ephemeral node. What should be (a node of the present session, with the newest
 * data) is compared with what is, whenever something may have changed: a session began, the node's
 * watch fired, new data came. One comparison runs at a time; whatever comes meanwhile causes one
 * more.
 */
export class NodeMembership<T> implements Membership<T>, Place {
  readonly #zk: Client;
  readonly #settings: Settings<T>;
  #status: MembershipStatus = 'rejoining';
  readonly #statuses = new ReplaySubject<MembershipStatus>(1);
  readonly #leaving = new AbortController();
  readonly #subscriptions = new Subscription();
  readonly #waiters = new Set<Waiter>();
  readonly gone: Promise<void>;
  #settleGone = (): void => {};
  /** What should be in the node, and how often that has changed. */
  #bytes: Uint8Array;
  #revision = 0;
  /** The session in which our node stands, as far as we know. */
  #stands: SessionInfo | undefined;
  #isComparing = false;
  #again = false;
  #left: Promise<void> | undefined;

  /** @throws BAD_ARGUMENTS when the codec refuses the data */
  constructor(zk: Client, settings: Settings<T>, data: T | undefined) {
    this.#zk = zk;
    this.#settings = settings;
    this.#bytes = this.#encoded(data as T);
    this.gone = new Promise((resolve) => {
      this.#settleGone = resolve;
    });
  }

  get id(): string {
    return this.#settings.id;
  }
  get path(): string {
    return this.#settings.path;
  }
  get status(): MembershipStatus {
    return this.#status;
  }
  get status$(): Observable<MembershipStatus> {
    return this.#statuses.asObservable();
  }
  get isLeaving(): boolean {
    return this.#leaving.signal.aborted;
  }

  /**
   * Joins for the first time. When it rejects, the membership is over, and what it had begun is
   * being removed.
   */
  async join(rivalry: Rivalry, signal: AbortSignal): Promise<void> {
    deskOf(this.#zk).places.set(this.path, this);
    try {
      while (this.#stands === undefined) {
        const session = await currentSession(this.#zk, signal);
        try {
          await this.#standIn(session, rivalry, signal);
        } catch (error) {
          if (!isZkError(error, 'SESSION_EXPIRED')) throw error;
          await sessionEnd(this.#zk, session, signal);
        }
      }
      signal.throwIfAborted();
    } catch (error) {
      this.leave().catch(() => {});
      throw error;
    }
    this.#say('joined');
    this.#subscriptions.add(
      this.#zk.state$.subscribe({
        next: ({ type }) => this.#connection(type === 'connected'),
        complete: () => this.#clientClosed(),
      }),
    );
    this.#subscriptions.add(this.#zk.session$.subscribe(this.#compare));
  }

  /** Shows what a stream says from now on. */
  follow(data$: Observable<T>): void {
    // An error of the program's own stream is reported as rxjs reports what nobody handles.
    this.#subscriptions.add(data$.subscribe((data) => this.#want(this.#encoded(data))));
  }

  readonly update = (data: T): Promise<void> => {
    try {
      if (this.isLeaving) throw new RecipeError('MEMBER_LEFT', this.path);
      this.#want(this.#encoded(data));
    } catch (error) {
      return Promise.reject(error);
    }
    const revision = this.#revision;
    const written = new Promise<void>((resolve, reject) => {
      this.#waiters.add({ revision, resolve, reject });
    });
    // That the membership has ended is a status: who does not wait for the change is not troubled.
    written.catch(() => {});
    return written;
  };

  readonly leave = (): Promise<void> => {
    this.#left ??= this.#leave();
    return this.#left;
  };

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }

  async #leave(): Promise<void> {
    this.#end(new RecipeError('MEMBER_LEFT', this.path));
    this.#say('left');
    this.#statuses.complete();
    await this.#remove();
  }

  async #remove(): Promise<void> {
    const session = this.#zk.session?.id;
    try {
      // Also when we never stood: a creation that was given up may have happened.
      if (session !== undefined) await deskOf(this.#zk).cleanUps.removeOwn(session, this.path);
    } finally {
      this.#forget();
    }
  }

  /** Stops everything but the removal of the node. */
  #end(reason: unknown): void {
    this.#leaving.abort(reason);
    this.#subscriptions.unsubscribe();
    this.#zk.unwatch(this.path, 'data', this.#compare);
    for (const waiter of this.#waiters) waiter.reject(reason);
    this.#waiters.clear();
  }

  #forget(): void {
    const { places } = deskOf(this.#zk);
    if (places.get(this.path) === this) places.delete(this.path);
    this.#settleGone();
  }

  #clientClosed(): void {
    if (this.isLeaving) return;
    this.#left = Promise.resolve();
    this.#end(new ZkError('SESSION_EXPIRED', { reason: 'the client is closed' }));
    this.#forget();
    this.#say('left');
    this.#statuses.complete();
  }

  #say(status: MembershipStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    this.#statuses.next(status);
  }

  #connection(isUp: boolean): void {
    if (isUp && this.#status === 'suspect') this.#say('joined');
    if (!isUp && this.#status === 'joined') this.#say('suspect');
  }

  /* What should be, and what is. */

  #encoded(data: T): Uint8Array {
    const { codec, path } = this.#settings;
    try {
      return codec.encode(data);
    } catch (cause) {
      const reason = `the ${codec.name} codec refuses the value`;
      throw new ZkError('BAD_ARGUMENTS', { operation: 'joinGroup', path, cause, reason });
    }
  }

  #want(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#revision++;
    this.#compare();
  }

  readonly #compare = (): void => {
    this.#again = true;
    if (this.#isComparing || this.isLeaving) return;
    this.#isComparing = true;
    this.#untilRight().then(
      () => {
        this.#isComparing = false;
      },
      (error: unknown) => {
        this.#isComparing = false;
        if (!this.isLeaving) this.#fail(error);
      },
    );
  };

  async #untilRight(): Promise<void> {
    while (this.#again && !this.isLeaving) {
      this.#again = false;
      const { session } = this.#zk;
      if (session === undefined) {
        // The next session calls again.
        this.#say('rejoining');
        return;
      }
      try {
        await this.#makeRight(session);
      } catch (error) {
        if (this.isLeaving) return;
        this.#again = true;
        const { signal } = this.#leaving;
        if (isZkError(error, 'SESSION_EXPIRED')) {
          await sessionEnd(this.#zk, session, signal).catch(() => {});
        } else if (!wasCutOff(error)) {
          if (!isPassing(error)) throw error;
          await pause(this.#zk, signal);
        }
      }
    }
  }

  async #makeRight(session: SessionInfo): Promise<void> {
    const { signal } = this.#leaving;
    if (this.#stands?.id !== session.id) {
      this.#say('rejoining');
      await this.#standIn(session, 'wait', signal);
    }
    const options = { session: session.id, signal };
    try {
      const { stat, data } = await this.#zk.get(this.path, { ...options, watch: this.#compare });
      if (stat.ephemeralOwner !== session.id) {
        this.#standAgain();
        return;
      }
      const revision = this.#revision;
      if (!isSame(data, this.#bytes)) {
        await this.#zk.set(this.path, this.#bytes, { ...options, version: stat.version });
      }
      this.#written(revision);
    } catch (error) {
      if (isZkError(error, 'NO_NODE')) this.#standAgain();
      // Whoever wrote to it, or has taken its place: the next look says.
      else if (isZkError(error, 'BAD_VERSION')) this.#again = true;
      else throw error;
      return;
    }
    // The connection may have gone since the answer came.
    this.#say(this.#zk.state.type === 'connected' ? 'joined' : 'suspect');
  }

  #standAgain(): void {
    this.#stands = undefined;
    this.#again = true;
  }

  async #standIn(session: SessionInfo, rivalry: Rivalry, signal: AbortSignal): Promise<void> {
    const { path, acl } = this.#settings;
    const node = { path, bytes: this.#bytes, acl };
    await stand(this.#zk, session, node, rivalry, signal, () => this.#say('displaced'));
    this.#stands = session;
  }

  /** Tells those who wait for this revision, or for an older one, that it was written. */
  #written(revision: number): void {
    for (const waiter of [...this.#waiters]) {
      if (waiter.revision > revision) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  /** The servers do not let us be a member any more. */
  #fail(error: unknown): void {
    this.#end(error);
    this.#left = this.#remove().catch(() => {});
    this.#status = 'left';
    this.#statuses.error(error);
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
