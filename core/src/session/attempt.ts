import type { Millis } from '../base/ids.js';
import { writeGreeting, writeProbe } from './greeting.js';
import type { Progress } from './progress.js';
import type { ServerChoice } from './server-choice.js';
import type { SessionSettings } from './settings.js';
import type { SessionKey, Tenure } from './tenure.js';
import type { Tray } from './tray.js';

/** How long one of so many servers may take to let us in. */
export function attemptMs(timeoutMs: Millis, serverCount: number): Millis {
  return Math.min(Math.max(timeoutMs / serverCount, 1_000), (timeoutMs * 2) / 3);
}

/** The present attempt to reach a server, or the last one. */
export class Attempt<Token> {
  readonly #tray: Tray<Token>;
  readonly #choice: ServerChoice;
  /** Counts attempts, so that news of an old connection are not taken for those of a new one. */
  number = 0;
  /** Place of the server in the connect string. */
  server = 0;
  /** When the server must have taken us in. */
  deadline: Millis = 0;
  greetedAt: Millis = 0;
  /** The session that was offered; undefined asks for a new one. */
  offered: SessionKey | undefined;
  /** Whether the greeting only asked if the server serves at all. */
  isProbe = false;

  constructor(tray: Tray<Token>, choice: ServerChoice) {
    this.#tray = tray;
    this.#choice = choice;
  }

  /** Opens a connection to the next server. */
  dial(timeoutMs: Millis): void {
    this.number++;
    this.server = this.#choice.take();
    this.deadline = this.#tray.now + attemptMs(timeoutMs, this.#choice.count);
    this.#tray.out.push({ type: 'open', attempt: this.number, server: this.server });
  }

  /** The connection is open: says who we are. */
  greet({ timeoutMs, readOnly }: SessionSettings, tenure: Tenure, progress: Progress): void {
    const { now, writer } = this.#tray;
    this.isProbe = this.#choice.isSuspicious(this.server, now);
    this.offered = tenure.offer;
    this.greetedAt = now;
    if (this.isProbe) {
      writeProbe(writer, timeoutMs);
    } else {
      const { lastZxidSeen } = progress;
      writeGreeting(writer, { timeoutMs, offer: this.offered, lastZxidSeen, readOnly });
    }
  }
}
