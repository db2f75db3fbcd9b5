import type { Host } from '../base/host.js';
import type { Millis } from '../base/ids.js';
import { moveOf, orderOf } from './rebalance.js';

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
  #order: number[];
  readonly #keepOrder: boolean;
  readonly #random: () => number;
  #next = 0;
  /** The next one is known to want us. */
  #isPreferred = false;
  /** The list has changed, and the next one is where we move to. */
  #isMoving = false;
  #failures = 0;
  #hungUp = new Set<number>();
  /** The one that has just answered a probe. */
  #serving: number | undefined;
  #behind = new Set<number>();
  #hungUpSince: Millis | undefined;

  /** @param random uniform in [0, 1) */
  constructor(count: number, keepOrder: boolean, random: () => number) {
    this.#random = random;
    this.#keepOrder = keepOrder;
    this.#order = this.#arranged(Array.from({ length: count }, (_, i) => i));
  }

  #arranged(servers: readonly number[]): number[] {
    const order = [...servers];
    if (this.#keepOrder) return order;
    for (let i = order.length - 1; i > 0; i--) {
      const j = Math.floor(this.#random() * (i + 1));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }

  get count(): number {
    return this.#order.length;
  }

  has(server: number): boolean {
    return this.#order.includes(server);
  }

  /** The one that comes behind a server, which need not be there any more. */
  after(server: number): number {
    return this.#order[(this.#order.indexOf(server) + 1) % this.#order.length]!;
  }

  /**
   * Takes another list, none twice. Returns whether to leave the server that we are with, try, or
   * have tried last: because the list names it no more, or to spread the load. A client that was
   * about to move counts as being where it was about to go. With `keepOrder` only what is not
   * named any more is left, and the first of the list is tried first.
   */
  replace(servers: readonly number[], current: number): boolean {
    const before = this.#order;
    const isSame = servers.length === before.length && servers.every((each) => this.has(each));
    if (isSame && !this.#keepOrder) return this.#isMoving;
    const after = this.#arranged(servers);
    const home = this.#isMoving ? before[this.#next]! : current;
    const never = () => 1;
    const move = moveOf(before, after, home, this.#keepOrder ? never : this.#random);
    this.#order = after;
    this.#isPreferred = false;
    this.#failures = 0;
    this.#forgetAllBut(after);
    if (move === undefined) {
      const place = after.indexOf(home);
      this.#next = this.#isMoving ? place : (place + 1) % after.length;
    } else {
      if (!this.#keepOrder) this.#order = orderOf(move, before, after, this.#random);
      this.#next = 0;
      this.#isMoving = true;
    }
    // Whoever was to go away and is to come back has not left yet.
    if (this.#isMoving && this.#order[this.#next] === current) this.take();
    return this.#isMoving;
  }

  #forgetAllBut(servers: readonly number[]): void {
    const isKept = (server: number) => servers.includes(server);
    this.#hungUp = new Set([...this.#hungUp].filter(isKept));
    this.#behind = new Set([...this.#behind].filter(isKept));
    if (this.#hungUp.size === 0) this.#hungUpSince = undefined;
    if (this.#serving !== undefined && !isKept(this.#serving)) this.#serving = undefined;
  }

  /** The server to try now; the next call gives the next one. */
  take(): number {
    const server = this.#order[this.#next]!;
    this.#next = (this.#next + 1) % this.#order.length;
    this.#isPreferred = false;
    this.#isMoving = false;
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

  /** A server would take us: it is to be tried next, at once. False when it is not in the list. */
  prefer(server: number): boolean {
    if (!this.has(server)) return false;
    this.#next = this.#order.indexOf(server);
    this.#isPreferred = true;
    return true;
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
