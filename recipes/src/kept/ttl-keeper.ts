import type { Client } from '@vivarium/core';
import { ZkError } from '@vivarium/core';
import { type Observable, ReplaySubject, Subscription } from 'rxjs';
import { RecipeError } from '../errors.js';
import { changeOnce } from '../shared/change-once.js';
import { whicheverFirst } from '../shared/patience.js';
import type { KeptTtlNodeStatus } from './keep-ttl-node.js';
import { TOUCH, type TouchedNode, touch } from './touch.js';

/** A node is touched this often within its time to live. */
const TOUCHES = 3;

/**
 * Touches a node again and again: when it is time, when a server answers again, and when the list
 * of its children says that somebody has deleted it. One touch is under way at a time.
 */
export class TtlKeeper {
  readonly #zk: Client;
  readonly #node: TouchedNode;
  #status: KeptTtlNodeStatus = 'missing';
  readonly #statuses = new ReplaySubject<KeptTtlNodeStatus>(1);
  readonly status$: Observable<KeptTtlNodeStatus> = this.#statuses.asObservable();
  readonly #ending = new AbortController();
  readonly #subscriptions = new Subscription();
  #stopTimer = () => {};
  /** What the container is made with. */
  #bytes: Uint8Array = new Uint8Array(0);
  #isTouching = false;
  #again = false;

  constructor(zk: Client, node: TouchedNode) {
    this.#zk = zk;
    this.#node = node;
  }

  get path(): string {
    return this.#node.path;
  }
  get status(): KeptTtlNodeStatus {
    return this.#status;
  }

  /**
   * Makes the node, or takes it over. When it rejects, the node is not kept.
   *
   * @param first  what to write; what is there stays when left out
   */
  async begin(first: Uint8Array | undefined, signal: AbortSignal): Promise<void> {
    if (first !== undefined) this.#bytes = first;
    const isMade = await this.#touchOnce(signal);
    if (!isMade && first !== undefined) await this.#write(first, signal);
    signal.throwIfAborted();
    this.#say('kept');
    this.#subscriptions.add(
      this.#zk.state$.subscribe({
        next: ({ type }) => this.#connection(type === 'connected'),
        complete: () => this.#clientClosed(),
      }),
    );
    this.#subscriptions.add(
      this.#zk.children$(this.path).subscribe({
        next: (list) => {
          if (list.kind === 'absent' || !list.children.includes(TOUCH)) this.#touch();
        },
        // What may not be listed is missed by the next touch.
        error: () => {},
      }),
    );
  }

  readonly set = (bytes: Uint8Array): Promise<void> => {
    const { signal } = this.#ending;
    if (signal.aborted) return Promise.reject(signal.reason);
    this.#bytes = bytes;
    const written = this.#write(bytes, signal);
    // That it has ended is a status: who does not wait for the change is not troubled.
    written.catch(() => {});
    return written;
  };

  readonly release = async (): Promise<void> => {
    if (this.#isOver) return;
    this.#end(new RecipeError('RELEASED', this.path, { reason: 'the node is kept no more' }));
    this.#say('released');
    this.#statuses.complete();
  };

  get #isOver(): boolean {
    return this.#ending.signal.aborted;
  }

  async #write(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    for (;;) {
      let isThere = false;
      const make = (now: { readonly bytes: Uint8Array } | undefined) => {
        isThere = now !== undefined;
        // A node that is missing has to be made together with its touch.
        return now === undefined || isSame(now.bytes, bytes) ? undefined : bytes;
      };
      const { acl } = this.#node;
      const writing = changeOnce(this.#zk, this.path, { make, acl, signal, lingerMs: 0 });
      await whicheverFirst(writing, signal);
      if (isThere || (await this.#touchOnce(signal))) return;
    }
  }

  #touchOnce(signal: AbortSignal): Promise<boolean> {
    const making = { missing: () => this.#missing(), data: () => this.#bytes };
    return touch(this.#zk, this.#node, making, signal);
  }

  readonly #touch = (): void => {
    this.#again = true;
    if (this.#isTouching || this.#isOver) return;
    this.#isTouching = true;
    this.#untilTouched().then(
      () => {
        this.#isTouching = false;
      },
      (error: unknown) => {
        this.#isTouching = false;
        if (!this.#isOver) this.#fail(error);
      },
    );
  };

  async #untilTouched(): Promise<void> {
    while (this.#again && !this.#isOver) {
      this.#again = false;
      this.#stopTimer();
      await this.#touchOnce(this.#ending.signal);
      if (this.#isOver) return;
      // The connection may have gone since the answer came.
      this.#say(this.#zk.state.type === 'connected' ? 'kept' : 'suspect');
      const restMs = Math.max(1, Math.floor(this.#node.ttlMs / TOUCHES));
      this.#stopTimer = this.#zk.clock.setTimer(restMs, this.#touch);
    }
  }

  #missing(): void {
    if (!this.#isOver && this.#zk.state.type === 'connected') this.#say('missing');
  }

  #connection(isUp: boolean): void {
    // That it stands is said when it has been touched.
    if (isUp) this.#touch();
    else this.#say('suspect');
  }

  #clientClosed(): void {
    if (this.#isOver) return;
    this.#end(new ZkError('SESSION_EXPIRED', { reason: 'the client is closed' }));
    this.#say('released');
    this.#statuses.complete();
  }

  /** The servers do not let us keep it any more. */
  #fail(error: unknown): void {
    this.#end(error);
    this.#status = 'released';
    this.#statuses.error(error);
  }

  #end(reason: unknown): void {
    this.#ending.abort(reason);
    this.#subscriptions.unsubscribe();
    this.#stopTimer();
  }

  #say(status: KeptTtlNodeStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    this.#statuses.next(status);
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
