import type { Millis } from '../base/ids.js';
import type { Notification } from '../wire/election.js';
import { isSameVote } from './vote.js';

/** The last answer to each server, so that two who misunderstand each other do not storm. */
export class RepeatedAnswers {
  readonly #withinMs: Millis;
  readonly #last = new Map<number, { about: Notification; said: Notification; at: Millis }>();

  constructor(withinMs: Millis) {
    this.#withinMs = withinMs;
  }

  /** Notes an answer, unless the very same was given to the very same a moment ago: then false. */
  note(to: number, about: Notification, said: Notification, now: Millis): boolean {
    const last = this.#last.get(to);
    const isRepeated =
      last !== undefined &&
      last.said === said &&
      now - last.at < this.#withinMs &&
      isSameVote(last.about, about);
    if (!isRepeated) this.#last.set(to, { about, said, at: now });
    return !isRepeated;
  }
}
