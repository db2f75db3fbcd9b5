import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fsync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  renameSync,
  statSync,
  unlink,
  unlinkSync,
  write,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { unreachable } from '../base/assert.js';
import { type BootDisk, type DiskStep, folders } from '../storage/disk.js';
import { systemCode } from './start-error.js';

/** Something that can perform disk steps, one after the other. */
export interface StepPerformer extends BootDisk {
  /** Performs a step before it returns. */
  now(step: DiskStep): void;
  /** Performs a step without holding up the event loop where that could take long. */
  later(step: DiskStep): Promise<void>;
  /** Closes every handle; nothing is performed afterwards. */
  close(): void;
}

/** Real folders for the two prefixes of file names. */
export interface FolderPaths {
  readonly snapshots: string;
  readonly logs: string;
}

/**
 * Larger writes are done in the thread pool. A copy of this much into the page cache takes some ten
 * microseconds, less than the way into the pool and back.
 */
const INLINE_WRITE_BYTES = 65_536;

/**
 * The files of one server. Handles stay open until a step closes, removes or replaces the file, so
 * that a flush needs no lookup.
 */
export class Files implements StepPerformer {
  readonly #paths: FolderPaths;
  readonly #handles = new Map<string, number>();
  #closed = false;

  constructor(paths: FolderPaths) {
    this.#paths = paths;
  }

  get isOneFolder(): boolean {
    const [one, other] = [this.#paths.snapshots, this.#paths.logs];
    if (realpathSync(one) === realpathSync(other)) return true;
    // A folder may be mounted at a second place. Systems without such numbers say 0.
    const [a, b] = [statSync(one), statSync(other)];
    return a.ino !== 0 && a.ino === b.ino && a.dev === b.dev;
  }

  now(step: DiskStep): void {
    switch (step.step) {
      case 'create':
        this.#forget(step.file);
        this.#handles.set(step.file, openSync(this.pathOf(step.file), 'w+', 0o600));
        break;
      case 'allocate':
        this.#allocate(step.file, step.size);
        break;
      case 'write':
        writeFully(this.#handle(step.file), step.bytes, step.position);
        break;
      case 'sync':
        fdatasyncSync(this.#handle(step.file));
        break;
      case 'sync-folder':
        fsyncSync(this.#folderHandle(step.folder));
        break;
      case 'rename':
        this.#forget(step.to);
        this.#forget(step.from);
        renameSync(this.pathOf(step.from), this.pathOf(step.to));
        break;
      case 'truncate':
        ftruncateSync(this.#handle(step.file), step.size);
        break;
      case 'remove':
        this.#forget(step.file);
        removeIfThere(this.pathOf(step.file));
        break;
      case 'close':
        this.#forget(step.file);
        break;
      default:
        unreachable(step, 'disk step');
    }
  }

  later(step: DiskStep): Promise<void> {
    switch (step.step) {
      case 'sync':
        return inPool((done) => fdatasync(this.#handle(step.file), done));
      case 'sync-folder':
        return inPool((done) => fsync(this.#folderHandle(step.folder), done));
      case 'write':
        if (step.bytes.length > INLINE_WRITE_BYTES) {
          return writeFullyLater(this.#handle(step.file), step.bytes, step.position);
        }
        break;
      case 'remove':
        // A large file takes the system long: 55 ms for 64 MiB, 118 for 300 (2026-11, ext4).
        this.#forget(step.file);
        return inPool((done) => unlink(this.pathOf(step.file), (e) => done(isGone(e) ? null : e)));
    }
    return inPool((done) => {
      this.now(step);
      done(null);
    });
  }

  perform(steps: readonly DiskStep[]): void {
    for (const step of steps) this.now(step);
  }

  list(folder: string): readonly { readonly name: string; readonly size: number }[] {
    const path = this.pathOf(folder);
    const files: { readonly name: string; readonly size: number }[] = [];
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (!entry.isFile() && !entry.isSymbolicLink()) continue;
      // A link may stand for a file that was moved to where there is room; one to nowhere fails.
      // Any other file may have gone since, when a server works in the folder.
      const found = statSync(join(path, entry.name), { throwIfNoEntry: entry.isSymbolicLink() });
      if (found?.isFile() === true) files.push({ name: entry.name, size: found.size });
    }
    return files;
  }

  read(file: string, position: number, length: number): Uint8Array {
    const handle = openSync(this.pathOf(file), 'r');
    try {
      const bytes = new Uint8Array(length);
      let size = 0;
      while (size < length) {
        const count = readSync(handle, bytes, size, length - size, position + size);
        if (count === 0) break;
        size += count;
      }
      return size === length ? bytes : bytes.slice(0, size);
    } finally {
      closeSync(handle);
    }
  }

  close(): void {
    this.#closed = true;
    for (const handle of this.#handles.values()) closeSync(handle);
    this.#handles.clear();
  }

  /** Where a file or folder of the machine's names really is. */
  pathOf(name: string): string {
    for (const key of ['snapshots', 'logs'] as const) {
      const prefix = folders[key];
      if (!name.startsWith(prefix)) continue;
      const rest = name.slice(prefix.length);
      if (rest.includes('/') || rest === '..') break;
      return join(this.#paths[key], rest);
    }
    throw new Error(`'${name}' is in none of the folders of this server`);
  }

  /**
   * The size alone, without zeros that are really written: later writes then leave the size as it
   * is, which is what makes flushes cheap (ext4: 96 µs a flush, with written zeros 93, without
   * allocation 129), and 64 MiB of zeros would hold the log up for 60 ms.
   */
  #allocate(file: string, size: number): void {
    ftruncateSync(this.#handle(file), size);
  }

  #handle(file: string): number {
    const known = this.#handles.get(file);
    if (known !== undefined) return known;
    if (this.#closed) throw new Error('the disk was closed');
    const opened = openSync(this.pathOf(file), 'r+');
    this.#handles.set(file, opened);
    return opened;
  }

  #folderHandle(folder: string): number {
    const known = this.#handles.get(folder);
    if (known !== undefined) return known;
    if (this.#closed) throw new Error('the disk was closed');
    const opened = openSync(this.pathOf(folder), 'r');
    this.#handles.set(folder, opened);
    return opened;
  }

  #forget(file: string): void {
    const handle = this.#handles.get(file);
    if (handle === undefined) return;
    this.#handles.delete(file);
    closeSync(handle);
  }
}

/** A write may take less than it was given; what is left is given again until it fails. */
function writeFully(handle: number, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length) {
    const count = writeSync(handle, bytes, done, bytes.length - done, position + done);
    if (count === 0) throw nothingTaken();
    done += count;
  }
}

function writeFullyLater(handle: number, bytes: Uint8Array, position: number): Promise<void> {
  return inPool((done) => {
    const goOn = (from: number) => {
      write(handle, bytes, from, bytes.length - from, position + from, (error, count) => {
        if (error !== null) done(error);
        else if (count === 0) done(nothingTaken());
        else if (from + count < bytes.length) goOn(from + count);
        else done(null);
      });
    };
    goOn(0);
  });
}

/** A system that takes nothing and says nothing would be asked without end. */
function nothingTaken(): Error {
  return Object.assign(new Error('the system takes no more bytes'), { code: 'EIO' });
}

function inPool(run: (done: (error: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    run((error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

/** What a purge wants gone and somebody else removed is gone as well. */
function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

function isGone(error: unknown): boolean {
  return systemCode(error) === 'ENOENT';
}
