import { signal } from '@preact/signals';
import {
  bytes as asBytes,
  type ChildrenSnapshot,
  type Client,
  isZkError,
  type NodeSnapshot,
  type Stat,
} from '@vivarium/core';
import { childPath } from '../paths.js';

/** A child as it is now. */
export interface Entry {
  readonly data: Uint8Array;
  readonly stat: Stat;
  /** When it changed last while somebody looked, by `performance.now()`; 0 for never. */
  readonly changedAt: number;
}

/** A child that may not be read. */
export type HiddenEntry = 'hidden';

const GATHER_MS = 25;
const none = new Uint8Array();

/**
 * A node, the names of its children, and those children that are asked for, as they change: over
 * the streams of the client, which need nothing but one-shot watches.
 */
export class LiveFolder {
  readonly path: string;
  readonly node = signal<NodeSnapshot<Uint8Array> | undefined>(undefined);
  /** Undefined until the list has come; empty for a node that is gone. */
  readonly names = signal<readonly string[] | undefined>(undefined);
  readonly entries = signal<ReadonlyMap<string, Entry | HiddenEntry>>(new Map());
  /** Why node or list cannot be read. */
  readonly error = signal<unknown>(undefined);
  readonly #zk: Client;
  readonly #heard = new Map<string, Entry | HiddenEntry | undefined>();
  readonly #followed = new Map<string, () => void>();
  readonly #ends: (() => void)[] = [];
  #gathering: number | undefined;

  constructor(zk: Client, path: string) {
    this.#zk = zk;
    this.path = path;
    const error = (why: unknown) => {
      this.error.value = why;
    };
    const node = zk.node$(path, { codec: asBytes, freshness: true }).subscribe({
      next: (snapshot) => {
        this.node.value = snapshot;
      },
      error,
    });
    const list = zk.children$(path).subscribe({
      next: (snapshot: ChildrenSnapshot) => {
        this.names.value = snapshot.kind === 'present' ? snapshot.children : [];
      },
      error,
    });
    this.#ends.push(
      () => node.unsubscribe(),
      () => list.unsubscribe(),
    );
  }

  /** Follows these children and no others. */
  follow(names: readonly string[]): void {
    const wanted = new Set(names);
    for (const [name, end] of this.#followed) {
      if (wanted.has(name)) continue;
      end();
      this.#followed.delete(name);
      this.#tell(name, undefined);
    }
    for (const name of wanted) if (!this.#followed.has(name)) this.#follow(name);
  }

  end(): void {
    for (const end of this.#ends) end();
    for (const end of this.#followed.values()) end();
    clearTimeout(this.#gathering);
  }

  #follow(name: string): void {
    let known: bigint | undefined;
    const subscription = this.#zk.node$(childPath(this.path, name), { codec: asBytes }).subscribe({
      next: (snapshot) => {
        if (snapshot.kind !== 'present') {
          this.#tell(name, undefined);
          return;
        }
        const { data, stat } = snapshot;
        const isChange = known !== undefined && known !== stat.mzxid;
        known = stat.mzxid;
        const changedAt = isChange ? performance.now() : 0;
        this.#tell(name, { data: data ?? none, stat, changedAt });
      },
      error: (error: unknown) => {
        if (isZkError(error, 'NO_AUTH')) this.#tell(name, 'hidden');
      },
    });
    this.#followed.set(name, () => subscription.unsubscribe());
  }

  #tell(name: string, entry: Entry | HiddenEntry | undefined): void {
    this.#heard.set(name, entry);
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      const entries = new Map(this.entries.peek());
      for (const [each, heard] of this.#heard) {
        if (heard === undefined) entries.delete(each);
        else entries.set(each, heard);
      }
      this.#heard.clear();
      this.entries.value = entries;
    }, GATHER_MS);
  }
}
