import { unreachable } from '../base/assert.js';
import { type DiskStep, folders } from '../storage/disk.js';
import type { Files, StepPerformer } from './files.js';

/** What was asked of a file and not synced yet. */
type Pending = DiskStep & { readonly step: 'write' | 'truncate' };

/** A file as the server sees it. */
interface OpenFile {
  /** Name of the real file that holds what was synced: a draft until its own name is durable. */
  real: string;
  size: number;
  pending: Pending[];
}

/** A change of names that is not durable yet. */
type NameChange =
  | { readonly type: 'create'; readonly name: string; readonly file: OpenFile }
  | { readonly type: 'rename'; readonly from: string; readonly to: string; readonly file: OpenFile }
  | { readonly type: 'remove'; readonly name: string };

const DRAFT = 'not-durable.';

/**
 * A disk for crash tests: nothing reaches the real files before the server has asked for it to be
 * durable, names included. To kill the process is then to cut the power, with the harshest outcome
 * that a disk may choose: everything not synced is gone.
 *
 * With `lies`, `sync` says that it is done and does nothing: a crash test must fail with that.
 */
export class ForgetfulFiles implements StepPerformer {
  readonly #real: Files;
  readonly #lies: boolean;
  /** Files that were touched; `undefined` for names that were removed or renamed away. */
  readonly #files = new Map<string, OpenFile | undefined>();
  readonly #changes: Record<string, NameChange[]> = {
    [folders.snapshots]: [],
    [folders.logs]: [],
  };
  #drafts = 0;

  constructor(real: Files, options: { readonly lies: boolean }) {
    this.#real = real;
    this.#lies = options.lies;
    for (const folder of Object.values(folders)) {
      for (const { name } of real.list(folder)) {
        if (name.startsWith(DRAFT)) real.now({ step: 'remove', file: folder + name });
      }
    }
  }

  now(step: DiskStep): void {
    switch (step.step) {
      case 'create':
        this.#create(step.file);
        break;
      case 'write': {
        const file = this.#file(step.file);
        file.pending.push({ ...step, bytes: step.bytes.slice() });
        file.size = Math.max(file.size, step.position + step.bytes.length);
        break;
      }
      case 'allocate':
      case 'truncate': {
        const file = this.#file(step.file);
        file.pending.push({ step: 'truncate', file: step.file, size: step.size });
        file.size = step.size;
        break;
      }
      case 'sync':
        if (!this.#lies) this.#sync(this.#file(step.file));
        break;
      case 'sync-folder':
        this.#syncFolder(step.folder);
        break;
      case 'rename': {
        const { from, to } = step;
        const file = this.#file(from);
        this.#files.set(from, undefined);
        this.#files.set(to, file);
        this.#changesOf(to).push({ type: 'rename', from, to, file });
        break;
      }
      case 'remove':
        this.#files.set(step.file, undefined);
        this.#changesOf(step.file).push({ type: 'remove', name: step.file });
        break;
      case 'close':
        break;
      default:
        unreachable(step, 'disk step');
    }
  }

  async later(step: DiskStep): Promise<void> {
    this.now(step);
    // A real flush lets the loop turn, and other requests gather meanwhile; so does this one.
    if (step.step === 'sync') await new Promise((resolve) => setImmediate(resolve));
  }

  perform(steps: readonly DiskStep[]): void {
    for (const step of steps) this.now(step);
  }

  get isOneFolder(): boolean {
    return this.#real.isOneFolder;
  }

  list(folder: string): readonly { readonly name: string; readonly size: number }[] {
    const sizes = new Map<string, number>();
    for (const { name, size } of this.#real.list(folder)) {
      if (!name.startsWith(DRAFT)) sizes.set(name, size);
    }
    for (const [path, file] of this.#files) {
      if (!path.startsWith(folder)) continue;
      if (file === undefined) sizes.delete(path.slice(folder.length));
      else sizes.set(path.slice(folder.length), file.size);
    }
    return [...sizes].map(([name, size]) => ({ name, size }));
  }

  read(name: string, position: number, length: number): Uint8Array {
    const file = this.#file(name);
    const bytes = new Uint8Array(Math.max(0, Math.min(length, file.size - position)));
    const end = position + bytes.length;
    bytes.set(this.#real.read(file.real, position, bytes.length));
    for (const pending of file.pending) {
      if (pending.step === 'truncate') {
        if (pending.size < end) bytes.fill(0, Math.max(0, pending.size - position));
        continue;
      }
      const from = Math.max(position, pending.position);
      const to = Math.min(end, pending.position + pending.bytes.length);
      if (from >= to) continue;
      const part = pending.bytes.subarray(from - pending.position, to - pending.position);
      bytes.set(part, from - position);
    }
    return bytes;
  }

  close(): void {
    this.#real.close();
  }

  #create(name: string): void {
    this.#real.pathOf(name);
    const real = `${folderOf(name)}${DRAFT}${++this.#drafts}`;
    const file: OpenFile = { real, size: 0, pending: [] };
    this.#real.now({ step: 'create', file: real });
    this.#files.set(name, file);
    this.#changesOf(name).push({ type: 'create', name, file });
  }

  #file(name: string): OpenFile {
    const known = this.#files.get(name);
    if (known !== undefined) return known;
    const folder = folderOf(name);
    const found = this.#real.list(folder).find((one) => folder + one.name === name);
    if (this.#files.has(name) || found === undefined) {
      throw Object.assign(new Error(`there is no file ${name}`), { code: 'ENOENT' });
    }
    const file: OpenFile = { real: name, size: found.size, pending: [] };
    this.#files.set(name, file);
    return file;
  }

  #sync(file: OpenFile): void {
    for (const pending of file.pending) this.#real.now({ ...pending, file: file.real });
    file.pending = [];
  }

  /** Brings the names of a folder to the real disk, in the order in which they changed. */
  #syncFolder(folder: string): void {
    for (const change of this.#changesOf(folder).splice(0)) {
      if (change.type === 'remove') {
        this.#real.now({ step: 'remove', file: change.name });
        continue;
      }
      const { file } = change;
      const to = change.type === 'create' ? change.name : change.to;
      this.#real.now({ step: 'rename', from: file.real, to });
      file.real = to;
    }
  }

  #changesOf(name: string): NameChange[] {
    return this.#changes[folderOf(name)]!;
  }
}

function folderOf(name: string): string {
  return name.slice(0, name.indexOf('/') + 1);
}
