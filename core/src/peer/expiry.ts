import type { Millis } from '../base/ids.js';
import type { Turn } from '../seam/turn.js';
import type { Session, Sessions } from './sessions.js';

/** A server that was woken so much later than it asked to has been stopped for a while. */
const LATE_MS = 200;
/** When it is asked again whether a session may end that could not, in ticks. */
const ASK_AGAIN_TICKS = 0.1;

/**
 * Decides which sessions end. When one seems overdue, everything that waits in the sockets is read
 * first, and only then is it decided: after a pause timers run before the pings that came in time.
 * A server that was itself away gives its clients as long as it was away, at most a tick, to be
 * heard again: some of them lost their connection meanwhile and are on their way back.
 */
export class Expiry {
  readonly #sessions: Sessions;
  readonly #tickMs: number;
  readonly #mayEnd: (session: Session, now: Millis) => boolean;
  #nextLook: Millis = Number.POSITIVE_INFINITY;
  #poll: number | undefined = undefined;
  #polledAt: Millis = 0;
  #graceUntil: Millis = 0;

  /**
   * @param mayEnd asked of sessions that are overdue: false while something of them may be on its
   *   way here; it is asked again soon
   */
  constructor(
    sessions: Sessions,
    tickMs: number,
    mayEnd: (session: Session, now: Millis) => boolean = () => true,
  ) {
    this.#sessions = sessions;
    this.#tickMs = tickMs;
    this.#mayEnd = mayEnd;
  }

  /** When to look next. */
  get wakeAt(): Millis {
    return this.#poll === undefined ? this.#nextLook : Number.POSITIVE_INFINITY;
  }

  /** Looks for overdue sessions and asks for a round of reading when there are some. */
  look(turn: Turn): void {
    const { now } = turn;
    if (this.#nextLook === Number.POSITIVE_INFINITY) this.#nextLook = this.#sessions.nextTick(now);
    if (now < this.#nextLook) return;
    const late = now - this.#nextLook;
    if (late > LATE_MS) this.#graceUntil = now + Math.min(late, this.#tickMs);
    this.#nextLook = Math.max(this.#sessions.nextTick(now), this.#graceUntil);
    if (
      this.#poll === undefined &&
      now >= this.#graceUntil &&
      this.#sessions.overdue(now).length > 0
    ) {
      this.#poll = turn.askPoll();
      this.#polledAt = now;
    }
  }

  /**
   * The round of reading is over: the sessions that were overdue when it began, and still are. Of
   * those that became so meanwhile something may wait in the sockets by now.
   */
  polled(id: number, now: Millis): Session[] {
    if (id !== this.#poll) return [];
    this.#poll = undefined;
    const overdue = this.#sessions.overdue(this.#polledAt);
    const ending = overdue.filter((session) => this.#mayEnd(session, now));
    if (ending.length < overdue.length) {
      this.#nextLook = Math.min(this.#nextLook, now + this.#tickMs * ASK_AGAIN_TICKS);
    }
    return ending;
  }
}
