import type { ErrorName, Outcome } from '../base/errors.js';
import { codes } from '../base/errors.js';
import { withoutChroot } from '../session/chroot.js';
import type { SessionRequest } from '../session/inputs.js';
import { operationOf } from '../wire/operations.js';
import { Reader } from '../wire/reader.js';
import type { RequestTrace, TraceChannel } from './diagnostics.js';
import { errorOfCode, ZkError } from './errors.js';

/** Operations whose body does not begin with a path. */
const PATHLESS: ReadonlySet<string> = new Set(['multi', 'multiRead', 'whoAmI']);

/** Where a request was when it was settled. */
export interface Place {
  readonly server: string | undefined;
  readonly session: bigint | undefined;
}

/** Follows the requests of a client for those who observe it; costs nothing without them. */
export class RequestTraces<Token> {
  readonly #channel: TraceChannel<RequestTrace>;
  readonly #chroot: string;
  readonly #place: () => Place;
  readonly #open = new Map<Token, RequestTrace>();

  constructor(channel: TraceChannel<RequestTrace>, chroot: string, place: () => Place) {
    this.#channel = channel;
    this.#chroot = chroot;
    this.#place = place;
  }

  /** Whether the next request is to be followed. */
  get isWanted(): boolean {
    return this.#channel.hasSubscribers;
  }

  begin({ token, opcode, payload }: SessionRequest<Token>, run: () => void): void {
    const operation = operationOf(opcode) ?? String(opcode);
    const hasPath = !PATHLESS.has(operation);
    const trace: RequestTrace = {
      operation,
      path: hasPath ? withoutChroot(this.#chroot, new Reader(payload).string()) : undefined,
      requestBytes: payload.length,
      server: undefined,
      session: undefined,
      outcome: undefined,
      zxid: undefined,
      responseBytes: undefined,
      error: undefined,
    };
    this.#open.set(token, trace);
    this.#channel.begin(trace, run);
  }

  replied(token: Token, zxid: bigint, responseBytes: number): void {
    this.#settle(token, (trace) => {
      trace.outcome = 'ok';
      trace.zxid = zxid;
      trace.responseBytes = responseBytes;
    });
  }

  refused(token: Token, code: number, zxid: bigint): void {
    this.#settle(token, (trace) => {
      const { operation, path } = trace;
      trace.zxid = zxid;
      trace.responseBytes = 0;
      const isAnswer = operation === 'exists' && code === codes.NO_NODE;
      if (!isAnswer) trace.error = errorOfCode(code, { operation, path });
      trace.outcome = trace.error?.outcome ?? 'ok';
    });
  }

  failed(token: Token, name: ErrorName, outcome: Outcome, reason: string): void {
    this.#settle(token, (trace) => {
      const { operation, path } = trace;
      trace.error = new ZkError(name, { operation, path, outcome, reason });
      trace.outcome = outcome;
    });
  }

  /** Nobody waits for it any more. */
  aborted(token: Token): void {
    this.#settle(token, (trace) => {
      trace.outcome = 'aborted';
    });
  }

  #settle(token: Token, fill: (trace: RequestTrace) => void): void {
    // Most of the time nobody listens.
    const trace = this.#open.size === 0 ? undefined : this.#open.get(token);
    if (trace === undefined) return;
    this.#open.delete(token);
    fill(trace);
    Object.assign(trace, this.#place());
    this.#channel.settled(trace);
  }
}
