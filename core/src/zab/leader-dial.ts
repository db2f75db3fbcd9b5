import type { ConnectionId, Millis } from '../base/ids.js';
import type { LearnerParts } from './learner-parts.js';

/** Between two attempts to reach a leader that does not listen yet. */
const REDIAL_MS = 30;
const NEVER = Number.POSITIVE_INFINITY;

/** A learner's attempts to reach its leader, one at a time until one succeeds or time is up. */
export class LeaderDial {
  readonly #parts: LearnerParts;
  readonly #deadline: Millis;
  #connection: ConnectionId | undefined = undefined;
  #nextAt: Millis;

  constructor(parts: LearnerParts) {
    const { config, turn } = parts;
    this.#parts = parts;
    this.#deadline = turn.now + config.initLimit * config.tickTime;
    this.#nextAt = turn.now;
    this.step();
  }

  /** When to try again. */
  get wakeAt(): Millis {
    return this.#nextAt;
  }

  step(): void {
    const { turn, membership, leader } = this.#parts;
    if (turn.now < this.#nextAt) return;
    this.#nextAt = NEVER;
    const addresses = membership
      .server(leader)!
      .addresses.map(({ host, quorumPort }) => ({ host, port: quorumPort }));
    this.#connection = turn.dial('quorum', addresses, Math.max(1, this.#deadline - turn.now));
  }

  /** True when it is the link to the leader that came to be. */
  opened(connection: ConnectionId): boolean {
    if (connection !== this.#connection) return false;
    this.#connection = undefined;
    return true;
  }

  /** True when it was an attempt that has failed; there will be another. */
  closed(connection: ConnectionId): boolean {
    if (connection !== this.#connection) return false;
    this.#connection = undefined;
    this.#nextAt = this.#parts.turn.now + REDIAL_MS;
    return true;
  }

  /** Gives up. */
  end(reason: string): void {
    this.#nextAt = NEVER;
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#parts.turn.effects.push({ type: 'close', connection, reason });
  }
}
