import type { Client, SessionInfo } from '@vivarium/core';
import { deskOf } from '../shared/desk.js';
import { whicheverFirst } from '../shared/patience.js';
import { type BarrierView, readBarrier } from './barrier-node.js';

/**
 * A look at a barrier's node by which one is told of what comes after, in one request. It is spent
 * when the node has changed, when `end` has aborted, or the session has ended.
 */
export class BarrierWatch {
  readonly #zk: Client;
  readonly #path: string;
  readonly #session: SessionInfo;
  readonly #end: AbortSignal;
  readonly #spending = new AbortController();
  readonly #spend = () => this.#spending.abort('spent');
  readonly #stopListening: () => void;
  #isOver = false;

  constructor(zk: Client, path: string, session: SessionInfo, end: AbortSignal) {
    this.#zk = zk;
    this.#path = path;
    this.#session = session;
    this.#end = end;
    this.#stopListening = deskOf(zk).whenEnded(session, this.#spend);
    if (end.aborted) this.#spend();
    else end.addEventListener('abort', this.#spend);
  }

  get isSpent(): boolean {
    return this.#spending.signal.aborted;
  }

  /** Reads the node, as `readBarrier` does; of one that is not there nothing will be told. */
  read(signal: AbortSignal): Promise<BarrierView | undefined> {
    // Not with the signal: an answer that nobody hears would leave its watch at the server.
    const options = { watch: this.#spend, session: this.#session.id };
    const reading = readBarrier(this.#zk, this.#path, options);
    reading.then(
      () => {
        if (this.#isOver) this.#unwatch();
      },
      // There is no watch: nobody is to wait for it.
      () => this.#spend(),
    );
    return whicheverFirst(reading, signal);
  }

  /** Resolves when it is spent. @throws the signal's reason */
  async change(signal: AbortSignal): Promise<void> {
    if (this.isSpent) return;
    const spent = new Promise<void>((resolve) => {
      this.#spending.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await whicheverFirst(spent, signal);
  }

  /** Must be called when nobody waits any more. */
  stop(): void {
    this.#isOver = true;
    this.#stopListening();
    this.#end.removeEventListener('abort', this.#spend);
    this.#unwatch();
  }

  #unwatch(): void {
    this.#zk.unwatch(this.#path, 'data', this.#spend);
  }
}
