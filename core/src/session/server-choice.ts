import type { Host } from '../base/host.js';
import type { Millis } from '../base/ids.js';

/** Longest wait before a first round of attempts: enough to spread a crowd, too short to notice. */
const FIRST_DELAY_MS = 100;
/** Longest wait between attempts when servers stay away. */
const MAX_DELAY_MS = 2_000;
/** How long every server must have turned us away before we ask whether they lost their data. */
const SUSPICION_MS = 5_000;

/**
 * Which server to try next, and after what wait. Also keeps track of servers that hang up on our
 * greeting: when all do for some time, they may be behind what we have seen, which happens when
 * their data was wiped or restored.
 */
export class ServerChoice {
  readonly #order: number[];
  readonly #random: () => number;
  #next = 0;
  /** The next one is known to want us. */
  #isPreferred = false;
  #failures = 0;
  #hungUp = new Set<number>();
  /** The one that has just answered a probe. */
  #serving: number | undefined;
  #behind = new Set<number>();
  #hungUpSince: Millis | undefined;

  /** @param random uniform in [0, 1) */
  constructor(count: number, keepOrder: boolean, random: () => number) {
    this.#random = random;
    this.#order = Array.from({ length: count }, (_, i) => i);
    if (keepOrder) return;
    for (let i = count - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [this.#order[i], this.#order[j]] = [this.#order[j]!, this.#order[i]!];
    }
  }

  get count(): number {
    return this.#order.length;
  }

  /** The server to try now; the next call gives the next one. */
  take(): number {
    const server = this.#order[this.#next]!;
    this.#next = (this.#next + 1) % this.#order.length;
    this.#isPreferred = false;
    return server;
  }

  /**
   * How long to wait before the next attempt; grows with each round of failures.
   *
   * @param longestMs a wait that it does not grow beyond
   */
  delayMs(longestMs: Millis = MAX_DELAY_MS): Millis {
    if (this.#isPreferred) return 0;
    const round = Math.floor(this.#failures / this.#order.length);
    const grown = FIRST_DELAY_MS * 2 ** Math.min(round, 10);
    const ceiling = Math.min(grown, Math.max(longestMs, FIRST_DELAY_MS), MAX_DELAY_MS);
    return round === 0 ? this.#random() * ceiling : this.someOf(ceiling);
  }

  /** Some part of a wait, so that a crowd does not come at once. */
  someOf(ms: Millis): Millis {
    return ms / 2 + (this.#random() * ms) / 2;
  }

  /** A server would take us: it is to be tried next, at once. */
  prefer(server: number): void {
    this.#next = this.#order.indexOf(server);
    this.#isPreferred = true;
  }

  failed(): void {
    this.#failures++;
    this.#serving = undefined;
  }

  /** A connection was of use: the next one may come soon. */
  succeeded(): void {
    this.#failures = 0;
  }

  /** A server answered our greeting: none of them is suspected any more. */
  wasAnswered(): void {
    this.#hungUp.clear();
    this.#serving = undefined;
    this.#behind.clear();
    this.#hungUpSince = undefined;
  }

  /**
   * The server closed the connection instead of answering our greeting. If it has just answered a
   * probe, it turned us away for what we have seen.
   */
  hungUp(server: number, now: Millis): void {
    if (this.#serving === server) this.#behind.add(server);
    this.#hungUp.add(server);
    this.#hungUpSince ??= now;
  }

  /**
   * Whether to ask a server if it serves at all, by a greeting that claims to have seen nothing: a
   * server without a quorum hangs up on that one too.
   */
  isSuspicious(server: number, now: Millis): boolean {
    const since = this.#hungUpSince;
    return (
      since !== undefined &&
      now - since >= SUSPICION_MS &&
      this.#hungUp.size === this.#order.length &&
      this.#serving !== server &&
      !this.#behind.has(server)
    );
  }

  /** The server answered a probe: it serves, if only since now, and is the next to be greeted. */
  serves(server: number): void {
    this.#serving = server;
    this.prefer(server);
  }

  /** Whether every server is behind what we have seen. */
  get diverged(): boolean {
    return this.#behind.size === this.#order.length;
  }
}

/** Uniform numbers in [0, 1) from a host's bytes. */
export function randomFrom(host: Pick<Host, 'randomBytes'>): () => number {
  return () => {
    const [a, b, c] = host.randomBytes(3);
    return (a! * 65_536 + b! * 256 + c!) / 16_777_216;
  };
}
