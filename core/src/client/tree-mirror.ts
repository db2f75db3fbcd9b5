import { childOf, nameOf, parentOf } from '../base/path.js';
import { withChroot } from '../session/chroot.js';
import { eventTypes } from '../wire/events.js';
import type { Stat } from '../wire/records.js';
import { decodedBy } from './decoded.js';
import type { Driver } from './driver.js';
import { ZkError } from './errors.js';
import type { Answer, Question } from './path-read.js';
import { askPath } from './path-read.js';
import { isSameStat, TreeEntry } from './tree-entry.js';
import type { TreeOptions } from './tree-snapshots.js';
import type { TreeSink } from './tree-telling.js';
import { TreeTelling } from './tree-telling.js';

/** How long to wait before asking again what was answered with nothing. */
const RETRY_MS = 200;
/** Longest delay of the look around after a reconnect, and what each node adds to it. */
const MAX_SPREAD_MS = 1_000;
const SPREAD_PER_NODE_MS = 1;
const DEFAULT_MAX_NODES = 100_000;

export interface MirrorSettings {
  readonly driver: Driver;
  readonly chroot: string;
  readonly maxConcurrentReads: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Told once, when the mirror has ended with an error. */
  readonly ended: () => void;
  /** Told when the root was found to have had other children meanwhile. */
  readonly missedChildren: () => void;
}

/**
 * A subtree in memory, kept current by the events of one recursive watch that somebody else sets.
 *
 * An event makes a path dirty: a read of it is owed, and stays owed until one has succeeded. One
 * read of a path is on its way at a time. Events name nodes that came, went or changed, so lists of
 * children are asked for only where a node was not known before. What events cannot tell, since
 * they were missed, is found in a round: every known node is looked at, and read or listed again
 * where its zxids differ from what is known.
 */
export class TreeMirror<T> {
  readonly #settings: MirrorSettings;
  readonly #options: TreeOptions<T>;
  readonly #root: TreeEntry<T>;
  readonly #entries = new Map<string, TreeEntry<T>>();
  /** Entries with questions to ask, in the order in which they came to owe them. */
  readonly #owed = new Set<TreeEntry<T>>();
  readonly #asking = new Set<TreeEntry<T>>();
  /** Entries that the present round has not come to yet. */
  readonly #unseen = new Set<TreeEntry<T>>();
  readonly #telling: TreeTelling<T>;
  /** Counts debts, so that a subscriber can wait for those from before it came. */
  #debts = 0;
  /** Counts the looks at everything. */
  #round = 0;
  /** The watch is set: whatever changes is told, after what was asked is answered. */
  #isWatched = false;
  #isOver = false;
  #stopPause: (() => void) | undefined;

  constructor(path: string, options: TreeOptions<T>, settings: MirrorSettings) {
    this.#settings = settings;
    this.#options = options;
    this.#root = new TreeEntry<T>(path, undefined);
    this.#entries.set(path, this.#root);
    this.#telling = new TreeTelling(path, this.#root, settings.driver.clock);
  }

  /** Number of paths in it. */
  get size(): number {
    return this.#entries.size;
  }

  attach(sink: TreeSink<T>): () => void {
    return this.#telling.attach(sink, this.#debts, this.#oldestDebt());
  }

  get subscribers(): number {
    return this.#telling.subscribers;
  }

  /* What the watch tells. */

  /** The watch is set: looks at everything, since nobody knows what happened before. */
  watched(isReadOnly: boolean): void {
    const isAgain = this.#round > 0;
    this.#telling.isReadOnly = isReadOnly;
    this.#isWatched = true;
    this.#lookAtAll();
    const spreadMs = Math.min(MAX_SPREAD_MS, (this.size - 1) * SPREAD_PER_NODE_MS);
    // Every client of a server that went away comes back at the same moment.
    if (isAgain && spreadMs > 0) this.#pause(this.#settings.random() * spreadMs);
    else this.#pump();
  }

  /** Compares all nodes with the server, to find what no event tells of. */
  audit(): void {
    if (!this.#isWatched || this.#isOver) return;
    this.#lookAtAll();
    this.#pump();
  }

  #lookAtAll(): void {
    this.#round++;
    for (const entry of this.#entries.values()) {
      this.#unseen.add(entry);
      this.#owe(entry, entry.stat === undefined ? 'data' : 'exists');
    }
  }

  /** Nothing more is told, until the watch is set again. */
  unwatched(): void {
    this.#isWatched = false;
    this.#stopPause?.();
    this.#stopPause = undefined;
    this.#telling.disconnected();
  }

  fired(event: number, path: string): void {
    if (this.#isOver || event === eventTypes.nodeChildrenChanged || !this.#isWithin(path)) return;
    const isStructure = event !== eventTypes.nodeDataChanged;
    const parent = path === this.#root.path ? undefined : this.#entries.get(parentOf(path));
    if (isStructure && parent?.stat !== undefined) this.#owe(parent, 'exists');
    const known = this.#entries.get(path);
    // What has gone and was not known needs no look.
    const isNothing = known === undefined && event === eventTypes.nodeDeleted;
    const dirty = isNothing ? undefined : (known ?? this.#nearest(path));
    if (dirty !== undefined) this.#owe(dirty, 'data');
    this.#pump();
  }

  complete(): void {
    this.stop();
    this.#telling.complete();
  }

  fail(error: unknown): void {
    if (this.#isOver) return;
    this.stop();
    this.#settings.ended();
    this.#telling.fail(error);
  }

  /** Nobody needs it any more. */
  stop(): void {
    this.#isOver = true;
    this.#stopPause?.();
  }

  #isWithin(path: string): boolean {
    const root = this.#root.path;
    return path === root || root === '/' || path.startsWith(`${root}/`);
  }

  /**
   * Whom to read when something happened at a path that is not known: the way to it begins at the
   * deepest node that is known. Undefined when it is not to be followed.
   */
  #nearest(path: string): TreeEntry<T> | undefined {
    let at = path;
    let entry: TreeEntry<T> | undefined;
    while (entry === undefined) {
      const above = parentOf(at);
      entry = this.#entries.get(above);
      if (entry === undefined) at = above;
    }
    if (entry.stat === undefined) return entry;
    return this.#isFollowed(entry, at) ? this.#add(entry, at, ++this.#debts) : undefined;
  }

  /* Asking. */

  #owe(entry: TreeEntry<T>, what: Question, since = ++this.#debts): void {
    entry.owes.add(what);
    entry.since = Math.min(entry.since, since);
    if (entry.asking === undefined) this.#owed.add(entry);
  }

  #oldestDebt(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const { since } of this.#owed) oldest = Math.min(oldest, since);
    for (const { since, askedSince } of this.#asking) oldest = Math.min(oldest, since, askedSince);
    return oldest;
  }

  #pause(ms: number): void {
    this.#stopPause ??= this.#settings.driver.clock.setTimer(ms, () => {
      this.#stopPause = undefined;
      this.#pump();
    });
  }

  #pump(): void {
    if (!this.#isWatched || this.#isOver || this.#stopPause !== undefined) return;
    for (const entry of this.#owed) {
      if (this.#asking.size >= this.#settings.maxConcurrentReads) return;
      this.#owed.delete(entry);
      this.#ask(entry);
    }
  }

  #ask(entry: TreeEntry<T>): void {
    const { driver, chroot } = this.#settings;
    const what = entry.take();
    if (what === undefined) return;
    this.#asking.add(entry);
    askPath(driver, withChroot(chroot, entry.path), what, 'once', (answer) => {
      this.#asking.delete(entry);
      const since = entry.askedSince;
      entry.asking = undefined;
      entry.askedSince = Number.POSITIVE_INFINITY;
      if (this.#isOver) return;
      if (!entry.isGone) {
        if (answer.type !== 'passing') this.#take(entry, answer, since);
        else this.#owe(entry, what, since);
        if (answer.type === 'passing' && this.#isWatched) this.#pause(RETRY_MS);
        if (entry.owes.size > 0) this.#owed.add(entry);
      }
      this.#settle();
      this.#pump();
    });
  }

  /* Taking in. */

  #take(entry: TreeEntry<T>, answer: Exclude<Answer, { type: 'passing' }>, since: number): void {
    if (answer.type === 'failed') {
      this.#close(entry, answer.error);
      return;
    }
    this.#telling.saw(answer.type === 'value' ? answer.seen.asOf : answer.asOf);
    if (answer.type === 'missing') {
      this.#remove(entry);
    } else if (answer.type === 'there') {
      if (this.#hasSameData(entry, answer.stat)) this.#restat(entry, answer.stat, since);
      else this.#owe(entry, 'data', since);
    } else if (Array.isArray(answer.seen.value)) {
      this.#takeList(entry, answer.seen.value, answer.seen.stat, since);
    } else {
      this.#takeData(entry, answer.seen.value as Uint8Array | null, answer.seen.stat, since);
    }
  }

  #hasSameData({ stat }: TreeEntry<T>, now: Stat): boolean {
    if (stat === undefined || stat.czxid !== now.czxid || stat.mzxid !== now.mzxid) return false;
    // Servers before 3.8.4 let everybody look: whether it may still be read shows by reading it.
    return stat.aversion === now.aversion;
  }

  #takeData(entry: TreeEntry<T>, bytes: Uint8Array | null, stat: Stat, since: number): void {
    if (!this.#hasSameData(entry, stat)) {
      // Another node in its place: what was below the one before has gone with it.
      if (entry.stat?.czxid !== stat.czxid) this.#forgetBelow(entry);
      if (entry.node === undefined) this.#telling.readOne();
      entry.node = { ...decodedBy(this.#options.codec, bytes), path: entry.path, stat };
      this.#telling.changed();
    }
    this.#restat(entry, stat, since);
  }

  #takeList(entry: TreeEntry<T>, names: readonly string[], stat: Stat, since: number): void {
    if (!this.#hasSameData(entry, stat)) {
      this.#owe(entry, 'data', since);
      if (entry.stat?.czxid !== stat.czxid) return;
    }
    const there = new Set(names);
    for (const [name, child] of entry.children) {
      // Those that are about to be asked for themselves tell of themselves.
      if (!there.has(name) && child.owes.size === 0 && child.asking === undefined) {
        this.#remove(child);
      }
    }
    entry.listed = stat.pzxid;
    for (const name of names) {
      if (entry.children.has(name)) continue;
      const path = childOf(entry.path, name);
      if (!this.#isFollowed(entry, path)) continue;
      const child = this.#add(entry, path, since);
      if (this.#isOver) return;
      if (this.#unseen.has(entry)) this.#unseen.add(child!);
    }
    if (this.#hasSameData(entry, stat)) this.#restat(entry, stat, since);
  }

  /** Takes a Stat that goes with the data that is known. */
  #restat(entry: TreeEntry<T>, stat: Stat, since: number): void {
    const { node } = entry;
    if (node !== undefined && 'stat' in node && !isSameStat(node.stat, stat)) {
      entry.node = { ...node, stat };
      this.#telling.changed();
    }
    const isFirstLook = entry.round !== this.#round;
    entry.round = this.#round;
    const isLeaf = stat.numChildren === 0 && entry.children.size === 0;
    if (isLeaf || entry.depth >= (this.#options.depth ?? Number.POSITIVE_INFINITY)) {
      entry.listed = stat.pzxid;
    } else if (entry.listed === undefined || (isFirstLook && entry.listed !== stat.pzxid)) {
      if (entry === this.#root && entry.listed !== undefined) this.#settings.missedChildren();
      this.#owe(entry, 'children', since);
    }
    if (!entry.owes.has('children')) this.#unseen.delete(entry);
  }

  #add(parent: TreeEntry<T>, path: string, since: number): TreeEntry<T> | undefined {
    const child = new TreeEntry(path, parent);
    parent.children.set(nameOf(path), child);
    this.#entries.set(path, child);
    const max = this.#options.maxNodes ?? DEFAULT_MAX_NODES;
    if (this.#entries.size > max) {
      const reason = `there are more than ${max} nodes, which is the option maxNodes: raise it, or follow fewer with filter or depth`;
      this.fail(new ZkError('QUOTA_EXCEEDED', { ...this.#facts, reason }));
      return undefined;
    }
    this.#owe(child, 'data', since);
    return child;
  }

  /** The node is there, but nothing can be known of it or of what is below. */
  #close(entry: TreeEntry<T>, error: ZkError): void {
    if (entry === this.#root) {
      this.fail(error);
      return;
    }
    this.#forgetBelow(entry);
    const kind = error.name === 'NO_AUTH' ? 'denied' : 'unreadable';
    if (entry.node?.kind !== kind) {
      entry.node = { kind, path: entry.path, error };
      this.#telling.changed();
    }
    entry.round = this.#round;
    entry.owes.delete('children');
    entry.owes.delete('exists');
    this.#unseen.delete(entry);
  }

  #remove(entry: TreeEntry<T>): void {
    this.#forgetBelow(entry);
    if (entry.node !== undefined) this.#telling.changed();
    entry.node = undefined;
    this.#unseen.delete(entry);
    if (entry.parent === undefined) {
      entry.owes.delete('children');
      entry.owes.delete('exists');
    } else {
      this.#forget(entry);
    }
  }

  #forget(entry: TreeEntry<T>): void {
    this.#forgetBelow(entry);
    entry.isGone = true;
    entry.parent!.children.delete(nameOf(entry.path));
    this.#entries.delete(entry.path);
    this.#owed.delete(entry);
    this.#unseen.delete(entry);
  }

  #forgetBelow(entry: TreeEntry<T>): void {
    for (const child of [...entry.children.values()]) this.#forget(child);
    entry.listed = undefined;
  }

  #isFollowed(parent: TreeEntry<T>, path: string): boolean {
    if (parent.depth >= (this.#options.depth ?? Number.POSITIVE_INFINITY)) return false;
    try {
      return this.#options.filter?.(path) !== false;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  get #facts() {
    return { operation: 'mirror', path: this.#root.path };
  }

  #settle(): void {
    if (!this.#isWatched || this.#isOver) return;
    const isIdle = this.#owed.size === 0 && this.#asking.size === 0;
    this.#telling.settled(this.#unseen.size > 0, isIdle, () => this.#oldestDebt());
  }
}
