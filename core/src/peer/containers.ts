import type { Millis } from '../base/ids.js';
import type { Config } from '../config/config.js';
import type { Database } from '../tree/database.js';
import type { Pipeline } from './pipeline.js';
import type { Turn } from './turn.js';
import { prepareExpiry } from './writes/delete.js';

const MINUTE_MS = 60_000;

export interface ContainerCleanerParts {
  readonly config: Config;
  readonly turn: Turn;
  readonly database: Database;
  readonly propose: Pipeline['propose'];
}

/** Removes container and TTL nodes that may go, spread over time so that others get their turn. */
export class ContainerCleaner {
  readonly #parts: ContainerCleanerParts;
  /** Found at the last look and not removed yet. */
  #found: string[] = [];
  #nextLook: Millis;
  #nextRemoval: Millis = Number.POSITIVE_INFINITY;

  constructor(parts: ContainerCleanerParts) {
    this.#parts = parts;
    this.#nextLook = parts.turn.now + parts.config.znodeContainerCheckIntervalMs;
  }

  /** When something is to be done next; Infinity while there is nothing that could ever go. */
  get wakeAt(): Millis {
    const { expiring } = this.#parts.database;
    if (this.#found.length > 0) return this.#nextRemoval;
    const isNeeded = expiring.containerCount > 0 || expiring.ttlCount > 0;
    return isNeeded ? this.#nextLook : Number.POSITIVE_INFINITY;
  }

  step(): void {
    const { turn, config, database } = this.#parts;
    if (this.#found.length === 0 && turn.now >= this.#nextLook) {
      this.#nextLook = turn.now + config.znodeContainerCheckIntervalMs;
      const maxNeverUsedMs = config.znodeContainerMaxNeverUsedIntervalMs;
      this.#found = database.expiring.candidates(turn.wall, maxNeverUsedMs).reverse();
      this.#nextRemoval = turn.now;
    }
    const gapMs = MINUTE_MS / config.znodeContainerMaxPerMinute;
    while (this.#found.length > 0 && this.#nextRemoval <= turn.now) {
      this.#remove(this.#found.pop()!);
      this.#nextRemoval = Math.max(this.#nextRemoval, turn.now - gapMs) + gapMs;
    }
  }

  /** What was found may be in use again by now: it is looked at once more. */
  #remove(path: string): void {
    const { turn, config, database, propose } = this.#parts;
    const { expiring } = database;
    if (!expiring.mayGo(path, turn.wall, config.znodeContainerMaxNeverUsedIntervalMs)) return;
    const proposal = {
      operation: 'deleteContainer',
      session: undefined,
      identities: [],
      request: undefined,
      largeBytes: 0,
    } as const;
    propose(proposal, (p, origin) => prepareExpiry(p, origin, path));
  }
}
