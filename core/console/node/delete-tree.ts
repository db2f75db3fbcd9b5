import { type Client, isZkError } from '@vivarium/core';
import { walk } from '../tree/live-tree.js';

/** Deletions on their way at once. */
const WIDTH = 64;
/** Somebody may add below while we delete: so often the rest is looked for again. */
const ROUNDS = 5;

export interface DeleteProgress {
  /** Nodes found so far, the topmost included. */
  readonly found: number;
  readonly deleted: number;
}

/**
 * Deletes a node and everything below it, the lowest first. What is gone already counts as done.
 *
 * @throws what the server refused; what was deleted before stays deleted
 */
export async function deleteTree(
  zk: Client,
  top: string,
  tell: (progress: DeleteProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  let deleted = 0;
  for (let round = 1; ; round++) {
    const paths: string[] = [];
    const visit = (path: string) => {
      paths.push(path);
      if (paths.length % 100 === 0) tell({ found: deleted + paths.length, deleted });
      return true;
    };
    await walk(zk, top, { visit, signal });
    const found = deleted + paths.length;
    tell({ found, deleted });
    let isLeft = false;
    let level = Number.POSITIVE_INFINITY;
    let due: string[] = [];
    const settle = async () => {
      signal.throwIfAborted();
      const results = await Promise.all(due.map((path) => deleteOne(zk, path)));
      for (const isGone of results) {
        if (isGone) deleted++;
        else isLeft = true;
      }
      due = [];
      tell({ found, deleted });
    };
    // A level is wholly gone before the one above it is begun.
    for (const path of paths.reverse()) {
      const depth = path.split('/').length;
      if (depth < level || due.length >= WIDTH) await settle();
      level = depth;
      due.push(path);
    }
    await settle();
    if (!isLeft) return;
    if (round === ROUNDS) throw new Error('Somebody goes on creating nodes below it.');
  }
}

/** @returns whether it is gone; not when it has children again */
async function deleteOne(zk: Client, path: string): Promise<boolean> {
  try {
    await zk.delete(path);
    return true;
  } catch (error) {
    if (isZkError(error, 'NO_NODE')) return true;
    if (isZkError(error, 'NOT_EMPTY')) return false;
    throw error;
  }
}
