import type { Millis } from '../base/ids.js';
import type { Config } from '../config/config.js';
import type { Turn } from '../seam/turn.js';
import type { Database } from '../tree/database.js';
import type { Pipeline } from './pipeline.js';
import { prepareExpiry } from './writes/delete.js';

const MINUTE_MS = 60_000;
/** How many nodes are looked at in one step: millions of them must not hold the server. */
const LOOKED_AT_ONCE = 10_000;

export interface ContainerCleanerParts {
  readonly config: Config;
  readonly turn: Turn;
  readonly database: Database;
  readonly propose: Pipeline['propose'];
}

/** Removes container and TTL nodes that may go, spread over time so that others get their turn. */
export class ContainerCleaner {
  readonly #parts: ContainerCleanerParts;
  /** What the look that is under way has not seen yet. */
  #unseen: Iterator<string> | undefined = undefined;
  /** Found at the last look and not removed yet; the last one goes first. */
  #found: string[] = [];
  #nextLook: Millis;
  #nextRemoval: Millis = Number.POSITIVE_INFINITY;

  constructor(parts: ContainerCleanerParts) {
    this.#parts = parts;
    this.#nextLook = parts.turn.now + parts.config.znodeContainerCheckIntervalMs;
  }

  /** When something is to be done next; Infinity while there is nothing that could ever go. */
  get wakeAt(): Millis {
    const { turn, database } = this.#parts;
    const { expiring } = database;
    if (this.#unseen !== undefined) return turn.now;
    if (this.#found.length > 0) return this.#nextRemoval;
    const isNeeded = expiring.containerCount > 0 || expiring.ttlCount > 0;
    return isNeeded ? this.#nextLook : Number.POSITIVE_INFINITY;
  }

  step(): void {
    const { turn, config, database } = this.#parts;
    const isDone = this.#unseen === undefined && this.#found.length === 0;
    if (isDone && turn.now >= this.#nextLook) {
      this.#nextLook = turn.now + config.znodeContainerCheckIntervalMs;
      this.#unseen = database.expiring.paths();
    }
    if (this.#unseen !== undefined) this.#look(this.#unseen);
    if (this.#unseen !== undefined) return;
    const gapMs = MINUTE_MS / config.znodeContainerMaxPerMinute;
    while (this.#found.length > 0 && this.#nextRemoval <= turn.now) {
      this.#remove(this.#found.pop()!);
      this.#nextRemoval = Math.max(this.#nextRemoval, turn.now - gapMs) + gapMs;
    }
  }

  #look(unseen: Iterator<string>): void {
    for (let i = 0; i < LOOKED_AT_ONCE; i++) {
      const next = unseen.next();
      if (next.done === true) {
        this.#unseen = undefined;
        this.#found.reverse();
        this.#nextRemoval = this.#parts.turn.now;
        return;
      }
      if (this.#mayGo(next.value)) this.#found.push(next.value);
    }
  }

  #mayGo(path: string): boolean {
    const { turn, config, database } = this.#parts;
    return database.expiring.mayGo(path, turn.wall, config.znodeContainerMaxNeverUsedIntervalMs);
  }

  /** What was found may be in use again by now: it is looked at once more. */
  #remove(path: string): void {
    if (!this.#mayGo(path)) return;
    const proposal = {
      operation: 'deleteContainer',
      session: undefined,
      identities: [],
      request: undefined,
      largeBytes: 0,
    } as const;
    this.#parts.propose(proposal, (p, origin) => prepareExpiry(p, origin, path));
  }
}
