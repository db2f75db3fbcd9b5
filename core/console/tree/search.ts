import { signal } from '@preact/signals';
import type { Client } from '@vivarium/core';
import { nameOf } from '../paths.js';
import { walk } from './live-tree.js';

/** Where a search has come to. */
export interface SearchState {
  readonly text: string;
  readonly found: readonly string[];
  /** Nodes looked at. */
  readonly looked: number;
  readonly phase: 'running' | 'done' | 'full' | 'failed';
}

/** More than these nobody reads. */
const FOUND_MAX = 500;
const TELL_MS = 80;

/** The search that runs, or the last one; there is one at a time. */
export const search = signal<SearchState | undefined>(undefined);
let stop = new AbortController();

/** Looks through the whole tree for names that hold a text, whichever its case. */
export async function startSearch(zk: Client, text: string): Promise<void> {
  endSearch();
  const stopping = new AbortController();
  stop = stopping;
  const wanted = text.toLowerCase();
  const found: string[] = [];
  let looked = 0;
  let toldAt = 0;
  const tell = (phase: SearchState['phase']) => {
    if (stop !== stopping) return;
    search.value = { text, found: [...found], looked, phase };
    toldAt = performance.now();
  };
  tell('running');
  const visit = (path: string) => {
    looked++;
    if (nameOf(path).toLowerCase().includes(wanted)) found.push(path);
    if (performance.now() - toldAt > TELL_MS) tell('running');
    if (found.length >= FOUND_MAX) stopping.abort();
    return found.length < FOUND_MAX;
  };
  try {
    await walk(zk, '/', { visit, signal: stopping.signal });
    tell(found.length >= FOUND_MAX ? 'full' : 'done');
  } catch {
    tell(found.length >= FOUND_MAX ? 'full' : 'failed');
  }
}

/** Stops the search and forgets what it found. */
export function endSearch(): void {
  stop.abort();
  stop = new AbortController();
  search.value = undefined;
}
