import type { ConnectionId, Millis, WallMillis } from '../base/ids.js';
import { longOf } from '../base/long.js';
import { FrameSplitter } from '../wire/framing.js';
import { type OperationName, operations } from '../wire/operations.js';
import type { Id } from '../wire/records.js';
import type { Writer } from '../wire/writer.js';
import type { WaitingRequest } from './request.js';
import type { Session } from './sessions.js';
import type { ConnectionView } from './view.js';

export interface ConnectionOptions {
  readonly id: ConnectionId;
  readonly address: string;
  readonly port: number;
  readonly transport: ConnectionView['transport'];
  readonly openedAt: Millis;
  readonly establishedAt: WallMillis;
  readonly maxFrameBytes: number;
  readonly identities: readonly Id[];
}

/**
 * One client connection: what it sent and is not answered yet, who it is, and its figures.
 *
 * `greeting`: its handshake has not come. `opening`: its new session is on the way to the disk.
 * `open`: requests are served. `closed`: nothing more is said to it.
 */
export class Connection {
  readonly id: ConnectionId;
  readonly address: string;
  readonly port: number;
  readonly transport: ConnectionView['transport'];
  readonly openedAt: Millis;
  readonly establishedAt: WallMillis;
  readonly frames: FrameSplitter;
  phase: 'greeting' | 'opening' | 'open' | 'closed' = 'greeting';
  session: Session | undefined = undefined;
  /** Who it is, by address and by what it proved. The list is never changed, only replaced. */
  identities: readonly Id[];
  /** What its client has proved with that the session is its own; unset for a new session. */
  password: Uint8Array | undefined = undefined;
  /** The host was told to read nothing from it. */
  held = false;
  /** Much waits to be sent to it. */
  slow = false;
  /** One of its requests took long in this step: others come before its next one. */
  spent = false;
  /** What is to be said to it at the end of this step. */
  out: Writer | undefined = undefined;

  /** Requests not answered yet, in order. */
  readonly #waiting: WaitingRequest[] = [];
  #firstWaiting = 0;
  #waitingReads = 0;

  received = 0;
  sent = 0;
  lastOperation: OperationName | undefined = undefined;
  lastCxid = 0;
  lastZxidHigh = 0;
  lastZxidLow = 0;
  lastResponseAt: Millis = 0;
  lastLatencyMs = 0;
  minLatencyMs = Number.POSITIVE_INFINITY;
  maxLatencyMs = 0;
  latencySumMs = 0;
  latencyCount = 0;

  constructor(options: ConnectionOptions) {
    this.id = options.id;
    this.address = options.address;
    this.port = options.port;
    this.transport = options.transport;
    this.openedAt = options.openedAt;
    this.establishedAt = options.establishedAt;
    this.frames = new FrameSplitter(options.maxFrameBytes);
    this.identities = options.identities;
  }

  /** Number of requests that wait. */
  get outstanding(): number {
    return this.#waiting.length - this.#firstWaiting;
  }

  /** Number of those that are no writes: a write behind them brings all their answers at once. */
  get waitingReads(): number {
    return this.#waitingReads;
  }

  /** Puts a request behind those that wait. */
  wait(request: WaitingRequest): void {
    this.#waiting.push(request);
    if (request.frame !== undefined) this.#waitingReads++;
  }

  /** The request that is to be answered next. */
  get next(): WaitingRequest | undefined {
    return this.#waiting[this.#firstWaiting];
  }

  /** Takes {@link next} away. */
  advance(): void {
    if (this.next?.frame !== undefined) this.#waitingReads--;
    this.#firstWaiting++;
    if (this.#firstWaiting === this.#waiting.length) {
      this.#waiting.length = 0;
      this.#firstWaiting = 0;
    } else if (this.#firstWaiting === COMPACT_AT) {
      this.#waiting.splice(0, COMPACT_AT);
      this.#firstWaiting = 0;
    }
  }

  /** Forgets the requests that wait; returns how many they were. */
  dropWaiting(): number {
    const dropped = this.outstanding;
    this.#waiting.length = 0;
    this.#firstWaiting = 0;
    this.#waitingReads = 0;
    return dropped;
  }

  /** Counts an answer that took `latencyMs`. */
  countReply(now: Millis, latencyMs: number): void {
    this.sent++;
    this.lastResponseAt = now;
    this.lastLatencyMs = latencyMs;
    if (latencyMs < this.minLatencyMs) this.minLatencyMs = latencyMs;
    if (latencyMs > this.maxLatencyMs) this.maxLatencyMs = latencyMs;
    this.latencySumMs += latencyMs;
    this.latencyCount++;
  }

  /** Begins its figures again, as the word `crst` asks. */
  resetStats(): void {
    this.received = 0;
    this.sent = 0;
    this.lastOperation = undefined;
    this.lastCxid = 0;
    this.lastResponseAt = 0;
    this.lastLatencyMs = 0;
    this.minLatencyMs = Number.POSITIVE_INFINITY;
    this.maxLatencyMs = 0;
    this.latencySumMs = 0;
    this.latencyCount = 0;
  }

  view(): ConnectionView {
    const { lastOperation, latencyCount } = this;
    return {
      id: this.id,
      address: this.address,
      port: this.port,
      transport: this.transport,
      session: this.session?.id ?? 0n,
      sessionTimeoutMs: this.session?.timeoutMs ?? 0,
      establishedAt: this.establishedAt,
      outstanding: this.outstanding,
      received: this.received,
      sent: this.sent,
      lastOperation: lastOperation === undefined ? 'NA' : operations[lastOperation].tag,
      lastCxid: this.lastCxid,
      lastZxid: longOf(this.lastZxidHigh, this.lastZxidLow),
      lastResponseAt: this.lastResponseAt,
      lastLatencyMs: this.lastLatencyMs,
      minLatencyMs: latencyCount === 0 ? 0 : this.minLatencyMs,
      maxLatencyMs: this.maxLatencyMs,
      averageLatencyMs: latencyCount === 0 ? 0 : this.latencySumMs / latencyCount,
    };
  }
}

/** Answered requests are cut off the list by so many. */
const COMPACT_AT = 1024;
