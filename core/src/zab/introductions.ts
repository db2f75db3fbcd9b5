import { concatBytes, EMPTY_BYTES } from '../base/bytes.js';
import type { ConnectionId, Millis } from '../base/ids.js';
import type { LogEvent } from '../base/log-event.js';
import type { Turn } from '../seam/turn.js';
import { readHandshake } from '../wire/election.js';
import { MalformedError } from '../wire/reader.js';

/** Connections of which nobody knows yet whose they are; the oldest goes first. */
const STRANGERS_MAX = 64;
/** Different complaints that are loud; those after them are not. */
const COMPLAINTS_MAX = 100;

export interface IntroductionParts {
  readonly turn: Turn;
  /** How long a stranger may take to say which server it is. */
  readonly timeoutMs: Millis;
  log(event: LogEvent): void;
}

/** Somebody who has said which server it is. */
export interface Introduction {
  readonly serverId: number;
  readonly address: string;
  /** What came after it. */
  readonly rest: Uint8Array;
}

interface Stranger {
  readonly address: string;
  readonly deadline: Millis;
  bytes: Uint8Array;
}

/** Connections to the election port that were accepted and have not said yet whose they are. */
export class Introductions {
  readonly #parts: IntroductionParts;
  readonly #strangers = new Map<ConnectionId, Stranger>();
  readonly #complaints = new Set<string>();

  constructor(parts: IntroductionParts) {
    this.#parts = parts;
  }

  /** When `expire` is due although nothing happens. */
  get wakeAt(): Millis {
    const [oldest] = this.#strangers.values();
    return oldest?.deadline ?? Number.POSITIVE_INFINITY;
  }

  has(connection: ConnectionId): boolean {
    return this.#strangers.has(connection);
  }

  add(connection: ConnectionId, address: string): void {
    const { turn, timeoutMs } = this.#parts;
    const [oldest] = this.#strangers.keys();
    if (oldest !== undefined && this.#strangers.size === STRANGERS_MAX) {
      this.refuse(oldest, this.#strangers.get(oldest)!.address, 'too many wait to be introduced');
    }
    const deadline = turn.now + timeoutMs;
    this.#strangers.set(connection, { address, deadline, bytes: EMPTY_BYTES });
  }

  /**
   * Takes bytes of a stranger.
   *
   * @returns who it is, once, as soon as it has said so; it is no stranger any more then
   */
  hear(connection: ConnectionId, bytes: Uint8Array): Introduction | undefined {
    const stranger = this.#strangers.get(connection);
    if (stranger === undefined) return undefined;
    const { address } = stranger;
    stranger.bytes = concatBytes([stranger.bytes, bytes]);
    try {
      const found = readHandshake(stranger.bytes);
      if (found === undefined) return undefined;
      this.#strangers.delete(connection);
      const rest = stranger.bytes.subarray(found.length);
      return { serverId: found.handshake.serverId, address, rest };
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.refuse(connection, address, `its handshake is malformed: ${error.message}`);
      return undefined;
    }
  }

  /** The connection is over. */
  forget(connection: ConnectionId): boolean {
    return this.#strangers.delete(connection);
  }

  /** Gives up on those who have not said in time who they are. */
  expire(): void {
    for (const [connection, { deadline, address }] of this.#strangers) {
      if (this.#parts.turn.now < deadline) return;
      this.refuse(connection, address, 'it did not say in time which server it is');
    }
  }

  /** Closes a connection, and says why; loudly the first time. */
  refuse(connection: ConnectionId, address: string, why: string): void {
    this.#strangers.delete(connection);
    this.#parts.turn.effects.push({ type: 'close', connection, reason: why });
    const message = `A connection from ${address} to the election port was refused: ${why}`;
    const isNews = this.#complaints.size < COMPLAINTS_MAX && !this.#complaints.has(message);
    if (isNews) this.#complaints.add(message);
    this.#parts.log({ level: isNews ? 'warn' : 'debug', event: 'election.refused', message });
  }

  close(reason: string): void {
    for (const connection of this.#strangers.keys()) {
      this.#parts.turn.effects.push({ type: 'close', connection, reason });
    }
    this.#strangers.clear();
  }
}
