import { signal } from '@preact/signals';
import type { Client, EventType } from '@vivarium/core';

/** One change that the server told of. */
export interface Change {
  /** Counts up from 1. */
  readonly number: number;
  /** When the page heard of it, by its own clock. */
  readonly at: number;
  readonly kind: ChangeKind;
  readonly path: string;
  /** Of the transaction; -1 where the server does not say. */
  readonly zxid: bigint;
}

/** The kinds of changes, with the words for them. */
export const changeKinds = {
  nodeCreated: 'created',
  nodeDataChanged: 'changed',
  nodeDeleted: 'deleted',
} as const satisfies Partial<Record<EventType, string>>;
export type ChangeKind = keyof typeof changeKinds;

/** What is remembered, and what is taken in a second; more than that is only counted. */
const KEPT = 5_000;
const TELL_MS = 100;

/** Which changes are shown. */
export interface ChangeFilter {
  /** Part of the path; a `/` at its beginning means from there on. */
  readonly text: string;
  readonly kinds: ReadonlySet<ChangeKind>;
}

/** The changes of the tree since the page was opened, the newest last. */
export class ChangeStream {
  /** What is to be seen; stands still while it is paused. */
  readonly changes = signal<readonly Change[]>([]);
  /** How many were told in all. */
  readonly total = signal(0);
  readonly isPaused = signal(false);
  /** How many came since it was paused. */
  readonly missed = signal(0);
  #kept: Change[] = [];
  #number = 0;
  #timer: number | undefined;

  constructor(zk: Client) {
    zk.events$.subscribe(({ type, path, zxid }) => {
      if (!(type in changeKinds)) return;
      const kind = type as ChangeKind;
      this.#kept.push({ number: ++this.#number, at: Date.now(), kind, path, zxid });
      if (this.#kept.length > 2 * KEPT) this.#kept = this.#kept.slice(-KEPT);
      this.#timer ??= setTimeout(() => this.#tell(), TELL_MS);
    });
  }

  pause(isPaused: boolean): void {
    this.isPaused.value = isPaused;
    this.#tell();
  }

  clear(): void {
    this.#kept = [];
    this.#tell();
    this.changes.value = [];
  }

  #tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.total.value = this.#number;
    if (this.isPaused.value) {
      const last = this.changes.value.at(-1)?.number ?? 0;
      this.missed.value = this.#kept.filter(({ number }) => number > last).length;
      return;
    }
    this.missed.value = 0;
    this.changes.value = this.#kept.slice(-KEPT);
  }
}

/** Those of some changes that a filter lets through. */
export function filtered(changes: readonly Change[], filter: ChangeFilter): readonly Change[] {
  const text = filter.text.trim();
  return changes.filter(({ kind, path }) => {
    if (!filter.kinds.has(kind)) return false;
    return text.startsWith('/') ? path.startsWith(text) : path.includes(text);
  });
}

/** Changes as lines of JSON. */
export function exported(changes: readonly Change[]): string {
  const lines = changes.map(({ at, kind, path, zxid }) => {
    const known = zxid < 0n ? {} : { zxid: `0x${zxid.toString(16)}` };
    return `${JSON.stringify({ at: new Date(at).toISOString(), type: kind, path, ...known })}\n`;
  });
  return lines.join('');
}
