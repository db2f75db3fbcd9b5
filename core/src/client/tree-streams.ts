import { Observable } from 'rxjs';
import { checkCallable, checkPath } from './arguments.js';
import { ZkError } from './errors.js';
import type { SubtreeStreams } from './subtree-streams.js';
import { changesBetween } from './tree-changes.js';
import type { MirroredNode, TreeChanges, TreeOptions, TreeSnapshot } from './tree-snapshots.js';
import type { Trees } from './trees.js';

/** The public streams over the mirrors of subtrees. */
export function treeStreamsOver(trees: Trees): Pick<SubtreeStreams, 'tree$' | 'treeChanges$'> {
  const tree$ = <T>(path: string, options?: TreeOptions<T>): Observable<TreeSnapshot<T>> => {
    checkTree(path, options, 'tree$');
    return new Observable((subscriber) => trees.attach(path, options, subscriber));
  };

  const treeChanges$ = <T>(path: string, options?: TreeOptions<T>): Observable<TreeChanges<T>> => {
    checkTree(path, options, 'treeChanges$');
    return new Observable((subscriber) => {
      let told: ReadonlyMap<string, MirroredNode<T>> = new Map();
      let isSynced = false;
      return trees.attach<T>(path, options, {
        next({ state, nodes, synced, asOf }) {
          if (state === 'loading') return;
          const changes = changesBetween(told, nodes);
          told = nodes;
          const isMark = synced && !isSynced;
          isSynced = synced;
          if (changes.length > 0 || isMark) subscriber.next({ changes, synced, asOf });
        },
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      });
    });
  };

  return { tree$, treeChanges$ };
}

function checkTree<T>(path: string, options: TreeOptions<T> | undefined, operation: string): void {
  const facts = { operation, path };
  checkPath(path, facts);
  const { filter, depth, maxNodes } = options ?? {};
  if (filter !== undefined) checkCallable(filter, 'filter', facts);
  checkCount('depth', depth, 0, facts);
  checkCount('maxNodes', maxNodes, 1, facts);
}

function checkCount(
  name: string,
  value: number | undefined,
  least: number,
  facts: { operation: string; path: string },
): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return;
  const reason = `${name} is ${String(value)}; give a whole number of at least ${least}`;
  throw new ZkError('BAD_ARGUMENTS', { ...facts, reason });
}
