import type { Millis } from '../base/ids.js';
import type { Effect } from '../seam/effects.js';
import type { Database } from '../tree/database.js';
import { Writer } from '../wire/writer.js';
import type { Connection } from './connection.js';
import type { MetricsRegistry } from './metrics.js';

/** Bytes of a reply before its body: length, xid, zxid, error. */
const HEADER_BYTES = 20;
/** Writers kept for the next step, and how large one may be to be kept. */
const POOL_SIZE = 256;
const POOLED_BYTES = 65_536;

/**
 * What is said to connections during one step. All of it leaves at the end of the step, one piece
 * for each connection.
 *
 * Only one reply is being written at a time: {@link begin}, the body, {@link end}.
 */
export class Replies {
  readonly #database: Database;
  readonly #metrics: MetricsRegistry;
  readonly #speaking: Connection[] = [];
  readonly #pool: Writer[] = [];
  #start = 0;

  constructor(database: Database, metrics: MetricsRegistry) {
    this.#database = database;
    this.#metrics = metrics;
  }

  /** Where the next bytes for a connection go. */
  writerOf(connection: Connection): Writer {
    const { out } = connection;
    if (out !== undefined) return out;
    const writer = this.#pool.pop() ?? new Writer();
    connection.out = writer;
    this.#speaking.push(connection);
    return writer;
  }

  /** Begins a reply; its body follows. */
  begin(connection: Connection, xid: number): Writer {
    const to = this.writerOf(connection);
    const start = to.position;
    to.reserve(HEADER_BYTES);
    to.intAt(start + 4, xid);
    to.position = start + HEADER_BYTES;
    this.#start = start;
    return to;
  }

  /**
   * Ends a reply: with an error its body is taken back. The header carries the last zxid applied.
   */
  end(connection: Connection, error: number): void {
    this.endAt(connection, error, this.#database.lastZxidHigh, this.#database.lastZxidLow);
  }

  /** {@link end} with a zxid of its own; `keepsBody` for errors that carry a body. */
  endAt(
    connection: Connection,
    error: number,
    zxidHigh: number,
    zxidLow: number,
    keepsBody = false,
  ): void {
    const to = connection.out!;
    const start = this.#start;
    if (error !== 0 && !keepsBody) to.position = start + HEADER_BYTES;
    to.intAt(start, to.position - start - 4);
    to.intAt(start + 8, zxidHigh);
    to.intAt(start + 12, zxidLow);
    to.intAt(start + 16, error);
    connection.lastZxidHigh = zxidHigh;
    connection.lastZxidLow = zxidLow;
  }

  /** Counts an answer to a request that came at `receivedAt`. */
  count(connection: Connection, receivedAt: Millis, now: Millis, isWrite: boolean): void {
    const latency = now - receivedAt;
    connection.countReply(now, latency);
    const metrics = this.#metrics;
    metrics.packetsSent.add();
    metrics.requestLatency.add(latency);
    if (isWrite) metrics.updateLatency.add(latency);
    else metrics.readLatency.add(latency);
  }

  /** Nothing more is said to a connection: forgets what was not handed over. */
  drop(connection: Connection): void {
    const { out } = connection;
    if (out === undefined) return;
    connection.out = undefined;
    const at = this.#speaking.indexOf(connection);
    if (at !== -1) this.#speaking.splice(at, 1);
    this.#giveBack(out);
  }

  /** Hands over what one connection is to be told, before an effect that must come after it. */
  flushOne(connection: Connection, after: number, effects: Effect[]): void {
    const at = this.#speaking.indexOf(connection);
    if (at === -1) return;
    this.#speaking.splice(at, 1);
    this.#send(connection, after, effects);
  }

  /**
   * Hands everything over.
   *
   * @param after the newest disk request that any of it may rely on
   */
  flush(after: number, effects: Effect[]): void {
    const speaking = this.#speaking;
    for (let i = 0; i < speaking.length; i++) this.#send(speaking[i]!, after, effects);
    speaking.length = 0;
  }

  #send(connection: Connection, after: number, effects: Effect[]): void {
    const writer = connection.out!;
    connection.out = undefined;
    const bytes = writer.pooled();
    this.#metrics.responseBytes.add(bytes.length);
    this.#metrics.lastResponseBytes.add(bytes.length);
    effects.push({ type: 'send', connection: connection.id, bytes, after });
    this.#giveBack(writer);
  }

  #giveBack(writer: Writer): void {
    if (this.#pool.length === POOL_SIZE || writer.bytes.length > POOLED_BYTES) return;
    writer.clear();
    this.#pool.push(writer);
  }
}
