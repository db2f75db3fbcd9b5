import type { MultiOp } from '@vivarium/core';
import { type Observable, ReplaySubject, Subscription } from 'rxjs';
import { isRecipeError, RecipeError } from '../errors.js';
import { whicheverFirst } from '../shared/patience.js';
import type { FencingToken } from './fencing-token.js';
import type { CheckOfHold, Hold, HoldStatus } from './hold.js';

/**
 * A part in another hold: the same node, and it ends with it, but it is released by itself. What
 * that does to the other is up to `letGo`.
 */
export class HoldShare implements Hold {
  readonly #base: Hold;
  readonly #letGo: () => Promise<void>;
  readonly #ending = new AbortController();
  readonly #following = new Subscription();
  #status: HoldStatus;
  readonly #statuses = new ReplaySubject<HoldStatus>(1);
  readonly #revocations = new ReplaySubject<void>(1);
  readonly path: string;
  readonly token: FencingToken;
  #released: Promise<void> | undefined;

  /** @param letGo  called once when it is released, and not when it ends with the other */
  constructor(base: Hold, letGo: () => Promise<void>, token = base.token) {
    this.#base = base;
    this.#letGo = letGo;
    this.path = base.path;
    this.token = token;
    this.#status = base.status;
    const ended = () => this.#end(base.signal.reason);
    base.signal.addEventListener('abort', ended, { once: true });
    this.#following.add(() => base.signal.removeEventListener('abort', ended));
    this.#following.add(
      base.status$.subscribe((status) => {
        if (!base.signal.aborted) this.#say(status);
      }),
    );
    this.#following.add(base.revocation$.subscribe(() => this.#revocations.next()));
    if (base.signal.aborted) ended();
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

  /** The other may come to know of its end by being asked; then this one has ended too. */
  readonly isCertain = (): boolean => !this.signal.aborted && this.#base.isCertain();

  readonly throwIfLost = (): void => {
    if (!this.isCertain()) throw this.signal.reason;
  };

  readonly verify = async (): Promise<void> => {
    this.throwIfLost();
    await whicheverFirst(this.#base.verify(), this.signal);
    this.throwIfLost();
  };

  readonly guard = <const T extends readonly MultiOp[]>(ops: T): readonly [CheckOfHold, ...T] => {
    this.throwIfLost();
    return this.#base.guard(ops);
  };

  readonly release = (): Promise<void> => {
    if (!this.signal.aborted) {
      this.#end(new RecipeError('RELEASED', this.path));
      this.#released = this.#letGo();
    }
    return this.#released ?? Promise.resolve();
  };

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  #end(reason: unknown): void {
    if (this.signal.aborted) return;
    this.#following.unsubscribe();
    this.#ending.abort(reason);
    const isLost = isRecipeError(reason, 'HOLD_LOST');
    this.#say(isLost ? 'lost' : isRecipeError(reason, 'HOLD_REVOKED') ? 'revoked' : 'released');
    this.#statuses.complete();
    this.#revocations.complete();
  }

  #say(status: HoldStatus): void {
    this.#status = status;
    this.#statuses.next(status);
  }
}

/** Makes shares of a hold, which is released when the last of them is. */
export function sharing(base: Hold): () => HoldShare {
  let count = 0;
  return () => {
    count++;
    return new HoldShare(base, async () => {
      if (--count === 0) await base.release();
    });
  };
}
