/** What a server has cut off its history, and a crash may bring back. */
import type { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { type DiskStep, folders } from '@vivarium/core/internal/storage/disk';
import type { Entry } from './entry.js';
import { isDurableIn, snapshotZxid } from './log-records.js';

/**
 * A cut is done for whoever reads the files as soon as a log is shorter, or gone. For whoever reads
 * them after a power cut it is done when the log, or the folder, was synced, and not before: by the
 * disk's own word, what was cut off is then no more where it stood.
 */
export class Cuts {
  #disk: MemoryDisk;
  /** Not known to be gone for good. */
  #entries: Entry[] = [];
  /** Snapshots that went although no newer one is left: they show what was cut. */
  #snapshots: string[] = [];

  constructor(disk: MemoryDisk) {
    this.#disk = disk;
  }

  /** The end of a history was cut off, or has given way to a leader's tree. */
  add(entries: readonly Entry[]): void {
    this.#entries.push(...entries);
  }

  /** The server's disk has performed a step. */
  performed(step: DiskStep): void {
    switch (step.step) {
      case 'remove':
        if (this.#isNewestSnapshot(step.file)) this.#snapshots.push(step.file);
        return;
      case 'sync':
        this.#settle((entry) => folders.logs + entry.file === step.file);
        return;
      case 'sync-folder':
        if (step.folder === folders.logs) this.#settle(() => true);
        else this.#snapshots = this.#snapshots.filter((file) => this.#hasName(file));
    }
  }

  /**
   * A life begins with what a disk holds, which it has made durable.
   *
   * @param lost what the life before had, and this one has not
   */
  begin(disk: MemoryDisk, lost: readonly Entry[]): void {
    this.#disk = disk;
    this.#entries.push(...lost);
    this.#settle(() => true);
    const seen = new Set(disk.list(folders.snapshots).map(({ name }) => folders.snapshots + name));
    this.#snapshots = this.#snapshots.filter((file) => !seen.has(file) && this.#hasName(file));
  }

  /** Nothing of it matters any more: what a disk holds now is not what was made durable. */
  clear(disk: MemoryDisk): void {
    this.#disk = disk;
    this.#entries = [];
    this.#snapshots = [];
  }

  /** Up to where a power cut may bring the history back; `undefined` when it cannot. */
  revenant(history: { find(zxid: bigint): Entry | undefined }): bigint | undefined {
    const entry = this.#entries.findLast(({ zxid }) => history.find(zxid) === undefined);
    if (entry !== undefined) return entry.zxid;
    const [file] = this.#snapshots;
    return file === undefined ? undefined : zxidIn(file);
  }

  #settle(isMeant: (entry: Entry) => boolean): void {
    if (this.#entries.length === 0) return;
    this.#entries = this.#entries.filter((entry) => {
      return !isMeant(entry) || isDurableIn(this.#disk, entry);
    });
  }

  #isNewestSnapshot(removed: string): boolean {
    const zxid = zxidIn(removed);
    if (zxid === undefined) return false;
    return this.#disk.list(folders.snapshots).every(({ name }) => {
      const other = snapshotZxid(name);
      return other === undefined || other < zxid;
    });
  }

  #hasName(file: string): boolean {
    return this.#disk.readDurable(file, 0, 1).length > 0;
  }
}

function zxidIn(file: string): bigint | undefined {
  if (!file.startsWith(folders.snapshots)) return undefined;
  return snapshotZxid(file.slice(folders.snapshots.length));
}
