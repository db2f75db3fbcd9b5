import type { ErrorName, Outcome } from '../base/errors.js';
import type { SessionRequest } from '../session/inputs.js';
import type { WatchKind } from '../session/watch-registry.js';
import type { OperationName } from '../wire/operations.js';
import { operations } from '../wire/operations.js';
import type { Reader } from '../wire/reader.js';
import { MalformedError } from '../wire/reader.js';
import { forgetAbort, tellOfAbort } from './abort-listeners.js';
import type { CallOptions } from './api.js';
import type { Driver, Waiter } from './driver.js';
import type { ErrorFacts } from './errors.js';
import { errorOfCode, ZkError } from './errors.js';

/** Bytes of a request's header. */
const HEADER_BYTES = 8;

/** One request on its way from a promise to the session. */
export interface Call<R> {
  readonly operation: OperationName;
  readonly payload: Uint8Array;
  /** What errors say of it. */
  readonly facts: ErrorFacts;
  readonly options?: CallOptions | undefined;
  readonly watch?: { readonly path: string; readonly kind: WatchKind } | undefined;
  readonly unwatch?: { readonly path: string; readonly kinds: readonly WatchKind[] } | undefined;
  /** Makes the result of the answer; runs inside the dispatch, so in wire order. */
  readonly result: (body: Reader, zxid: bigint) => R;
  /** Told once when the promise settles, before `result`; whether the server has done it. */
  readonly settled?: ((isDone: boolean) => void) | undefined;
  /** Makes a result of a refusal, for operations where one is an answer too. */
  readonly refusal?:
    | ((code: number, zxid: bigint) => { readonly value: R } | undefined)
    | undefined;
}

/** The machine's form of a call. */
export function requestOf(
  call: Pick<Call<never>, 'operation' | 'payload' | 'options' | 'watch' | 'unwatch'>,
  token: Waiter,
): SessionRequest<Waiter> {
  const row = operations[call.operation];
  const isRead = row.kind === 'read';
  return {
    token,
    opcode: row.code,
    payload: call.payload,
    onLoss: isRead ? 'resend' : 'fail',
    outlivesSession: isRead,
    session: call.options?.session,
    ahead: call.options?.ahead,
    watch: call.watch,
    unwatch: call.unwatch,
  };
}

/**
 * Sends a request and promises its answer. The promise is settled by the dispatch itself, so that
 * code waiting for several answers of one piece of the wire goes on in their order: it must reach
 * the caller as it is, with no other promise around it.
 */
export function perform<R>(driver: Driver, maxFrameBytes: number, call: Call<R>): Promise<R> {
  const size = call.payload.length + HEADER_BYTES;
  const signal = call.options?.signal;
  return new Promise((resolve, reject) => {
    if (size > maxFrameBytes) {
      const reason = `the request has ${size} bytes, and maxFrameBytes is ${maxFrameBytes}`;
      call.settled?.(false);
      reject(new ZkError('BAD_ARGUMENTS', { ...call.facts, reason }));
      return;
    }
    if (signal?.aborted === true) {
      call.settled?.(false);
      reject(signal.reason);
      return;
    }
    const settling = new Settling(driver, call, resolve, reject);
    if (signal !== undefined) tellOfAbort(signal, settling.aborted);
    driver.submit({ type: 'request', request: requestOf(call, settling) });
  });
}

/** What of a call matters once it was sent. */
type Settled<R> = Pick<
  Call<R>,
  'operation' | 'facts' | 'options' | 'result' | 'refusal' | 'settled'
>;

/** Turns the one answer of a request into the one settling of its promise. */
export class Settling<R> implements Waiter {
  readonly #driver: Driver;
  readonly #call: Settled<R>;
  readonly #resolve: (value: R) => void;
  readonly #reject: (reason: unknown) => void;
  #isSettled = false;

  constructor(
    driver: Driver,
    call: Settled<R>,
    resolve: (value: R) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#driver = driver;
    this.#call = call;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Listener of the caller's signal. */
  readonly aborted = (): void => {
    if (this.#isSettled) return;
    this.#settle();
    this.#driver.submit({ type: 'cancel', token: this });
    this.#reject(this.#call.options?.signal?.reason);
  };

  replied(body: Reader, zxid: bigint): void {
    if (!this.#settle(true)) return;
    try {
      this.#resolve(this.#call.result(body, zxid));
    } catch (error) {
      this.#reject(this.#unreadable(error));
    }
  }

  refused(code: number, zxid: bigint): void {
    if (!this.#settle()) return;
    const answer = this.#call.refusal?.(code, zxid);
    if (answer === undefined) this.#reject(errorOfCode(code, this.#call.facts));
    else this.#resolve(answer.value);
  }

  failed(name: ErrorName, outcome: Outcome, reason: string): void {
    if (!this.#settle()) return;
    this.#reject(new ZkError(name, { ...this.#call.facts, outcome, reason }));
  }

  /** Whether this is the first word; a later one means that the order to cancel came too late. */
  #settle(isDone = false): boolean {
    if (this.#isSettled) {
      this.#driver.withdrawCancel(this);
      return false;
    }
    this.#isSettled = true;
    const { signal } = this.#call.options ?? {};
    if (signal !== undefined) forgetAbort(signal, this.aborted);
    this.#call.settled?.(isDone);
    return true;
  }

  #unreadable(error: unknown): unknown {
    if (error instanceof ZkError) return error;
    const what = error instanceof MalformedError ? 'the answer' : 'the data';
    const message = error instanceof Error ? error.message : String(error);
    const reason = `${what} cannot be read: ${message}`;
    const outcome = operations[this.#call.operation].kind === 'read' ? 'refused' : 'unknown';
    return new ZkError('MARSHALLING_ERROR', {
      ...this.#call.facts,
      cause: error,
      reason,
      outcome,
    });
  }
}
