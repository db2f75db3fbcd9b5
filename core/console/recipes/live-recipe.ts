import { computed, effect, type ReadonlySignal, signal } from '@preact/signals';
import type { Client } from '@vivarium/core';
import type { ChildLook, NodeLook } from '@vivarium/core/internal/layouts/node-look';
import { recognise } from '@vivarium/core/internal/layouts/recognise';
import {
  foldersOf,
  type RecipeKind,
  type Recognised,
} from '@vivarium/core/internal/layouts/recognised';
import { childPath } from '../paths.js';
import { LiveFolder } from './live-folder.js';
import { orderOf, reasonOf, SHOWN_MAX } from './order.js';

/** The node of a recipe with everything that has to be known to show it, live. */
export class LiveRecipe {
  readonly main: LiveFolder;
  /** Its folders, by name. */
  readonly folders = signal<ReadonlyMap<string, LiveFolder>>(new Map());
  /** Everything that it may be, the surest first; what it was, where nothing tells it any more. */
  readonly all: ReadonlySignal<readonly Recognised[]>;
  /** What it is shown as. */
  readonly chosen: ReadonlySignal<Recognised | undefined>;
  readonly #zk: Client;
  readonly #ends: (() => void)[] = [];
  #last: readonly Recognised[] = [];

  /** @param wanted what somebody has said that it is, where it may be several things */
  constructor(zk: Client, path: string, wanted: ReadonlySignal<RecipeKind | undefined>) {
    this.#zk = zk;
    this.main = new LiveFolder(zk, path);
    this.all = computed(() => {
      const look = this.#look();
      const found = look === undefined ? [] : recognise(look);
      if (found.length > 0) this.#last = found;
      return this.#last;
    });
    this.chosen = computed(() => {
      const all = this.all.value;
      return all.find(({ kind }) => kind === wanted.value) ?? all[0];
    });
    this.#ends.push(
      effect(() => this.#openFolders()),
      effect(() => this.#followMembers()),
    );
  }

  end(): void {
    for (const end of this.#ends) end();
    this.main.end();
    for (const folder of this.folders.peek().values()) folder.end();
  }

  #look(): NodeLook | undefined {
    const { main } = this;
    const node = main.node.value;
    const names = main.names.value;
    if (node?.kind !== 'present' || names === undefined) return undefined;
    const children = new Map<string, ChildLook>();
    for (const [name, entry] of main.entries.value) {
      if (entry === 'hidden' || !names.includes(name)) continue;
      children.set(name, { owner: entry.stat.ephemeralOwner, data: entry.data });
    }
    const folders = new Map<string, readonly string[]>();
    for (const [name, folder] of this.folders.value) folders.set(name, folder.names.value ?? []);
    const owner = node.stat.ephemeralOwner;
    return { path: main.path, owner, data: node.data ?? undefined, names, children, folders };
  }

  #openFolders(): void {
    const { value } = this.chosen;
    const wanted = value === undefined ? [] : foldersOf(value);
    const known = this.folders.peek();
    if (wanted.length === known.size && wanted.every((name) => known.has(name))) return;
    const next = new Map<string, LiveFolder>();
    for (const name of wanted) {
      const path = childPath(this.main.path, name);
      next.set(name, known.get(name) ?? new LiveFolder(this.#zk, path));
    }
    for (const [name, folder] of known) if (!next.has(name)) folder.end();
    this.folders.value = next;
  }

  #followMembers(): void {
    const { value } = this.chosen;
    const names = this.main.names.value ?? [];
    this.main.follow(orderOf(value?.kind, names).slice(0, SHOWN_MAX));
    for (const [name, folder] of this.folders.value) {
      const shown = orderOf(value?.kind, folder.names.value ?? []).slice(0, SHOWN_MAX);
      folder.follow(name === 'dead' ? [...shown, ...shown.map(reasonOf)] : shown);
    }
  }
}
