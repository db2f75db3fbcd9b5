/**
 * A tree as plain as can be: what the transactions of a log make, computed without a line of the
 * server's own tree.
 */
import type { Txn, TxnBody } from '@vivarium/core/internal/wire/txns';

export interface ModelNode {
  data: Uint8Array | null;
  readonly czxid: bigint;
  mzxid: bigint;
  pzxid: bigint;
  version: number;
  readonly owner: bigint;
  /** Children created so far. */
  creations: number;
  children: number;
}

export class Model {
  readonly nodes = new Map<string, ModelNode>([['/', newNode(null, 0n, 0n)]]);
  readonly sessions = new Set<bigint>();
  lastZxid = 0n;

  /** @throws when the transaction cannot follow those before it */
  apply({ header, body }: Txn): void {
    this.lastZxid = header.zxid;
    this.#apply(body, header.zxid, header.clientId);
  }

  #apply(body: TxnBody, zxid: bigint, session: bigint): void {
    switch (body.type) {
      case -10:
        this.sessions.add(session);
        break;
      case -11: {
        this.sessions.delete(session);
        for (const [path, { owner }] of this.nodes) if (owner === session) this.#remove(path, zxid);
        break;
      }
      case 1:
      case 15: {
        if (body.ephemeral && !this.sessions.has(session)) {
          throw new Error(`${body.path} is made for session ${session}, which does not exist`);
        }
        const parent = this.#node(parentOf(body.path));
        if (this.nodes.has(body.path)) throw new Error(`${body.path} is made twice`);
        this.nodes.set(body.path, newNode(body.data, zxid, body.ephemeral ? session : 0n));
        parent.creations++;
        parent.children++;
        parent.pzxid = zxid;
        break;
      }
      case 2:
        this.#node(body.path);
        this.#remove(body.path, zxid);
        break;
      case 5: {
        const node = this.#node(body.path);
        if (body.version !== node.version + 1) {
          throw new Error(`${body.path} goes from version ${node.version} to ${body.version}`);
        }
        node.data = body.data;
        node.version = body.version;
        node.mzxid = zxid;
        break;
      }
      case 14:
        if (!body.txns.some(({ type }) => type === -1)) {
          for (const sub of body.txns) this.#apply(sub, zxid, session);
        }
        break;
      case -1:
      case 13:
        break;
      default:
        throw new Error(`a transaction of type ${body.type}, which nobody asked for`);
    }
  }

  #remove(path: string, zxid: bigint): void {
    if (this.#node(path).children > 0) throw new Error(`${path} is removed with its children`);
    this.nodes.delete(path);
    const parent = this.#node(parentOf(path));
    parent.children--;
    parent.pzxid = zxid;
  }

  #node(path: string): ModelNode {
    const node = this.nodes.get(path);
    if (node === undefined) throw new Error(`${path} is used but does not exist`);
    return node;
  }
}

function newNode(data: Uint8Array | null, zxid: bigint, owner: bigint): ModelNode {
  return {
    data,
    czxid: zxid,
    mzxid: zxid,
    pzxid: zxid,
    version: 0,
    owner,
    creations: 0,
    children: 0,
  };
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')));
}
