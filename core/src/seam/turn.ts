import type { ConnectionId, Millis, WallMillis } from '../base/ids.js';
import type { DiskLane, DiskStep } from '../storage/disk.js';
import type { Effect, LinkAddress } from './effects.js';
import type { LinkKind } from './inputs.js';

/** The step that a server is making: its times, and what it asks of the world. */
export class Turn {
  now: Millis;
  wall: WallMillis;
  effects: Effect[] = [];
  /** The newest request of the log that is durable: all that is applied stands in it. */
  durable = 0;
  #generation = 1;
  #lastDiskId = 0;
  #lastPollId = 0;
  #lastDial: ConnectionId = 0;

  constructor(now: Millis, wall: WallMillis) {
    this.now = now;
    this.wall = wall;
  }

  /** Asks for disk steps; returns the id that their answer will carry. */
  askDisk(lane: DiskLane, steps: readonly DiskStep[]): number {
    const id = ++this.#lastDiskId;
    this.effects.push({ type: 'disk', id, generation: this.#generation, lane, steps });
    return id;
  }

  /** Whether an answer belongs to what this life of the server asked for. */
  isCurrent(generation: number): boolean {
    return generation === this.#generation;
  }

  /**
   * Abandons everything that the disk was asked for: no answer to it is current any more. What the
   * log lane has begun is still performed, before whatever it is asked next.
   */
  abandonDisk(): void {
    this.#generation++;
  }

  /** Asks for a link to another server; returns the number that it will have. */
  dial(link: LinkKind, addresses: readonly LinkAddress[], timeoutMs: Millis): ConnectionId {
    const connection = --this.#lastDial;
    this.effects.push({ type: 'dial', connection, link, addresses, timeoutMs });
    return connection;
  }

  /** Asks for a round of reading; returns the id that its answer will carry. */
  askPoll(): number {
    const id = ++this.#lastPollId;
    this.effects.push({ type: 'poll', id });
    return id;
  }
}
