import type { Stat } from '../wire/records.js';
import type { Question } from './path-read.js';
import type { MirroredNode } from './tree-snapshots.js';

/** What a mirror knows of one path, and what it owes it. */
export class TreeEntry<T> {
  /** Inside the client's chroot. */
  readonly path: string;
  readonly parent: TreeEntry<T> | undefined;
  /** Levels below the root. */
  readonly depth: number;
  readonly children = new Map<string, TreeEntry<T>>();
  /** As it is shown; undefined as long as it is not known to be there. */
  node: MirroredNode<T> | undefined;
  /** `pzxid` of the node when its children were listed last. */
  listed: bigint | undefined;
  /** The round in which it was last compared with the server. */
  round = 0;
  /** Questions to be asked. */
  readonly owes = new Set<Question>();
  /** The oldest of its debts, by the mirror's counting. */
  since = Number.POSITIVE_INFINITY;
  /** The question now on its way, and the debt that it pays. */
  asking: Question | undefined;
  askedSince = Number.POSITIVE_INFINITY;
  /** It was found to be gone: answers about it mean nothing any more. */
  isGone = false;

  constructor(path: string, parent: TreeEntry<T> | undefined) {
    this.path = path;
    this.parent = parent;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
  }

  /** Of the node that is there and can be read. */
  get stat(): Stat | undefined {
    return this.node !== undefined && 'stat' in this.node ? this.node.stat : undefined;
  }

  /** Takes the next question to ask: data first, since everything else follows from it. */
  take(): Question | undefined {
    const what = (['data', 'children', 'exists'] as const).find((one) => this.owes.has(one));
    if (what === undefined) return undefined;
    this.owes.delete(what);
    // Every answer tells what a look would.
    this.owes.delete('exists');
    this.asking = what;
    this.askedSince = this.since;
    if (this.owes.size === 0) this.since = Number.POSITIVE_INFINITY;
    return what;
  }
}

/** Whether a new Stat of the same state of the data tells anything. */
export function isSameStat(a: Stat, b: Stat): boolean {
  return (
    a.mzxid === b.mzxid &&
    a.czxid === b.czxid &&
    a.pzxid === b.pzxid &&
    a.cversion === b.cversion &&
    a.numChildren === b.numChildren &&
    a.aversion === b.aversion
  );
}
