import { eventTypes } from '../wire/events.js';
import type { WatchListener } from './api.js';
import type { ClientHost } from './client-host.js';
import type { EntryKind } from './hub-entry.js';

/**
 * The one-shot listeners that a program gave with its reads, by kind and server path. A listener
 * counts as a user of its watch from the call on, and hears events from the answer on: an event
 * that comes between the two is about an older watch.
 */
export class Listeners {
  readonly #byKind: Readonly<Record<EntryKind, Map<string, Set<WatchListener>>>> = {
    data: new Map(),
    children: new Map(),
  };
  readonly #expected: Readonly<Record<EntryKind, Map<string, number>>> = {
    data: new Map(),
    children: new Map(),
  };

  isUsed(path: string, kind: EntryKind): boolean {
    return this.#byKind[kind].has(path) || this.#expected[kind].has(path);
  }

  /** A read with a listener is about to be sent; the returned function says that it is over. */
  expect(path: string, kind: EntryKind): () => void {
    const counts = this.#expected[kind];
    counts.set(path, (counts.get(path) ?? 0) + 1);
    return () => {
      const left = counts.get(path)! - 1;
      if (left === 0) counts.delete(path);
      else counts.set(path, left);
    };
  }

  add(path: string, kind: EntryKind, listener: WatchListener): void {
    const listeners = this.#byKind[kind].get(path);
    if (listeners === undefined) this.#byKind[kind].set(path, new Set([listener]));
    else listeners.add(listener);
  }

  /** Whether the listener was there. */
  remove(path: string, kind: EntryKind, listener: WatchListener): boolean {
    const listeners = this.#byKind[kind].get(path);
    if (listeners?.delete(listener) !== true) return false;
    if (listeners.size === 0) this.#byKind[kind].delete(path);
    return true;
  }

  removeAll(path: string, kinds: readonly EntryKind[]): void {
    for (const kind of kinds) this.#byKind[kind].delete(path);
  }

  /** Takes out those that an event is for. */
  take(event: number, path: string): WatchListener[] {
    const kinds: EntryKind[] =
      event === eventTypes.nodeChildrenChanged
        ? ['children']
        : event === eventTypes.nodeDeleted
          ? ['data', 'children']
          : ['data'];
    const taken = new Set<WatchListener>();
    for (const kind of kinds) {
      for (const listener of this.#byKind[kind].get(path) ?? []) taken.add(listener);
      this.#byKind[kind].delete(path);
    }
    return [...taken];
  }
}

/** Calls a program's function; what it throws must not disturb the dispatch, nor be lost. */
export function guarded(call: () => void, host: Pick<ClientHost, 'setTimer'>): void {
  try {
    call();
  } catch (error) {
    host.setTimer(0, () => {
      throw error;
    });
  }
}
