import type { Millis } from '../base/ids.js';
import { writeGreeting, writeProbe } from './greeting.js';
import type { Phase } from './phase.js';
import type { Progress } from './progress.js';
import type { ServerChoice } from './server-choice.js';
import type { SessionSettings } from './settings.js';
import type { SessionKey, Tenure } from './tenure.js';
import type { Tray } from './tray.js';

/** How long one of so many servers may take to let us in. */
export function attemptMs(timeoutMs: Millis, serverCount: number): Millis {
  return Math.min(Math.max(timeoutMs / serverCount, 1_000), (timeoutMs * 2) / 3);
}

/** Shares of its timeout that one try, and the wait before it, take from a session to be saved. */
const HURRIED_DIAL_SHARE = 1 / 12;
const HURRIED_WAIT_SHARE = 1 / 16;
/** A connection takes two round trips, some of which go around the world. */
const SHORTEST_DIAL_MS = 500;

/**
 * How long a server may take to open a connection while the session can still be saved. What is
 * sent into a silent network is lost: were one try to last, the time in which the session can be
 * saved would pass though the network is back. Who is busy answers the greeting late, and has the
 * full time for that; a connection opens early or not at all.
 */
function hurriedDialMs(timeoutMs: Millis): Millis {
  return Math.max(timeoutMs * HURRIED_DIAL_SHARE, SHORTEST_DIAL_MS);
}

/** The present attempt to reach a server, or the last one. */
export class Attempt<Token> {
  readonly #tray: Tray<Token>;
  readonly #choice: ServerChoice;
  /** Counts attempts, so that news of an old connection are not taken for those of a new one. */
  number = 0;
  /** Number of the server. */
  server = 0;
  /** When the server must have taken us in. */
  deadline: Millis = 0;
  greetedAt: Millis = 0;
  /** When it must have greeted us, if the connection opens. */
  #greetBy: Millis = 0;
  /** The session that was offered; undefined asks for a new one. */
  offered: SessionKey | undefined;
  /** Whether the greeting only asked if the server serves at all. */
  isProbe = false;

  constructor(tray: Tray<Token>, choice: ServerChoice) {
    this.#tray = tray;
    this.#choice = choice;
  }

  /** Opens a connection to the next server. */
  dial({ timeoutMs, saveableUntil }: Tenure): void {
    const { now } = this.#tray;
    this.number++;
    this.server = this.#choice.take();
    this.#greetBy = now + attemptMs(timeoutMs, this.#choice.count);
    this.deadline =
      now < saveableUntil ? Math.min(this.#greetBy, now + hurriedDialMs(timeoutMs)) : this.#greetBy;
    this.#tray.out.push({ type: 'open', attempt: this.number, server: this.server });
  }

  /**
   * How long to wait before the next one: not for long while the session can be saved. A server
   * that had taken us in and ended it is no such case: it may be what we ask that ends it.
   */
  waitMs({ timeoutMs, saveableUntil }: Tenure, ended: Phase): Millis {
    if (ended === 'burying') return 0;
    const isHurried = ended !== 'attached' && this.#tray.now < saveableUntil;
    return this.#choice.delayMs(isHurried ? timeoutMs * HURRIED_WAIT_SHARE : undefined);
  }

  /** The connection is open: says who we are. */
  greet({ timeoutMs, readOnly }: SessionSettings, tenure: Tenure, progress: Progress): void {
    const { now, writer } = this.#tray;
    this.isProbe = this.#choice.isSuspicious(this.server, now);
    this.offered = tenure.offer;
    this.greetedAt = now;
    this.deadline = this.#greetBy;
    if (this.isProbe) {
      writeProbe(writer, timeoutMs);
    } else {
      const { lastZxidSeen } = progress;
      writeGreeting(writer, { timeoutMs, offer: this.offered, lastZxidSeen, readOnly });
    }
  }

  /** The server closed the connection instead of answering. */
  hungUp(): void {
    if (!this.isProbe) this.#choice.hungUp(this.server, this.#tray.now);
  }
}
