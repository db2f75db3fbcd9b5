import type { ClientClock } from './client-host.js';
import type { TreeEntry } from './tree-entry.js';
import type { MirroredNode, TreeSnapshot } from './tree-snapshots.js';

/** How many more nodes the first walk has read when progress is told. */
const PROGRESS_STEP = 100;
/** While changes go on without a pause, snapshots are made so often: making one takes time too. */
const BUSY_MS = 10;
const BUSY_MS_PER_NODE = 0.001;

/** One subscriber of a mirror. */
export interface TreeSink<T> {
  next(snapshot: TreeSnapshot<T>): void;
  error(error: unknown): void;
  complete(): void;
}

interface Subscription<T> {
  readonly sink: TreeSink<T>;
  /** The newest debt when it came: what it is told first has to hold what those are about. */
  readonly since: number;
  /** It has been told of nodes. */
  isServed: boolean;
}

/** Makes snapshots of a mirror, and tells its subscribers each when it is its time. */
export class TreeTelling<T> {
  readonly #root: TreeEntry<T>;
  readonly #clock: Pick<ClientClock, 'now'>;
  readonly #subscriptions = new Set<Subscription<T>>();
  #last: TreeSnapshot<T>;
  /** Something differs from the last snapshot. */
  #isChanged = false;
  #isLoaded = false;
  /** Since the watch was set last, everything has been looked at. */
  #isCaughtUp = false;
  #asOf = 0n;
  #read = 0;
  /** Since then there was no moment without debts, or no snapshot. */
  #busySince: number | undefined;
  /** The server is cut off from its ensemble. */
  isReadOnly = false;

  constructor(path: string, root: TreeEntry<T>, clock: Pick<ClientClock, 'now'>) {
    this.#root = root;
    this.#clock = clock;
    const nodes = new Map<string, MirroredNode<T>>();
    this.#last = { state: 'loading', path, nodes, synced: false, read: 0, asOf: 0n };
  }

  get subscribers(): number {
    return this.#subscriptions.size;
  }

  /** @param debts the number of the newest debt, and `oldestDebt` that of the oldest unpaid one */
  attach(sink: TreeSink<T>, debts: number, oldestDebt: number): () => void {
    const subscription: Subscription<T> = { sink, since: debts, isServed: false };
    this.#subscriptions.add(subscription);
    if (!this.#isLoaded) {
      sink.next(this.#last);
    } else if (oldestDebt === Number.POSITIVE_INFINITY && !this.#isChanged) {
      subscription.isServed = true;
      sink.next(this.#last);
    }
    return () => this.#subscriptions.delete(subscription);
  }

  /* What the mirror finds. */

  saw(zxid: bigint): void {
    if (zxid > this.#asOf) this.#asOf = zxid;
  }

  changed(): void {
    this.#isChanged = true;
  }

  /** A node that was not known has been read. */
  readOne(): void {
    if (!this.#isLoaded) this.#read++;
  }

  disconnected(): void {
    this.#isCaughtUp = false;
    if (!this.#isLoaded || this.#last.state === 'stale') return;
    this.#last = { ...this.#last, state: 'stale', synced: false };
    this.#tell(({ isServed }) => isServed);
  }

  /**
   * An answer has been taken in.
   *
   * @param isWalking some nodes have not been looked at since the watch was set
   * @param isIdle nothing is owed
   */
  settled(isWalking: boolean, isIdle: boolean, oldestDebt: () => number): void {
    if (isWalking && !this.#isCaughtUp) {
      if (this.#read - this.#last.read >= PROGRESS_STEP) {
        this.#last = { ...this.#last, read: this.#read };
        this.#tell(() => true);
      }
      return;
    }
    const isFirst = !this.#isCaughtUp;
    this.#isLoaded = true;
    this.#isCaughtUp = true;
    const isDue = isIdle || isFirst || this.#isBusyForLong();
    if (isDue) this.#busySince = undefined;
    const isNew = isDue && this.#make(isIdle);
    const waiting = [...this.#subscriptions].filter(({ isServed }) => !isServed);
    const oldest = waiting.length > 0 && !this.#isChanged ? oldestDebt() : 0;
    const served = new Set(waiting.filter(({ since }) => oldest > since));
    if (served.size > 0 && !isIdle) this.#last = { ...this.#last, synced: false };
    this.#tell((one) => {
      if (served.has(one)) one.isServed = true;
      else if (!one.isServed || !isNew) return false;
      return true;
    });
  }

  complete(): void {
    for (const { sink } of this.#leave()) sink.complete();
  }

  fail(error: unknown): void {
    for (const { sink } of this.#leave()) sink.error(error);
  }

  #leave(): Subscription<T>[] {
    const all = [...this.#subscriptions];
    this.#subscriptions.clear();
    return all;
  }

  #tell(isFor: (subscription: Subscription<T>) => boolean): void {
    for (const subscription of [...this.#subscriptions]) {
      if (!this.#subscriptions.has(subscription) || !isFor(subscription)) continue;
      subscription.sink.next(this.#last);
    }
  }

  #isBusyForLong(): boolean {
    const now = this.#clock.now();
    this.#busySince ??= now;
    return now - this.#busySince >= BUSY_MS + this.#last.nodes.size * BUSY_MS_PER_NODE;
  }

  /** Makes a new snapshot; returns whether it tells anything new. */
  #make(isIdle: boolean): boolean {
    const state = this.isReadOnly ? 'stale' : 'live';
    const synced = isIdle && !this.isReadOnly;
    const before = this.#last;
    const isMark = synced && !before.synced;
    if (!this.#isChanged && before.state === state && !isMark) return false;
    const { path } = before;
    const nodes = this.#isChanged ? nodesFrom(this.#root) : before.nodes;
    this.#last = { state, path, nodes, synced, read: this.#read, asOf: this.#asOf };
    this.#isChanged = false;
    return true;
  }
}

function nodesFrom<T>(root: TreeEntry<T>): Map<string, MirroredNode<T>> {
  const nodes = new Map<string, MirroredNode<T>>();
  const visit = (entry: TreeEntry<T>) => {
    if (entry.node === undefined) return;
    nodes.set(entry.path, entry.node);
    for (const child of entry.children.values()) visit(child);
  };
  visit(root);
  return nodes;
}
