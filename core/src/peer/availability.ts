import type { Millis } from '../base/ids.js';
import type { Turn } from '../seam/turn.js';
import type { PeerState } from '../wire/election.js';
import type { MetricsRegistry } from './metrics.js';

/** Measures how long a member looks for a leader, and how long it is of no use to clients. */
export class Availability {
  /** When it began to serve, last; the start before that. */
  servingSince: Millis;
  readonly #turn: Turn;
  readonly #metrics: MetricsRegistry;
  #lookingSince: Millis;
  #uselessSince: Millis | undefined;

  /** The server starts. */
  constructor(turn: Turn, metrics: MetricsRegistry) {
    this.#turn = turn;
    this.#metrics = metrics;
    this.servingSince = turn.now;
    this.#lookingSince = turn.now;
    this.#uselessSince = turn.now;
  }

  looking(): void {
    this.#lookingSince = this.#turn.now;
    this.#metrics.lookingCount.add();
  }

  /** A leader is found. As in ZooKeeper, only those who vote are counted. */
  decided(state: PeerState): void {
    if (state === 'observing') return;
    this.#metrics.electionTime.add(this.#turn.now - this.#lookingSince);
  }

  serving(isLeader: boolean): void {
    const { now } = this.#turn;
    /* As in ZooKeeper, sizes are those of this leader's proposals. */
    if (isLeader) this.#metrics.proposalBytes.reset();
    this.servingSince = now;
    if (this.#uselessSince === undefined) return;
    const lasted = now - this.#uselessSince;
    this.#uselessSince = undefined;
    this.#metrics.unavailableTime.add(lasted);
    if (isLeader) this.#metrics.leaderUnavailableTime.add(lasted);
  }

  /** The role is over. */
  ended(): void {
    this.#uselessSince ??= this.#turn.now;
  }
}
