/** Keeps the results of slices between runs, as long as the code they were got with is the same. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { type Json, OutOfTime } from './proof.js';

export interface SliceOptions {
  /** The file that holds the results. */
  readonly path: string;
  /** What the results depend on; others are thrown away. */
  readonly fingerprint: string;
  /** Milliseconds of `performance.now()` after which no slice begins. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

interface State {
  fingerprint: string;
  /** When the first slice began, as ISO date and time. */
  began: string;
  done: Record<string, Json>;
}

/** The slices of one proof. */
export class Slices {
  readonly #options: SliceOptions;
  #state: State;

  constructor(options: SliceOptions) {
    this.#options = options;
    this.#state = load(options);
  }

  get began(): string {
    return this.#state.began;
  }

  get done(): number {
    return Object.keys(this.#state.done).length;
  }

  /** See `ProofContext.slice`. */
  async run<T extends Json>(key: string, work: () => Promise<T>): Promise<T> {
    const known = this.#state.done[key];
    if (known !== undefined) return known as T;
    this.#options.signal.throwIfAborted();
    if (performance.now() >= this.#options.deadlineMs) throw new OutOfTime();
    const value = await work();
    this.#state.done[key] = value;
    this.#save();
    return value;
  }

  /** Forgets all results and begins anew. */
  restart(): void {
    rmSync(this.#options.path, { force: true });
    this.#state = emptyState(this.#options.fingerprint);
  }

  #save(): void {
    mkdirSync(dirname(this.#options.path), { recursive: true });
    const next = `${this.#options.path}.next`;
    writeFileSync(next, JSON.stringify(this.#state));
    renameSync(next, this.#options.path);
  }
}

function load({ path, fingerprint }: SliceOptions): State {
  try {
    const state = JSON.parse(readFileSync(path, 'utf8')) as State;
    if (state.fingerprint === fingerprint) return state;
  } catch {
    // No results yet, or a file that cannot be read: both mean beginning anew.
  }
  return emptyState(fingerprint);
}

function emptyState(fingerprint: string): State {
  return { fingerprint, began: new Date().toISOString(), done: {} };
}

/** A hash over every built file below `folders`. */
export function fingerprintOf(folders: readonly string[]): string {
  const hash = createHash('sha256');
  for (const folder of folders.filter((each) => existsSync(each))) {
    const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    for (const path of paths.filter((each) => each.endsWith('.js')).sort()) {
      hash.update(path).update(readFileSync(join(folder, path)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}
