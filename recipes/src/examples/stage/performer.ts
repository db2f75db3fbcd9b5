import { type Client, isZkError } from '@vivarium/core';
import type { Subscription } from 'rxjs';
import type { Certain, HoldOptions, Performer } from './example.js';
import type { Order, Report } from './messages.js';

/** How often a participant looks whether it is certain of what it holds. */
const LOOK_MS = 20;

export interface PerformerParts {
  readonly name: string;
  readonly zk: Client;
  readonly words: readonly string[];
  readonly report: (news: Report) => void;
}

/** What a role finds in its process, told to the play by messages. */
export class ProcessPerformer implements Performer {
  readonly name: string;
  readonly zk: Client;
  readonly words: readonly string[];
  readonly #report: (news: Report) => void;
  readonly #leave = new AbortController();
  readonly #following: Subscription;
  readonly #looking = new Set<NodeJS.Timeout>();
  /** Cues that were given and not taken, and who waits for one. */
  readonly #cues: string[] = [];
  readonly #waiting = new Map<string, () => void>();
  #holds = 0;

  constructor({ name, zk, words, report }: PerformerParts) {
    this.name = name;
    this.zk = zk;
    this.words = words;
    this.#report = report;
    this.#following = zk.state$.subscribe(({ type, server }) => {
      if (type !== 'connected' || server === undefined) return;
      report({ type: 'server', port: Number(server.slice(server.lastIndexOf(':') + 1)) });
    });
  }

  get leave(): AbortSignal {
    return this.#leave.signal;
  }

  say(text: string): void {
    this.#report({ type: 'says', text });
  }

  note(kind: string, value: unknown): void {
    this.#report({ type: 'notes', kind, value });
  }

  holds(hold: Certain, { what = '', weight = 1 }: HoldOptions = {}): void {
    const number = this.#holds++;
    const look = () => {
      // Before the question: at this moment it was ours if it is ours after it.
      const at = process.hrtime.bigint();
      if (hold.isCertain()) {
        this.#report({ type: 'certain', sample: { hold: number, what, weight, at } });
      } else {
        this.#report({ type: 'uncertain', hold: number });
        end();
      }
    };
    const timer = setInterval(look, LOOK_MS);
    const end = () => {
      clearInterval(timer);
      this.#looking.delete(timer);
    };
    this.#looking.add(timer);
    hold.signal.addEventListener('abort', () => this.#looking.has(timer) && look(), { once: true });
    look();
  }

  cue(name: string): Promise<void> {
    const at = this.#cues.indexOf(name);
    if (at >= 0) {
      this.#cues.splice(at, 1);
      return Promise.resolve();
    }
    const given = new Promise<void>((resolve) => this.#waiting.set(name, resolve));
    return Promise.race([given, this.left()]);
  }

  left(): Promise<void> {
    return new Promise((resolve) => {
      if (this.leave.aborted) resolve();
      this.leave.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  async insist<T>(request: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await request();
      } catch (error) {
        if (!isZkError(error, 'CONNECTION_LOSS') && !isZkError(error, 'SESSION_EXPIRED'))
          throw error;
      }
    }
  }

  /** Takes an order of the play. */
  take(order: Order): void {
    if (order.type === 'leave') {
      this.#leave.abort();
      return;
    }
    const waiting = this.#waiting.get(order.name);
    this.#waiting.delete(order.name);
    if (waiting === undefined) this.#cues.push(order.name);
    else waiting();
  }

  /** The role has been played. */
  end(): void {
    this.#following.unsubscribe();
    for (const timer of this.#looking) clearInterval(timer);
  }
}
