import { unreachable } from '../base/assert.js';
import type { BootDisk, DiskFailure, DiskStep } from '../storage/disk.js';
import { Inode } from './inode.js';
import type { Random } from './random.js';

/** A step that failed, as a real disk would tell it. */
export class DiskError extends Error {
  readonly code: string;

  constructor({ code, message }: DiskFailure) {
    super(message);
    this.code = code;
  }
}

/** A step that is to fail. */
interface PlannedFailure {
  readonly step: DiskStep['step'];
  readonly failure: DiskFailure;
  readonly prefix: string;
  readonly failed: () => void;
}

interface NamedInode {
  readonly name: string;
  readonly inode: Inode;
}

/** A change of names in a folder; a rename is one change, and survives or not as one. */
interface NameChange {
  readonly folder: string;
  readonly remove: string | undefined;
  readonly add: NamedInode | undefined;
}

/**
 * A small file system in memory that knows what a power cut would leave of it: a file's bytes are
 * durable after `sync`, its name after `sync-folder`, and of all else a crash keeps any part.
 */
export class MemoryDisk implements BootDisk {
  /** Bytes that all files together may hold; a write beyond it fails half done. */
  capacityBytes = Number.POSITIVE_INFINITY;
  /** Told of each step that found no room. */
  onFull: (() => void) | undefined;
  readonly #names: Map<string, Inode>;
  readonly #durableNames: Map<string, Inode>;
  /** The files of each folder that was listed, until a name changes. */
  readonly #lists = new Map<string, readonly NamedInode[]>();
  readonly #failures: PlannedFailure[] = [];
  #changes: NameChange[] = [];
  #performed = 0;

  constructor(files: Iterable<readonly [string, Inode]> = []) {
    this.#names = new Map(files);
    this.#durableNames = new Map(this.#names);
  }

  /** How many steps were performed: as long as it stays, nothing has changed. */
  get performed(): number {
    return this.#performed;
  }

  /** Bytes that all files hold. */
  get usedBytes(): number {
    let used = 0;
    for (const { size } of this.#names.values()) used += size;
    return used;
  }

  list(folder: string): readonly { readonly name: string; readonly size: number }[] {
    return this.#filesIn(folder).map(({ name, inode }) => ({ name, size: inode.size }));
  }

  read(file: string, position: number, length: number): Uint8Array {
    return this.#inode(file).read(position, length);
  }

  /** As {@link read}, of what is certain to survive a crash; nothing when its name is not. */
  readDurable(file: string, position: number, length: number): Uint8Array {
    return this.#durableNames.get(file)?.readDurable(position, length) ?? new Uint8Array(0);
  }

  perform(steps: readonly DiskStep[]): void {
    for (const step of steps) this.performStep(step);
  }

  /** @throws DiskError when the step fails, as planned or because it makes no sense */
  performStep(step: DiskStep): void {
    this.#performed++;
    const planned = this.#failures.find((failure) => isMeant(failure, step));
    if (planned !== undefined) {
      this.#failures.splice(this.#failures.indexOf(planned), 1);
      if (step.step === 'sync') this.#inode(step.file).dropUnsynced();
      planned.failed();
      throw new DiskError(planned.failure);
    }
    switch (step.step) {
      case 'create':
        this.#changeNames(step.file, undefined, new Inode());
        return;
      case 'allocate': {
        const inode = this.#inode(step.file);
        this.#demand(step.size - inode.size);
        if (step.size > inode.size) inode.resize(step.size);
        return;
      }
      case 'write':
        this.#write(this.#inode(step.file), step.position, step.bytes);
        return;
      case 'sync':
        this.#inode(step.file).sync();
        return;
      case 'sync-folder':
        this.#syncFolder(step.folder);
        return;
      case 'rename':
        this.#changeNames(step.to, step.from, this.#inode(step.from));
        return;
      case 'truncate':
        this.#inode(step.file).resize(step.size);
        return;
      case 'remove':
        this.#inode(step.file);
        this.#changeNames(undefined, step.file, undefined);
        return;
      case 'close':
        return;
      default:
        unreachable(step, 'disk step');
    }
  }

  /**
   * Lets the next step of this kind fail. A failed `sync` loses what it was to make durable.
   *
   * @param prefix of the names of the files that are meant; absent for all
   * @param failed told when it has failed
   */
  failNext(
    step: DiskStep['step'],
    failure: DiskFailure,
    prefix = '',
    failed: () => void = () => {},
  ): void {
    this.#failures.push({ step, failure, prefix, failed });
  }

  /** Takes back what {@link failNext} has planned. */
  forgetFailures(): void {
    this.#failures.length = 0;
  }

  /**
   * The disk as a power cut at this moment would leave it; this disk stays as it is. Each change
   * that is not durable survives or not, sector by sector and name by name.
   */
  afterCrash(random: Random): MemoryDisk {
    const chance = random.pick([0, 0.2, 0.5, 0.9, 1]);
    return this.#left(() => random.chance(chance));
  }

  /** Only what is certain to survive. */
  durableImage(): MemoryDisk {
    return this.#left(() => false);
  }

  #left(survives: () => boolean): MemoryDisk {
    const names = new Map(this.#durableNames);
    for (const change of this.#changes) if (survives()) applyNames(names, change);
    return new MemoryDisk(
      [...names].map(([name, inode]) => [name, inode.afterCrash(survives)] as const),
    );
  }

  #write(inode: Inode, position: number, bytes: Uint8Array): void {
    const growth = position + bytes.length - inode.size;
    const room = this.capacityBytes - this.usedBytes;
    if (growth > room) {
      const fits = bytes.length - (growth - Math.max(0, room));
      if (fits > 0) inode.write(position, bytes.subarray(0, fits));
    }
    this.#demand(growth);
    inode.write(position, bytes);
  }

  #demand(growth: number): void {
    if (growth <= 0 || growth <= this.capacityBytes - this.usedBytes) return;
    this.onFull?.();
    throw new DiskError({ code: 'ENOSPC', message: 'no space left on the simulated disk' });
  }

  #syncFolder(folder: string): void {
    const later: NameChange[] = [];
    for (const change of this.#changes) {
      if (change.folder === folder) applyNames(this.#durableNames, change);
      else later.push(change);
    }
    this.#changes = later;
  }

  #changeNames(
    add: string | undefined,
    remove: string | undefined,
    inode: Inode | undefined,
  ): void {
    const folder = folderOf(add ?? remove ?? '');
    if (remove !== undefined && folderOf(remove) !== folder) {
      throw new DiskError({ code: 'EXDEV', message: `${remove}: renamed across folders` });
    }
    const added = add === undefined || inode === undefined ? undefined : { name: add, inode };
    const change: NameChange = { folder, remove, add: added };
    applyNames(this.#names, change);
    this.#lists.clear();
    this.#changes.push(change);
  }

  #filesIn(folder: string): readonly NamedInode[] {
    const known = this.#lists.get(folder);
    if (known !== undefined) return known;
    const files: NamedInode[] = [];
    for (const [file, inode] of this.#names) {
      if (file.startsWith(folder)) files.push({ name: file.slice(folder.length), inode });
    }
    this.#lists.set(folder, files);
    return files;
  }

  #inode(file: string): Inode {
    const inode = this.#names.get(file);
    if (inode !== undefined) return inode;
    throw new DiskError({ code: 'ENOENT', message: `no such file on the simulated disk: ${file}` });
  }
}

function isMeant({ step, prefix }: PlannedFailure, actual: DiskStep): boolean {
  if (step !== actual.step) return false;
  const name = 'file' in actual ? actual.file : 'from' in actual ? actual.from : actual.folder;
  return name.startsWith(prefix);
}

function applyNames(names: Map<string, Inode>, { remove, add }: NameChange): void {
  if (remove !== undefined) names.delete(remove);
  if (add !== undefined) names.set(add.name, add.inode);
}

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf('/') + 1);
}
