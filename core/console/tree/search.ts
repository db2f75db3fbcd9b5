import { signal } from '@preact/signals';
import type { Client, Stat } from '@vivarium/core';
import { nameOf } from '../paths.js';
import { walk } from './live-tree.js';

/** A node that was found. */
export interface Hit {
  readonly path: string;
  /** What stands around the text in its data; undefined where its name alone holds the text. */
  readonly around: string | undefined;
}

/** Where a search has come to. */
export interface SearchState {
  readonly text: string;
  /** Whether data is searched, too. */
  readonly inData: boolean;
  readonly found: readonly Hit[];
  /** Nodes looked at. */
  readonly looked: number;
  /** Nodes whose data is too long to be searched. */
  readonly passedOver: number;
  readonly phase: 'running' | 'done' | 'full' | 'failed';
}

/** More than these nobody reads. */
const FOUND_MAX = 500;
const TELL_MS = 80;
/** Longer data is not read to be searched. */
export const DATA_MAX_BYTES = 262_144;
/** Characters of the data before and behind the text. */
const AROUND = 24;

/** The search that runs, or the last one; there is one at a time. */
export const search = signal<SearchState | undefined>(undefined);
let stop = new AbortController();
const decoder = new TextDecoder();

/** Looks through the whole tree for names, and data, that hold a text, whichever its case. */
export async function startSearch(zk: Client, text: string, inData = false): Promise<void> {
  endSearch();
  const stopping = new AbortController();
  stop = stopping;
  const wanted = text.toLowerCase();
  const found = new Map<string, string | undefined>();
  let looked = 0;
  let passedOver = 0;
  let toldAt = 0;
  const tell = (phase: SearchState['phase']) => {
    if (stop !== stopping) return;
    const hits = [...found].map(([path, around]) => ({ path, around }));
    search.value = { text, inData, found: hits, looked, passedOver, phase };
    toldAt = performance.now();
  };
  tell('running');
  const take = (path: string, around: string | undefined) => {
    if (found.size < FOUND_MAX) found.set(path, around);
    if (found.size >= FOUND_MAX) stopping.abort();
  };
  const visit = (path: string) => {
    looked++;
    if (nameOf(path).toLowerCase().includes(wanted)) take(path, undefined);
    if (performance.now() - toldAt > TELL_MS) tell('running');
    return found.size < FOUND_MAX;
  };
  const look = async (path: string, { dataLength }: Stat) => {
    if (!inData || dataLength === 0) return;
    if (dataLength > DATA_MAX_BYTES) {
      passedOver++;
      return;
    }
    const { data } = await zk.get(path, { signal: stopping.signal });
    const around = aroundIn(decoder.decode(data), wanted);
    if (around !== undefined) take(path, around);
  };
  try {
    await walk(zk, '/', { visit, look, signal: stopping.signal });
    tell(found.size >= FOUND_MAX ? 'full' : 'done');
  } catch {
    tell(found.size >= FOUND_MAX ? 'full' : 'failed');
  }
}

/** A piece of a text around what is wanted, on one line; undefined when it does not hold that. */
export function aroundIn(text: string, wanted: string): string | undefined {
  const at = text.toLowerCase().indexOf(wanted);
  if (at < 0) return undefined;
  const from = Math.max(0, at - AROUND);
  const to = at + wanted.length + AROUND;
  const piece = text.slice(from, to).replace(/\s+/g, ' ');
  return `${from > 0 ? '…' : ''}${piece}${to < text.length ? '…' : ''}`;
}

/** Stops the search and forgets what it found. */
export function endSearch(): void {
  stop.abort();
  stop = new AbortController();
  search.value = undefined;
}
