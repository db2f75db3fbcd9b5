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
  /** Who was followed in vain last, if that was the first time in a row. */
  #first: number | undefined;
  /** The same, until it is forgiven. */
  #forgivable: number | undefined;

  /** When the first of them is no longer passed over. */
  get endsAt(): Millis {
    return Math.min(...this.#until.values());
  }

  add(serverId: number, until: Millis): void {
    this.#until.set(serverId, until);
  }

  /** One was followed in vain. The first of two times in a row can be forgiven. */
  addInVain(serverId: number, until: Millis): void {
    this.#first = this.#first === serverId ? undefined : serverId;
    this.#forgivable = this.#first;
    this.add(serverId, until);
  }

  /** Who may be voted for again as soon as it turns out that it lacks votes. */
  get forgivable(): number | undefined {
    return this.#forgivable;
  }

  forgive(): void {
    if (this.#forgivable !== undefined) this.#until.delete(this.#forgivable);
    this.#forgivable = undefined;
  }

  has(serverId: number): boolean {
    return this.#until.has(serverId);
  }

  clear(): void {
    this.#until.clear();
    this.#first = undefined;
    this.#forgivable = undefined;
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
