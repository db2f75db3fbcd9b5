import type { Millis } from '../base/ids.js';
import type { Notification } from '../wire/election.js';
import { hasBegun } from './vote.js';

/**
 * Servers that were elected and did not lead. One that a part of the others reaches would be
 * elected by these again and again when it knows most, each time at another moment, and those who
 * could do without it would never look at the same time.
 */
export class PassedOver {
  readonly #until = new Map<number, Millis>();

  /** When the first of them is no longer passed over. */
  get endsAt(): Millis {
    return Math.min(...this.#until.values());
  }

  add(serverId: number, until: Millis): void {
    this.#until.set(serverId, until);
  }

  has(serverId: number): boolean {
    return this.#until.has(serverId);
  }

  clear(): void {
    this.#until.clear();
  }

  /** Forgets those whose time is over; false when there are none. */
  end(now: Millis): boolean {
    const { size } = this.#until;
    for (const [serverId, until] of this.#until) if (until <= now) this.#until.delete(serverId);
    return this.#until.size < size;
  }

  /** Whether the word of a leader is believed: not that of one of them before it has begun. */
  believes(said: Notification): boolean {
    return !this.has(said.leader) || hasBegun(said);
  }
}
