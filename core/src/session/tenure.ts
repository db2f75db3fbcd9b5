import type { Millis } from '../base/ids.js';
import type { SessionState } from './effects.js';
import type { Progress } from './progress.js';
import type { SessionSettings } from './settings.js';
import { marginOf, presumptionOf } from './settings.js';

/** What proves to a server that a session is ours. */
export interface SessionKey {
  readonly id: bigint;
  readonly password: Uint8Array;
}

/** The session a client has, or had, and how sure it may be of it. */
export class Tenure {
  readonly #settings: SessionSettings;
  readonly #progress: Progress;
  /** The current session; undefined before the first and between two. */
  key: SessionKey | undefined;
  /** A session that was given up and may still live at the servers. */
  burial: SessionKey | undefined;
  /** As last negotiated. */
  timeoutMs: Millis;
  /**
   * Whether the server that holds the session answers reads only. It is cut off from the ensemble,
   * so its word that the session lives is worth nothing.
   */
  readOnly = false;
  /** Whether such a server made it, so that no other knows it. */
  #isLocal = false;
  /** Its time has run out by our clock, and no server has said anything else since. */
  presumedLost = false;

  constructor(settings: SessionSettings, progress: Progress) {
    this.#settings = settings;
    this.#progress = progress;
    this.timeoutMs = settings.timeoutMs;
  }

  /** Until when the server cannot have expired the session; minus infinity when there is none. */
  get certainUntil(): Millis {
    return this.certainFrom(this.#progress.lastAckSentAt);
  }

  /** The same, if the newest answered request was sent then. */
  certainFrom(ackSentAt: Millis): Millis {
    if (this.key === undefined) return Number.NEGATIVE_INFINITY;
    const margin = marginOf(this.timeoutMs, this.#settings.marginMs);
    return ackSentAt + this.timeoutMs - margin;
  }

  /** When the session is presumed lost unless something is heard of it. */
  get presumedAt(): Millis {
    const margin = presumptionOf(this.timeoutMs, this.#settings.marginMs);
    return this.#progress.lastAckSentAt + this.timeoutMs - margin;
  }

  /**
   * Until when the session lives for sure or most likely, so that what it holds at the servers can
   * be saved: the servers end it one timeout after they have heard of us last.
   */
  get saveableUntil(): Millis {
    if (this.key === undefined) return Number.NEGATIVE_INFINITY;
    return this.#progress.lastAckSentAt + this.timeoutMs;
  }

  /** What to offer a server. */
  get offer(): SessionKey | undefined {
    return this.burial ?? (this.#isLocal ? undefined : this.key);
  }

  /** A server holds the session. */
  held(key: SessionKey, timeoutMs: Millis, readOnly: boolean): void {
    if (key.id !== this.key?.id) this.#isLocal = readOnly;
    this.key = key;
    this.timeoutMs = timeoutMs;
    this.readOnly = readOnly;
    this.presumedLost = false;
  }

  /** The session is over. */
  end(): void {
    this.key = undefined;
    this.readOnly = false;
    this.#isLocal = false;
    this.presumedLost = false;
  }

  /** The state that users see. */
  state(isAttached: boolean, hasDiverged: boolean): SessionState {
    if (isAttached) return { type: 'connected', detail: this.readOnly ? 'readOnly' : undefined };
    if (this.key === undefined) {
      return { type: 'connecting', detail: hasDiverged ? 'diverged' : undefined };
    }
    if (!this.presumedLost) return { type: 'not-connected', detail: 'suspended' };
    return { type: 'not-connected', detail: hasDiverged ? 'diverged' : 'presumedLost' };
  }
}
