import { eventTypes } from '../wire/events.js';
import { opcodes } from '../wire/operations.js';
import { SetWatches, SetWatches2 } from '../wire/records.js';
import { encode } from '../wire/types.js';

/** The kinds of watches a server keeps for us, as `SetWatches2` lists them. */
export const watchKinds = ['data', 'exist', 'child', 'persistent', 'recursive'] as const;
export type WatchKind = (typeof watchKinds)[number];

/** One request that sets watches again. */
export interface RearmRequest {
  readonly opcode: number;
  readonly payload: Uint8Array;
  /** What it sets, so that a refusal can be undone. */
  readonly watches: readonly (readonly [WatchKind, string])[];
}

/** Most bytes of path text in one request, well below every server's frame limit. */
const CHUNK_BYTES = 128 * 1024;

/**
 * The watches that the server is believed to hold. A watch enters with the answer that confirmed it
 * and leaves with its event, so what is in here is exactly what a new connection must set again: a
 * path whose event was told and not yet looked at is not.
 */
export class WatchRegistry {
  readonly #paths: Readonly<Record<WatchKind, Set<string>>> = {
    data: new Set(),
    exist: new Set(),
    child: new Set(),
    persistent: new Set(),
    recursive: new Set(),
  };

  get size(): number {
    return watchKinds.reduce((sum, kind) => sum + this.#paths[kind].size, 0);
  }

  has(kind: WatchKind, path: string): boolean {
    return this.#paths[kind].has(path);
  }

  add(kind: WatchKind, path: string): void {
    // The two modes of a persistent watch share one place at the server's data table before 3.9;
    // from then on they live side by side, as here.
    this.#paths[kind].add(path);
  }

  remove(kind: WatchKind, path: string): void {
    this.#paths[kind].delete(path);
  }

  /** Takes out the one-shot watches that an event has used up. */
  fired(event: number, path: string): void {
    if (event === eventTypes.nodeChildrenChanged) {
      this.#paths.child.delete(path);
      return;
    }
    this.#paths.data.delete(path);
    this.#paths.exist.delete(path);
    if (event === eventTypes.nodeDeleted) this.#paths.child.delete(path);
  }

  /**
   * Requests that set everything again and have the server tell what changed after `since`.
   * Persistent watches need the newer operation, which older servers do not know; it is used only
   * for the requests that hold some.
   */
  rearmRequests(since: bigint): RearmRequest[] {
    const requests: RearmRequest[] = [];
    let batch: [WatchKind, string][] = [];
    let size = 0;
    for (const kind of watchKinds) {
      for (const path of this.#paths[kind]) {
        // A unit of text is at most three bytes of UTF-8, and each string has four of length.
        const bytes = 4 + path.length * 3;
        if (size + bytes > CHUNK_BYTES && batch.length > 0) {
          requests.push(rearmRequest(since, batch));
          batch = [];
          size = 0;
        }
        batch.push([kind, path]);
        size += bytes;
      }
    }
    if (batch.length > 0) requests.push(rearmRequest(since, batch));
    return requests;
  }
}

function rearmRequest(
  relativeZxid: bigint,
  watches: readonly (readonly [WatchKind, string])[],
): RearmRequest {
  const of = (kind: WatchKind) => watches.filter(([k]) => k === kind).map(([, path]) => path);
  const old = {
    relativeZxid,
    dataWatches: of('data'),
    existWatches: of('exist'),
    childWatches: of('child'),
  };
  const persistentWatches = of('persistent');
  const persistentRecursiveWatches = of('recursive');
  if (persistentWatches.length + persistentRecursiveWatches.length === 0) {
    return { opcode: opcodes.setWatches, payload: encode(SetWatches, old), watches };
  }
  const all = { ...old, persistentWatches, persistentRecursiveWatches };
  return { opcode: opcodes.setWatches2, payload: encode(SetWatches2, all), watches };
}
