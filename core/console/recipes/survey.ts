import { signal } from '@preact/signals';
import type { Client } from '@vivarium/core';
import type { ChildLook } from '@vivarium/core/internal/layouts/node-look';
import { recognise } from '@vivarium/core/internal/layouts/recognise';
import type { Recognised } from '@vivarium/core/internal/layouts/recognised';
import { sequentialName } from '@vivarium/core/internal/layouts/sequence';
import { childPath, nameOf, parentPath } from '../paths.js';
import { tallyOf } from './kind-words.js';
import { lookAt, type Seen, withChildren } from './look-at.js';

/** A node that was recognised. */
export interface Found {
  readonly path: string;
  /** What it may be, the surest first; at least one. */
  readonly all: readonly Recognised[];
  /** How it stands, in words. */
  readonly tally: string;
  /** When it went, by `performance.now()`; undefined while it is there. */
  readonly goneAt: number | undefined;
  /** When it came or changed last while somebody looked, by `performance.now()`. */
  readonly changedAt: number;
}

/** How far a survey has come. */
export interface SurveyState {
  /** `paused`: it has looked at as many as it may without being asked. */
  readonly phase: 'running' | 'paused' | 'stopped' | 'done' | 'failed';
  /** Nodes looked at. */
  readonly looked: number;
  /** Nodes whose data or children may not be read. */
  readonly hidden: number;
  /** Children that were not looked at, as their parent has very many; see {@link FAN_OUT}. */
  readonly passedOver: readonly PassedOver[];
}

/** A node with very many children, of which only the first were looked at. */
export interface PassedOver {
  readonly path: string;
  readonly count: number;
}

/** Nodes that are looked at without being asked for more. */
export const STEP = 20_000;
/** Of children whose names tell nothing, so many are looked at; below the root of a survey, all. */
export const FAN_OUT = 200;
/** Reads on their way at once. */
const WIDTH = 64;
const TELL_MS = 120;
/** More of these notes nobody reads. */
const NOTES_MAX = 20;
/** Recipes that are found without being asked for more. */
const FOUND_STEP = 10_000;

/** A folder whose children are being looked at, since its names alone do not tell. */
interface Folder {
  readonly seen: Seen;
  readonly children: Map<string, ChildLook>;
  due: number;
}

/**
 * Walks down a part of the tree and recognises recipes. Goes level by level, a bounded number of
 * nodes at a time, and into nothing that is recognised.
 */
export class Survey {
  readonly root: string;
  readonly state = signal<SurveyState>(begun);
  /** Counts up with each change to what was found. */
  readonly version = signal(0);
  readonly found = new Map<string, Found>();
  readonly #zk: Client;
  readonly #folders = new Map<string, Folder>();
  #queue: string[] = [];
  #at = 0;
  #limit = 0;
  #stop = new AbortController();
  #state: SurveyState = begun;
  #toldAt = 0;
  #telling: number | undefined;

  constructor(zk: Client, root: string) {
    this.#zk = zk;
    this.root = root;
    this.#queue.push(root);
  }

  /** Looks at so many more nodes. Resolves when it stands still. */
  async goOn(): Promise<void> {
    if (this.#state.phase === 'running' && this.#limit > 0) return;
    this.#limit = this.#state.looked + STEP;
    this.#stop = new AbortController();
    this.#tell({ phase: 'running' }, true);
    const most = this.found.size + FOUND_STEP;
    const mayGoOn = () => {
      if (this.#stop.signal.aborted || this.found.size >= most) return false;
      return this.#state.looked < this.#limit;
    };
    let running = 0;
    await new Promise<void>((resolve) => {
      const pump = () => {
        for (let path: string | undefined; running < WIDTH && mayGoOn(); ) {
          path = this.#next();
          if (path === undefined) break;
          running++;
          void this.#visitOrNote(path).then(() => {
            running--;
            pump();
          });
        }
        if (running === 0) resolve();
      };
      pump();
    });
    // What was seen of their children so far may be enough.
    for (const folder of this.#folders.values()) this.#conclude(folder);
    const isOver = this.#at >= this.#queue.length;
    if (this.#state.phase === 'running') this.#tell({ phase: isOver ? 'done' : 'paused' });
    this.#tell({}, true);
  }

  /** Stops; {@link goOn} goes on where it was. */
  stop(): void {
    if (this.#state.phase !== 'running') return;
    this.#tell({ phase: 'stopped' }, true);
    this.#stop.abort();
  }

  /** Takes in what was seen of a node now. @returns whether it is, or was, recognised */
  take({ look }: Seen): boolean {
    const before = this.found.get(look.path);
    const recognised = recognise(look);
    // A lock that nobody wants is an empty folder: what it was it still is.
    const all = recognised.length > 0 ? recognised : (before?.all ?? []);
    const [first] = all;
    if (first === undefined) return false;
    const tally = tallyOf(first, look);
    if (before?.tally === tally && before.goneAt === undefined) {
      if (before.all[0]?.kind === first.kind && before.all.length === all.length) return true;
    }
    const changedAt = performance.now();
    this.found.set(look.path, { path: look.path, all, tally, goneAt: undefined, changedAt });
    this.#changed();
    return true;
  }

  /** Notes that a node is gone. */
  gone(path: string): void {
    const before = this.found.get(path);
    if (before === undefined || before.goneAt !== undefined) return;
    this.found.set(path, { ...before, goneAt: performance.now() });
    this.#changed();
  }

  /** Forgets those that went some time ago. */
  forget(afterMs: number): void {
    const now = performance.now();
    for (const { path, goneAt } of this.found.values()) {
      if (goneAt === undefined || now - goneAt < afterMs) continue;
      this.found.delete(path);
      this.#changed();
    }
  }

  /** Changes are told together: each makes a list of all that was found. */
  #changed(): void {
    this.#telling ??= setTimeout(() => {
      this.#telling = undefined;
      this.version.value++;
    }, TELL_MS);
  }

  #next(): string | undefined {
    const path = this.#queue[this.#at];
    if (path === undefined) return undefined;
    this.#at++;
    if (this.#at > 4_096) {
      this.#queue = this.#queue.slice(this.#at);
      this.#at = 0;
    }
    return path;
  }

  async #visitOrNote(path: string): Promise<void> {
    try {
      await this.#visit(path);
    } catch {
      if (this.#zk.state.type === 'connected' && !this.#stop.signal.aborted) {
        // It is of this node alone, such as a list that is longer than any answer may be.
        this.#tell({ hidden: this.#state.hidden + 1 });
        return;
      }
      // To be looked at when it goes on.
      this.#queue.push(path);
      if (this.#state.phase === 'running') this.#tell({ phase: 'failed' }, true);
      this.#stop.abort();
    }
  }

  async #visit(path: string): Promise<void> {
    const seen = await lookAt(this.#zk, path, { signal: this.#stop.signal });
    const hidden = this.#state.hidden + (seen?.isHidden === true ? 1 : 0);
    this.#tell({ looked: this.#state.looked + 1, hidden });
    this.#tellParent(path, seen);
    if (seen === undefined) return;
    const { look } = seen;
    const [first] = recognise(look);
    if (first !== undefined) this.take(seen);
    const isKnown = first !== undefined && first.sure !== 'possible';
    const due = isKnown ? this.#besides(first, look.names) : look.names;
    if (due.length === 0) return;
    const few = path === this.root ? due : due.slice(0, FAN_OUT);
    if (few.length < due.length) this.#passOver({ path, count: due.length - few.length });
    if (!isKnown) this.#folders.set(path, { seen, children: new Map(), due: few.length });
    for (const name of few) this.#queue.push(childPath(path, name));
  }

  /** Children of a recipe's node that take no part in it, and may be anything. */
  #besides({ kind, arrangement }: Recognised, names: readonly string[]): readonly string[] {
    if (arrangement !== 'flat') return [];
    if (kind !== 'lock' && kind !== 'readWriteLock' && kind !== 'election') return [];
    return names.filter((name) => sequentialName(name) === undefined);
  }

  #tellParent(path: string, seen: Seen | undefined): void {
    if (path === this.root) return;
    const parent = parentPath(path);
    const folder = this.#folders.get(parent);
    if (folder === undefined) return;
    folder.due--;
    if (seen !== undefined) {
      const { owner, data } = seen.look;
      folder.children.set(nameOf(path), { owner, data: data ?? new Uint8Array() });
    }
    if (folder.due > 0) return;
    this.#conclude(folder);
    this.#folders.delete(parent);
  }

  #conclude({ seen, children }: Folder): void {
    if (children.size > 0) this.take(withChildren(seen, children));
  }

  #passOver(note: PassedOver): void {
    const { passedOver } = this.#state;
    if (passedOver.length < NOTES_MAX) this.#tell({ passedOver: [...passedOver, note] });
  }

  #tell(changes: Partial<SurveyState>, isUrgent = false): void {
    this.#state = { ...this.#state, ...changes };
    const now = performance.now();
    if (!isUrgent && now - this.#toldAt < TELL_MS) return;
    this.#toldAt = now;
    this.state.value = this.#state;
  }
}

const begun: SurveyState = { phase: 'running', looked: 0, hidden: 0, passedOver: [] };
