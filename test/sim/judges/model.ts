/**
 * What ZooKeeper's tree is, as simply as it can be written down: the judge of every answer. It
 * knows nothing of how the server keeps it.
 */
import { codes } from '@vivarium/core/internal/base/errors';
import type { Acl, Stat } from '@vivarium/core/internal/wire/records';
import { accessLists, permissions, permits } from './permissions.js';

export type Bytes = Uint8Array | null;

export type WriteOp =
  | {
      readonly op: 'create';
      readonly path: string;
      readonly data: Bytes;
      readonly ephemeral: boolean;
      readonly sequential: boolean;
      readonly container: boolean;
      /** Time to live of a node that goes when it was not touched for so long; else undefined. */
      readonly ttlMs: number | undefined;
      readonly acl: readonly Acl[];
    }
  | { readonly op: 'delete'; readonly path: string; readonly version: number }
  | {
      readonly op: 'set';
      readonly path: string;
      readonly data: Bytes;
      readonly version: number;
    }
  | {
      readonly op: 'setAcl';
      readonly path: string;
      readonly acl: readonly Acl[];
      readonly version: number;
    }
  | { readonly op: 'check'; readonly path: string; readonly version: number };

/** What happened to a path, in the order in which watches are told. */
export interface Change {
  readonly type: 'created' | 'deleted' | 'changed';
  readonly path: string;
  /** Who may hear of it, and of what it is for the parent. */
  readonly acl: readonly Acl[];
  readonly parentAcl: readonly Acl[];
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
  readonly ttlMs: number | undefined;
  acl: readonly Acl[];
  aversion: number;
  readonly children: Set<string>;
}

/** Who asks, and the place in the order. */
export interface Context {
  readonly zxid: bigint;
  readonly time: number;
  readonly session: bigint;
  /** Whether the asker has shown credentials. */
  readonly isKnown?: boolean;
}

/** The path of a created node, the node after a set; or an error code. */
export type Outcome =
  | { readonly err: 0; readonly path: string; readonly stat: Stat | undefined }
  | { readonly err: number; readonly path?: undefined; readonly stat?: undefined };

export class Model {
  readonly nodes = new Map<string, Node>();
  /** Timeouts of the sessions that exist. */
  readonly sessions = new Map<bigint, number>();
  /** Sessions that one server alone knows, and so no transaction tells of, until one does. */
  readonly locals = new Set<bigint>();
  /** Changes of the transaction being applied. */
  changes: Change[] = [];
  #undo: (() => void)[] = [];

  constructor() {
    const before = { zxid: 0n, time: 0, session: 0n };
    this.nodes.set('/', newNode(null, before, {}));
    const system = ['/zookeeper', '/zookeeper/config', '/zookeeper/quota'];
    for (const path of system) this.#add(path, null, before, {});
    this.changes = [];
  }

  /** All of the writes, or none and the error of the first that fails. */
  apply(ops: readonly WriteOp[], context: Context): readonly Outcome[] {
    this.changes = [];
    this.#undo = [];
    const outcomes: Outcome[] = [];
    for (const op of ops) {
      const { session } = context;
      const outcome =
        this.sessions.has(session) || this.locals.has(session)
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
    this.locals.delete(session);
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

  /** What the server does by itself with an empty container or TTL node; whether it might. */
  deleteContainer(path: string, context: Context): boolean {
    this.changes = [];
    const node = this.nodes.get(path);
    if (node === undefined || node.children.size > 0) return false;
    const isUsed = node.isContainer && node.creations > 0;
    const isOld = node.ttlMs !== undefined && context.time - node.mtime > node.ttlMs;
    if (!isUsed && !isOld) return false;
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
        const parent = this.nodes.get(parentOf(op.path));
        if (parent !== undefined && !may(context, parent, permissions.delete)) {
          return { err: codes.NO_AUTH };
        }
        const node = this.nodes.get(op.path);
        if (node === undefined) return { err: codes.NO_NODE };
        if (op.version !== -1 && op.version !== node.version) return { err: codes.BAD_VERSION };
        if (node.children.size > 0) return { err: codes.NOT_EMPTY };
        this.#remove(op.path, context);
        return { err: 0, path: op.path, stat: undefined };
      }
      case 'set':
        return this.#set(op, context);
      case 'setAcl':
        return this.#setAcl(op, context);
      case 'check': {
        const node = this.nodes.get(op.path);
        if (node === undefined) return { err: codes.NO_NODE };
        if (!may(context, node, permissions.read)) return { err: codes.NO_AUTH };
        if (op.version !== -1 && op.version !== node.version) return { err: codes.BAD_VERSION };
        return { err: 0, path: op.path, stat: undefined };
      }
    }
  }

  #create(op: WriteOp & { op: 'create' }, context: Context): Outcome {
    if (op.ephemeral && this.locals.has(context.session)) {
      return { err: codes.EPHEMERAL_ON_LOCAL_SESSION };
    }
    const parent = this.nodes.get(parentOf(op.path));
    if (parent === undefined) return { err: codes.NO_NODE };
    if (!may(context, parent, permissions.create)) return { err: codes.NO_AUTH };
    const suffix = op.sequential ? String(parent.creations).padStart(10, '0') : '';
    const path = op.path + suffix;
    if (this.nodes.has(path)) return { err: codes.NODE_EXISTS };
    if (parent.owner !== 0n) return { err: codes.NO_CHILDREN_FOR_EPHEMERALS };
    this.#add(path, op.data, context, {
      owner: op.ephemeral ? context.session : 0n,
      isContainer: op.container,
      ttlMs: op.ttlMs,
      acl: op.acl,
    });
    return { err: 0, path, stat: this.statOf(path) };
  }

  #set({ path, data, version }: WriteOp & { op: 'set' }, context: Context): Outcome {
    const node = this.nodes.get(path);
    if (node === undefined) return { err: codes.NO_NODE };
    if (!may(context, node, permissions.write)) return { err: codes.NO_AUTH };
    if (version !== -1 && version !== node.version) return { err: codes.BAD_VERSION };
    const before = { ...node };
    this.#undo.push(() => Object.assign(node, before));
    node.data = data;
    node.version += 1;
    node.mzxid = context.zxid;
    node.mtime = context.time;
    this.#tell('changed', path, node);
    return { err: 0, path, stat: statOf(node) };
  }

  #setAcl({ path, acl, version }: WriteOp & { op: 'setAcl' }, context: Context): Outcome {
    const node = this.nodes.get(path);
    if (node === undefined) return { err: codes.NO_NODE };
    if (!may(context, node, permissions.admin)) return { err: codes.NO_AUTH };
    if (version !== -1 && version !== node.aversion) return { err: codes.BAD_VERSION };
    node.acl = acl;
    node.aversion += 1;
    return { err: 0, path, stat: statOf(node) };
  }

  #tell(type: Change['type'], path: string, { acl }: Node): void {
    const parentAcl = this.nodes.get(parentOf(path))!.acl;
    this.changes.push({ type, path, acl, parentAcl });
  }

  #add(path: string, data: Bytes, context: Context, traits: Traits): void {
    const parent = this.nodes.get(parentOf(path))!;
    const before = { ...parent };
    const node = newNode(data, context, traits);
    this.nodes.set(path, node);
    parent.children.add(nameOf(path));
    parent.creations += 1;
    parent.pzxid = context.zxid;
    this.#tell('created', path, node);
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
    this.#tell('deleted', path, node);
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

/** What a node is beside its data; all is optional. */
type Traits = Partial<Pick<Node, 'owner' | 'isContainer' | 'ttlMs' | 'acl'>>;

const OPEN = accessLists[0]!;

function newNode(data: Bytes, { zxid, time }: Context, traits: Traits): Node {
  const { owner = 0n, isContainer = false, ttlMs, acl = OPEN } = traits;
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
    ttlMs,
    acl,
    aversion: 0,
    children: new Set(),
  };
}

function may({ isKnown = false }: Context, { acl }: Node, wanted: number): boolean {
  return permits(acl, wanted, isKnown);
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
    aversion: node.aversion,
    ephemeralOwner: node.owner,
    dataLength: node.data?.length ?? 0,
    numChildren,
    pzxid: node.pzxid,
  };
}
