/**
 * What ZooKeeper's tree is, as simply as it can be written down: the judge of every answer. It
 * knows nothing of how the server keeps it.
 */
import { codes } from '@vivarium/core/internal/base/errors';
import type { Stat } from '@vivarium/core/internal/wire/records';

export type Bytes = Uint8Array | null;

export type WriteOp =
  | {
      readonly op: 'create';
      readonly path: string;
      readonly data: Bytes;
      readonly ephemeral: boolean;
      readonly sequential: boolean;
      readonly container: boolean;
    }
  | { readonly op: 'delete'; readonly path: string; readonly version: number }
  | {
      readonly op: 'set';
      readonly path: string;
      readonly data: Bytes;
      readonly version: number;
    }
  | { readonly op: 'check'; readonly path: string; readonly version: number };

/** What happened to a path, in the order in which watches are told. */
export interface Change {
  readonly type: 'created' | 'deleted' | 'changed';
  readonly path: string;
}

export interface Node {
  data: Bytes;
  readonly czxid: bigint;
  mzxid: bigint;
  pzxid: bigint;
  readonly ctime: number;
  mtime: number;
  version: number;
  /** Creations of children. */
  creations: number;
  readonly owner: bigint;
  /** Goes when its last child has gone. */
  readonly isContainer: boolean;
  readonly children: Set<string>;
}

/** Who asks, and the place in the order. */
export interface Context {
  readonly zxid: bigint;
  readonly time: number;
  readonly session: bigint;
}

/** The path of a created node, the node after a set; or an error code. */
export type Outcome =
  | { readonly err: 0; readonly path: string; readonly stat: Stat | undefined }
  | { readonly err: number; readonly path?: undefined; readonly stat?: undefined };

export class Model {
  readonly nodes = new Map<string, Node>();
  /** Timeouts of the sessions that exist. */
  readonly sessions = new Map<bigint, number>();
  /** Changes of the transaction being applied. */
  changes: Change[] = [];
  #undo: (() => void)[] = [];

  constructor() {
    this.nodes.set('/', newNode(null, { zxid: 0n, time: 0, session: 0n }, 0n));
    const system = ['/zookeeper', '/zookeeper/config', '/zookeeper/quota'];
    for (const path of system) this.#add(path, null, { zxid: 0n, time: 0, session: 0n }, 0n);
    this.changes = [];
  }

  /** All of the writes, or none and the error of the first that fails. */
  apply(ops: readonly WriteOp[], context: Context): readonly Outcome[] {
    this.changes = [];
    this.#undo = [];
    const outcomes: Outcome[] = [];
    for (const op of ops) {
      const outcome = this.sessions.has(context.session)
        ? this.#apply(op, context)
        : { err: codes.SESSION_EXPIRED };
      outcomes.push(outcome);
      if (outcome.err === 0) continue;
      for (const undo of this.#undo.reverse()) undo();
      this.changes = [];
      break;
    }
    return outcomes;
  }

  createSession(session: bigint, timeoutMs: number): void {
    this.changes = [];
    this.sessions.set(session, timeoutMs);
  }

  /** Ends a session; its ephemeral nodes go. */
  closeSession(session: bigint, context: Context, order: readonly string[]): void {
    this.changes = [];
    this.sessions.delete(session);
    const owned = [...this.nodes].filter(([, { owner }]) => owner === session);
    const paths = owned.map(([path]) => path);
    paths.sort((a, b) => order.indexOf(a) - order.indexOf(b));
    for (const path of paths) this.#remove(path, context);
  }

  /** What the server does by itself with an empty container; whether it might. */
  deleteContainer(path: string, context: Context): boolean {
    this.changes = [];
    const node = this.nodes.get(path);
    if (node === undefined || !node.isContainer) return false;
    if (node.children.size > 0 || node.creations === 0) return false;
    this.#remove(path, context);
    return true;
  }

  statOf(path: string): Stat | undefined {
    const node = this.nodes.get(path);
    return node === undefined ? undefined : statOf(node);
  }

  #apply(op: WriteOp, context: Context): Outcome {
    switch (op.op) {
      case 'create':
        return this.#create(op, context);
      case 'delete': {
        const node = this.nodes.get(op.path);
        if (node === undefined) return { err: codes.NO_NODE };
        if (op.version !== -1 && op.version !== node.version) return { err: codes.BAD_VERSION };
        if (node.children.size > 0) return { err: codes.NOT_EMPTY };
        this.#remove(op.path, context);
        return { err: 0, path: op.path, stat: undefined };
      }
      case 'set':
        return this.#set(op, context);
      case 'check': {
        const node = this.nodes.get(op.path);
        if (node === undefined) return { err: codes.NO_NODE };
        if (op.version !== -1 && op.version !== node.version) return { err: codes.BAD_VERSION };
        return { err: 0, path: op.path, stat: undefined };
      }
    }
  }

  #create(op: WriteOp & { op: 'create' }, context: Context): Outcome {
    const parent = this.nodes.get(parentOf(op.path));
    if (parent === undefined) return { err: codes.NO_NODE };
    const suffix = op.sequential ? String(parent.creations).padStart(10, '0') : '';
    const path = op.path + suffix;
    if (this.nodes.has(path)) return { err: codes.NODE_EXISTS };
    if (parent.owner !== 0n) return { err: codes.NO_CHILDREN_FOR_EPHEMERALS };
    this.#add(path, op.data, context, op.ephemeral ? context.session : 0n, op.container);
    return { err: 0, path, stat: this.statOf(path) };
  }

  #set({ path, data, version }: WriteOp & { op: 'set' }, context: Context): Outcome {
    const node = this.nodes.get(path);
    if (node === undefined) return { err: codes.NO_NODE };
    if (version !== -1 && version !== node.version) return { err: codes.BAD_VERSION };
    const before = { ...node };
    this.#undo.push(() => Object.assign(node, before));
    node.data = data;
    node.version += 1;
    node.mzxid = context.zxid;
    node.mtime = context.time;
    this.changes.push({ type: 'changed', path });
    return { err: 0, path, stat: statOf(node) };
  }

  #add(path: string, data: Bytes, context: Context, owner: bigint, isContainer = false): void {
    const parent = this.nodes.get(parentOf(path))!;
    const before = { ...parent };
    this.nodes.set(path, newNode(data, context, owner, isContainer));
    parent.children.add(nameOf(path));
    parent.creations += 1;
    parent.pzxid = context.zxid;
    this.changes.push({ type: 'created', path });
    this.#undo.push(() => {
      this.nodes.delete(path);
      parent.children.delete(nameOf(path));
      Object.assign(parent, before);
    });
  }

  #remove(path: string, { zxid }: Context): void {
    const node = this.nodes.get(path)!;
    const parent = this.nodes.get(parentOf(path))!;
    const before = { ...parent };
    this.nodes.delete(path);
    parent.children.delete(nameOf(path));
    parent.pzxid = zxid;
    this.changes.push({ type: 'deleted', path });
    this.#undo.push(() => {
      this.nodes.set(path, node);
      parent.children.add(nameOf(path));
      Object.assign(parent, before);
    });
  }
}

export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function newNode(data: Bytes, { zxid, time }: Context, owner: bigint, isContainer = false): Node {
  return {
    data,
    czxid: zxid,
    mzxid: zxid,
    pzxid: zxid,
    ctime: time,
    mtime: time,
    version: 0,
    creations: 0,
    owner,
    isContainer,
    children: new Set(),
  };
}

/** A node's Stat as clients see it. */
function statOf(node: Node): Stat {
  const numChildren = node.children.size;
  return {
    czxid: node.czxid,
    mzxid: node.mzxid,
    ctime: node.ctime,
    mtime: node.mtime,
    version: node.version,
    cversion: 2 * node.creations - numChildren,
    aversion: 0,
    ephemeralOwner: node.owner,
    dataLength: node.data?.length ?? 0,
    numChildren,
    pzxid: node.pzxid,
  };
}
