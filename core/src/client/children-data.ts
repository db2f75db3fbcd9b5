import { Observable } from 'rxjs';
import { childOf } from '../base/path.js';
import { withChroot } from '../session/chroot.js';
import type { ValueStreamOptions } from './api.js';
import { checkPath } from './arguments.js';
import type { Codec } from './codecs.js';
import { decodedBy } from './decoded.js';
import type { ZkError } from './errors.js';
import type { Hub } from './hub.js';
import type { Seen } from './hub-entry.js';
import { isSameState } from './hub-entry.js';
import type { ChildrenDataSnapshot, MirroredNode } from './tree-snapshots.js';

/** One child of the list, as its own entry of the hub tells it. */
interface Child<T> {
  /** Nothing has been heard yet. */
  isPending: boolean;
  /** Undefined while it is not there, though it is listed: the next list will not have it. */
  node: MirroredNode<T> | undefined;
  fresh: boolean;
  asOf: bigint;
  leave: () => void;
}

/** `childrenData$` over a hub: the list and each child are entries that all streams share. */
export function childrenDataOver(hub: Hub, chroot: string) {
  return <T = Uint8Array>(
    path: string,
    options: ValueStreamOptions<T> = {},
  ): Observable<ChildrenDataSnapshot<T>> => {
    checkPath(path, { operation: 'watch children data', path });
    return new Observable((subscriber) => {
      const view = new ChildrenView<T>(hub, chroot, path, options, subscriber);
      return () => view.leave();
    });
  };
}

interface ViewSink<T> {
  next(snapshot: ChildrenDataSnapshot<T>): void;
  error(error: unknown): void;
  complete(): void;
}

/** What one subscriber sees of a node's children. */
class ChildrenView<T> {
  readonly #hub: Hub;
  readonly #chroot: string;
  readonly #path: string;
  readonly #codec: Codec<T> | undefined;
  readonly #options: ValueStreamOptions<T>;
  readonly #sink: ViewSink<T>;
  readonly #children = new Map<string, Child<T>>();
  #list: Seen | undefined;
  #isListFresh = false;
  /** The list is being gone through: what its children say meanwhile is told afterwards. */
  #isListing = false;
  #isChanged = false;
  #toldFresh = false;
  #asOf = 0n;
  #isOver = false;
  readonly #leaveList: () => void;

  constructor(
    hub: Hub,
    chroot: string,
    path: string,
    options: ValueStreamOptions<T>,
    sink: ViewSink<T>,
  ) {
    this.#hub = hub;
    this.#chroot = chroot;
    this.#path = path;
    this.#codec = options.codec;
    this.#options = options;
    this.#sink = sink;
    this.#leaveList = hub.attach(withChroot(chroot, path), 'children', {
      ...this.#wishes,
      next: (seen, fresh) => this.#listed(seen, fresh),
      error: (error) => {
        this.leave();
        sink.error(error);
      },
      complete: () => {
        this.leave();
        sink.complete();
      },
    });
    if (this.#isOver) this.#leaveList();
  }

  leave(): void {
    this.#isOver = true;
    this.#leaveList?.();
    for (const { leave } of this.#children.values()) leave();
    this.#children.clear();
  }

  get #wishes() {
    return { wantsFreshness: true, takesStale: this.#options.whileStale !== 'wait' };
  }

  #listed(seen: Seen, fresh: boolean): void {
    if (this.#isOver) return;
    const wasFresh = this.#isListFresh;
    this.#isListFresh = fresh;
    if (!isSameState('children', this.#list, seen)) this.#isChanged = true;
    this.#list = seen;
    const names = new Set(seen.kind === 'present' ? (seen.value as readonly string[]) : []);
    this.#isListing = true;
    for (const [name, child] of [...this.#children]) {
      // One that could not be read is asked again whenever there is a reason to look.
      const isClosed = child.node?.kind === 'denied' || child.node?.kind === 'unreadable';
      if (names.has(name) && !(isClosed && (this.#isChanged || (fresh && !wasFresh)))) continue;
      child.leave();
      this.#children.delete(name);
    }
    for (const name of names) if (!this.#children.has(name)) this.#attach(name);
    this.#isListing = false;
    this.#tell();
  }

  #attach(name: string): void {
    const path = childOf(this.#path, name);
    const child: Child<T> = {
      isPending: true,
      node: undefined,
      fresh: false,
      asOf: 0n,
      leave: () => {},
    };
    this.#children.set(name, child);
    const isMine = () => this.#children.get(name) === child;
    let seenLast: Seen | undefined;
    child.leave = this.#hub.attach(withChroot(this.#chroot, path), 'data', {
      ...this.#wishes,
      next: (seen, fresh) => {
        if (!isMine()) return;
        if (!isSameState('data', seenLast, seen)) {
          this.#isChanged = true;
          child.node = this.#nodeOf(path, seen);
        }
        seenLast = seen;
        child.isPending = false;
        child.fresh = fresh;
        child.asOf = seen.asOf;
        this.#tell();
      },
      error: (error) => {
        if (!isMine()) return;
        const known = error as ZkError;
        const kind = known.name === 'NO_AUTH' ? 'denied' : 'unreadable';
        child.node = { kind, path, error: known };
        child.isPending = false;
        child.fresh = true;
        this.#isChanged = true;
        this.#tell();
      },
      // The list completes too, and tells.
      complete: () => {},
    });
  }

  #nodeOf(path: string, seen: Seen): MirroredNode<T> | undefined {
    if (seen.kind === 'absent') return undefined;
    const decoded = decodedBy(this.#codec, seen.value as Uint8Array | null);
    return { ...decoded, path, stat: seen.stat };
  }

  /** Emits what is known, once each child of the list has been heard of. */
  #tell(): void {
    const list = this.#list;
    if (this.#isOver || this.#isListing || list === undefined) return;
    let isFresh = this.#isListFresh;
    let asOf = list.asOf;
    for (const child of this.#children.values()) {
      if (child.isPending) return;
      isFresh = isFresh && child.fresh;
      if (child.asOf > asOf) asOf = child.asOf;
    }
    const isNews = isFresh !== this.#toldFresh && this.#options.freshness === true;
    if (!this.#isChanged && !isNews) return;
    this.#isChanged = false;
    this.#toldFresh = isFresh;
    if (asOf > this.#asOf) this.#asOf = asOf;
    const facts = { path: this.#path, asOf: this.#asOf, fresh: isFresh };
    if (list.kind === 'absent') {
      this.#sink.next({ ...facts, kind: 'absent' });
      return;
    }
    const children = new Map<string, MirroredNode<T>>();
    for (const name of list.value as readonly string[]) {
      const node = this.#children.get(name)?.node;
      if (node !== undefined) children.set(name, node);
    }
    this.#sink.next({ ...facts, kind: 'present', children, stat: list.stat });
  }
}
