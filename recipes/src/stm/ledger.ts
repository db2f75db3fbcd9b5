import type { Client, Codec, NodeData, SessionInfo, StandardSchema } from '@vivarium/core';
import { isZkError, ZkError } from '@vivarium/core';
import { RecipeError } from '../errors.js';
import { again } from '../shared/again.js';
import { codecOf, encoded } from '../shared/format.js';
import { isOfServers } from '../shared/node-path.js';
import { plainBytes } from '../shared/plain-bytes.js';
import { type StoredNode, storedNode } from '../shared/stored-node.js';
import type { Transaction } from './transaction.js';

/** What one try of a transaction has read, and what it is to write. */
export class Ledger implements Transaction {
  /** What is stored at each path that was read; undefined for no node. */
  readonly reads = new Map<string, StoredNode | undefined>();
  /** The data to write at each path; undefined for a node to delete. */
  readonly writes = new Map<string, Uint8Array | undefined>();
  readonly session: SessionInfo;
  /** Why no read can be had any more in this try; undefined as long as they can. */
  failure: { readonly error: unknown } | undefined;
  readonly #zk: Client;
  readonly #signal: AbortSignal;
  readonly #reading = new Map<string, Promise<StoredNode | undefined>>();
  #isOver = false;

  constructor(zk: Client, session: SessionInfo, signal: AbortSignal) {
    this.#zk = zk;
    this.session = session;
    this.#signal = signal;
  }

  get = async <T = Uint8Array>(path: string, format?: StandardSchema<T> | Codec<T>) => {
    this.#assertOpen(path);
    const bytes = this.writes.has(path) ? this.writes.get(path) : (await this.read(path))?.bytes;
    if (bytes === undefined) return undefined;
    if (format === undefined) return bytes.slice() as T;
    try {
      return codecOf(format).decode(bytes);
    } catch (cause) {
      throw new RecipeError('INVALID_VALUE', path, { cause });
    }
  };

  set = <T = NodeData>(
    path: string,
    value: NoInfer<T>,
    format?: StandardSchema<T> | Codec<T>,
  ): void => {
    this.#assertWritable(path);
    const bytes =
      format === undefined
        ? plainBytes(path, value as NodeData)
        : encoded(path, codecOf(format), value as T);
    this.writes.set(path, bytes);
  };

  delete = (path: string): void => {
    this.#assertWritable(path);
    this.writes.set(path, undefined);
  };

  /**
   * What is stored, whatever this transaction has written.
   *
   * @throws like {@link get}
   */
  async read(path: string): Promise<StoredNode | undefined> {
    this.#assertPath(path);
    const known = this.#reading.get(path) ?? this.#load(path);
    this.#reading.set(path, known);
    return known;
  }

  /** Reads what is to be written and was not read; resolves when nothing is read any more. */
  async readAll(): Promise<void> {
    const reads = [...this.writes.keys()].map((path) => this.read(path));
    await Promise.all([...reads, ...this.#reading.values()]);
  }

  /** From now on it may not be used. */
  close(): void {
    this.#isOver = true;
  }

  async #load(path: string): Promise<StoredNode | undefined> {
    const node = await this.#stored(path);
    this.reads.set(path, node);
    return node;
  }

  async #stored(path: string): Promise<StoredNode | undefined> {
    const options = { session: this.session.id, signal: this.#signal };
    for (;;) {
      try {
        const { data, stat } = await this.#zk.get(path, options);
        return storedNode(data, stat);
      } catch (error) {
        if (isZkError(error, 'NO_NODE')) return undefined;
        if (isZkError(error, 'SESSION_EXPIRED')) {
          this.failure = { error };
          throw error;
        }
        await again(this.#zk, this.session, error, this.#signal);
      }
    }
  }

  #assertOpen(path: string): void {
    if (this.#isOver) throw badArguments(path, 'the transaction is over');
  }

  #assertPath(path: string): void {
    // Refuses paths that are none; nothing is asked before somebody subscribes.
    this.#zk.exists$(path);
  }

  #assertWritable(path: string): void {
    this.#assertOpen(path);
    this.#assertPath(path);
    if (isOfServers(this.#zk, path)) throw badArguments(path, 'the node belongs to the servers');
  }
}

function badArguments(path: string, reason: string): ZkError {
  return new ZkError('BAD_ARGUMENTS', { path, reason });
}
