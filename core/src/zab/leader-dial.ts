import type { ConnectionId, Millis } from '../base/ids.js';
import type { Config } from '../config/config.js';
import type { Turn } from '../seam/turn.js';
import type { Membership } from './membership.js';

export interface LeaderDialParts {
  readonly config: Config;
  readonly turn: Turn;
  readonly membership: Membership;
  /** The leader's number. */
  readonly leader: number;
}

const NEVER = Number.POSITIVE_INFINITY;
/** As in ZooKeeper: whoever refuses so often does not lead. */
const MOST_ATTEMPTS = 5;

/** How a learner gets its link to the leader: it tries until it is let in or its time is over. */
export class LeaderDial {
  /** When it gives up. */
  readonly deadline: Millis;
  readonly #parts: LeaderDialParts;
  #dialing: ConnectionId | undefined = undefined;
  #nextAt: Millis;
  #failures = 0;

  constructor(parts: LeaderDialParts) {
    const { connectToLearnerMasterLimit, initLimit, tickTime } = parts.config;
    const ticks = connectToLearnerMasterLimit > 0 ? connectToLearnerMasterLimit : initLimit;
    this.#parts = parts;
    this.deadline = parts.turn.now + ticks * tickTime;
    this.#nextAt = parts.turn.now;
    this.step();
  }

  /** Whether it has failed so often that the server voted for must have gone. */
  get hasFailed(): boolean {
    return this.#failures >= MOST_ATTEMPTS;
  }

  /** When it tries again. */
  get wakeAt(): Millis {
    return this.#nextAt;
  }

  /** Tries, if it is time to. */
  step(): void {
    const { turn, membership, leader } = this.#parts;
    if (turn.now < this.#nextAt) return;
    this.#nextAt = NEVER;
    const addresses = membership
      .server(leader)!
      .addresses.map(({ host, quorumPort }) => ({ host, port: quorumPort }));
    this.#dialing = turn.dial('quorum', addresses, Math.max(1, this.deadline - turn.now));
  }

  /** A link came to be; false when it is another one. */
  opened(connection: ConnectionId): boolean {
    if (connection !== this.#dialing) return false;
    this.#dialing = undefined;
    return true;
  }

  /** An attempt has failed; false when it was another one. */
  closed(connection: ConnectionId): boolean {
    if (connection !== this.#dialing) return false;
    this.#dialing = undefined;
    this.#failures++;
    const { turn, config } = this.#parts;
    this.#nextAt = turn.now + config.leaderConnectDelayMs;
    return true;
  }

  /** Gives up. */
  end(reason: string): void {
    this.#nextAt = NEVER;
    const connection = this.#dialing;
    this.#dialing = undefined;
    if (connection === undefined) return;
    this.#parts.turn.effects.push({ type: 'close', connection, reason });
  }
}
