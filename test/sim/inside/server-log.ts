/** The log of one server, as the files on its disk show it. */
import type { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { type DiskStep, folders } from '@vivarium/core/internal/storage/disk';
import { demand } from '../violation.js';
import { Cuts } from './cuts.js';
import { Entry, follows, sameBytes, zxidText } from './entry.js';
import {
  FILE_HEADER_BYTES,
  isDurableIn,
  isLogName,
  receivedZxid,
  recordsIn,
  snapshotZxid,
} from './log-records.js';
import type { Meanings } from './meanings.js';

export interface ServerLogParts {
  /** As in traces. */
  readonly who: string;
  readonly disk: MemoryDisk;
  readonly meanings: Meanings;
  /** Whether this is the only server, whose numbers may come again after a power cut. */
  readonly isAlone: boolean;
  /** Told of what is cut off the log's end. */
  readonly cut: (entries: readonly Entry[]) => void;
}

interface FileRead {
  readonly name: string;
  /** Read so far. */
  position: number;
}

/**
 * Follows a server's log from life to life: what was written, and up to where it is durable by the
 * disk's own word. Checks that zxids are contiguous (R10), that none means two things (R1), and
 * that nothing durable is missing from a later life's log (R14).
 *
 * What stands in a snapshot, since its logs were purged or since the tree came from a leader, is
 * remembered as part of the history.
 */
export class ServerLog {
  readonly #who: string;
  readonly #meanings: Meanings;
  readonly #isAlone: boolean;
  readonly #cut: (entries: readonly Entry[]) => void;
  readonly #cuts: Cuts;
  #disk: MemoryDisk;
  #files: FileRead[] = [];
  #entries: Entry[] = [];
  /** How many of the entries stand in a snapshot only. */
  #inSnapshot = 0;
  /** How many of the entries are durable, those in a snapshot among them. */
  #durable = 0;
  /** The newest snapshot that came from elsewhere: nothing on the disk leads up to it. */
  #installedAt = 0n;
  /** The file of that snapshot, as long as it has its first name. */
  #received: string | undefined = undefined;
  /** What the trees stand for that leaders have sent, by their zxids. */
  readonly #offered = new Map<bigint, readonly Entry[]>();

  constructor({ who, disk, meanings, isAlone, cut }: ServerLogParts) {
    this.#who = who;
    this.#disk = disk;
    this.#meanings = meanings;
    this.#isAlone = isAlone;
    this.#cut = cut;
    this.#cuts = new Cuts(disk);
  }

  /** The whole history, in order. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** The last snapshot that took the place of a history. */
  get installedAt(): bigint {
    return this.#installedAt;
  }

  get lastZxid(): bigint {
    return this.#entries.at(-1)?.zxid ?? 0n;
  }

  /** The last transaction that would survive any crash; 0 when none would. */
  get durableZxid(): bigint {
    return this.#entries[this.#durable - 1]?.zxid ?? 0n;
  }

  find(zxid: bigint): Entry | undefined {
    const entry = this.#entries[this.indexAfter(zxid) - 1];
    return entry?.zxid === zxid ? entry : undefined;
  }

  /** Whether a transaction is durable here, in the log or in a snapshot. */
  holdsDurably(zxid: bigint): boolean {
    return zxid <= this.durableZxid && this.find(zxid) !== undefined;
  }

  /** R4: nothing that was cut off comes back, whatever crash there is. */
  demandCut(told: () => string): void {
    const zxid = this.#cuts.revenant(this);
    demand(zxid === undefined, 'R4', () => {
      const cut = `its history is cut behind ${zxidText(this.lastZxid)}`;
      return `${told()}; ${cut}, and a power cut may bring back ${zxidText(zxid!)}`;
    });
  }

  /** A leader sends a tree, which stands for its own history up to a zxid. */
  offered(zxid: bigint, history: readonly Entry[]): void {
    this.#offered.set(zxid, history);
  }

  /** Where the first entry after a zxid stands. */
  indexAfter(zxid: bigint): number {
    let from = 0;
    let to = this.#entries.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (this.#entries[middle]!.zxid <= zxid) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** The server's disk has performed a step. */
  performed(step: DiskStep): void {
    this.#follow(step);
    this.#cuts.performed(step);
  }

  #follow(step: DiskStep): void {
    switch (step.step) {
      case 'create':
      case 'remove':
        if (isLog(step.file)) this.#forget(nameOf(step.file));
        return;
      case 'rename':
        // A log whose place a received tree has taken is kept under another name.
        if (isLog(step.from)) this.#forget(nameOf(step.from));
        return;
      case 'truncate':
        if (isLog(step.file)) this.#truncated(nameOf(step.file), step.size);
        return;
      case 'write':
        if (isLog(step.file)) this.#written(nameOf(step.file), step.position, step.bytes);
        return;
      case 'sync':
        if (isLog(step.file)) this.#advance();
        return;
      case 'sync-folder':
        if (step.folder === folders.logs) this.#advance();
        if (step.folder === folders.snapshots) this.#installed();
    }
  }

  /**
   * A new life has begun on what a disk holds: reads all of it again.
   *
   * @param isRotten what was durable may be gone
   */
  begin(disk: MemoryDisk, isRotten = false): void {
    const before = this.#entries;
    const durable = this.durableZxid;
    this.#disk = disk;
    this.#files = [];
    const found = this.#scan();
    const [first] = found;
    const snapshot = this.#newestSnapshot();
    if (isRotten) {
      this.#cuts.clear(disk);
      const isNews = first === undefined && snapshot > this.lastZxid;
      this.#keep((isNews && this.#offered.get(snapshot)) || before, found, snapshot);
      this.#advance();
      return;
    }
    const isReplaced = first === undefined && snapshot > this.#snapshotEnd;
    const history = isReplaced ? (this.#offered.get(snapshot) ?? before) : before;
    const end = first === undefined ? snapshot : first.zxid - 1n;
    this.#entries = history.filter(({ zxid }) => zxid <= end);
    this.#inSnapshot = this.#entries.length;
    this.#durable = this.#inSnapshot;
    if (isReplaced) this.#installedAt = snapshot;
    for (const entry of found) this.#add(entry);
    this.#advance();
    this.#cuts.begin(
      disk,
      before.filter(({ zxid }) => zxid > this.lastZxid),
    );
    demand(this.lastZxid >= durable, 'R14', () => {
      const end = `the log of ${this.#who} ends with ${zxidText(this.lastZxid)} after a restart`;
      return `${end}, and ${zxidText(durable)} was durable`;
    });
    if (!this.#isAlone) return;
    for (const { zxid } of before) if (zxid > this.lastZxid) this.#meanings.forget(zxid);
  }

  /** What cannot be read any more stands in a snapshot, or is for the server to find out. */
  #keep(before: readonly Entry[], found: readonly Entry[], snapshot: bigint): void {
    const first = found[0]?.zxid ?? 0n;
    const isLogged = (found.at(-1)?.zxid ?? 0n) >= snapshot;
    this.#entries = before.filter(({ zxid }) => (isLogged ? zxid < first : zxid <= snapshot));
    this.#inSnapshot = this.#entries.length;
    this.#durable = this.#inSnapshot;
    if (isLogged) for (const entry of found) this.#add(entry);
  }

  /** All its data is gone. */
  wiped(): void {
    this.#cuts.clear(this.#disk);
    this.#files = [];
    this.#entries = [];
    this.#inSnapshot = 0;
    this.#durable = 0;
    this.#installedAt = 0n;
  }

  get #snapshotEnd(): bigint {
    return this.#entries[this.#inSnapshot - 1]?.zxid ?? 0n;
  }

  #written(name: string, position: number, bytes: Uint8Array): void {
    let file = this.#files.find((each) => each.name === name);
    if (file === undefined) {
      file = { name, position: FILE_HEADER_BYTES };
      this.#files.push(file);
    }
    const isNext = position === file.position || (position === 0 && bytes.length > 0);
    const from = position === 0 ? FILE_HEADER_BYTES : 0;
    const found = isNext ? this.#take(file, bytes, from, position) : this.#read(file);
    for (const entry of found) this.#add(entry);
  }

  #read(file: FileRead): Entry[] {
    const path = folders.logs + file.name;
    const bytes = this.#disk.read(path, file.position, Number.MAX_SAFE_INTEGER);
    return this.#take(file, bytes, 0, file.position);
  }

  #take(file: FileRead, bytes: Uint8Array, from: number, base: number): Entry[] {
    const records = recordsIn(bytes, from, base);
    file.position = records.at(-1)?.end ?? file.position;
    return records.map(({ zxid, bytes, end }) => new Entry(zxid, bytes, file.name, end));
  }

  /** All that the files hold, as far as it hangs together with its end. */
  #scan(): Entry[] {
    const names = this.#disk.list(folders.logs).map(({ name }) => name);
    const found: Entry[] = [];
    for (const name of names.filter(isLogName).sort((a, b) => startOf(a) - startOf(b))) {
      const file = { name, position: FILE_HEADER_BYTES };
      this.#files.push(file);
      found.push(...this.#read(file));
    }
    // A power cut in the middle of a purge takes any of the files that were to go; and the end of a
    // log that has rotted is not missed as long as a later snapshot serves.
    const gap = found.findLastIndex(({ zxid }, at) => {
      if (at === 0) return false;
      const last = found[at - 1]!.zxid;
      const known = this.#entries[this.indexAfter(last)];
      return !follows(last, zxid) || (known !== undefined && known.zxid < zxid);
    });
    return gap < 0 ? found : found.slice(gap);
  }

  #add(entry: Entry): void {
    const { zxid } = entry;
    demand(follows(this.lastZxid, zxid), 'R10', () => {
      return `${this.#who} logs zxid ${zxidText(zxid)} after ${zxidText(this.lastZxid)}`;
    });
    this.#meanings.found(entry, `${entry.file} of ${this.#who}`);
    this.#entries.push(entry);
  }

  #forget(name: string): void {
    this.#files = this.#files.filter((file) => file.name !== name);
    const isThere = ({ file }: Entry, at: number) => at >= this.#inSnapshot && file === name;
    const from = this.#entries.findIndex(isThere);
    if (from < 0) return;
    const to = this.#entries.findLastIndex(({ file }) => file === name);
    // A purge takes the oldest; whatever else goes takes all that follows with it.
    if (from === this.#inSnapshot && to < this.#entries.length - 1) this.#inSnapshot = to + 1;
    else this.#cutAt(from);
  }

  #truncated(name: string, size: number): void {
    const from = this.#entries.findIndex(({ file, end }, at) => {
      return at >= this.#inSnapshot && file === name && end > size;
    });
    if (from >= 0) this.#cutAt(from);
    const file = this.#files.find((each) => each.name === name);
    if (file !== undefined) file.position = Math.min(file.position, size);
  }

  #cutAt(index: number): void {
    const entries = this.#entries.splice(index);
    this.#cuts.add(entries);
    this.#cut(entries);
    this.#durable = Math.min(this.#durable, index);
  }

  #advance(): void {
    while (this.#durable < this.#entries.length) {
      if (!isDurableIn(this.#disk, this.#entries[this.#durable]!)) break;
      this.#durable++;
    }
  }

  /**
   * A tree that a leader has sent takes the place of the whole history, from when it is durable
   * under its first name.
   */
  #installed(): void {
    const files = this.#disk.list(folders.snapshots);
    if (!files.some(({ name }) => name === this.#received)) this.#received = undefined;
    for (const { name, size } of files) {
      const zxid = receivedZxid(name);
      if (zxid === undefined || name === this.#received) continue;
      if (!this.#isWhole(folders.snapshots + name, size)) continue;
      this.#received = name;
      const rest = this.#entries.slice(this.indexAfter(zxid));
      const own = this.#entries.slice(0, this.indexAfter(zxid));
      this.#entries = [...(this.#offered.get(zxid) ?? own)];
      this.#inSnapshot = this.#entries.length;
      this.#durable = this.#inSnapshot;
      this.#installedAt = zxid;
      this.#cuts.add(rest);
      this.#cut(rest);
    }
  }

  #newestSnapshot(): bigint {
    let newest = 0n;
    for (const { name, size } of this.#disk.list(folders.snapshots)) {
      const zxid = snapshotZxid(name);
      if (zxid === undefined || zxid <= newest) continue;
      if (this.#isWhole(folders.snapshots + name, size)) newest = zxid;
    }
    return newest;
  }

  /** Whether all bytes of a file are durable, and its name. */
  #isWhole(path: string, size: number): boolean {
    const kept = this.#disk.readDurable(path, 0, size);
    return kept.length === size && sameBytes(kept, this.#disk.read(path, 0, size));
  }
}

function isLog(path: string): boolean {
  return path.startsWith(folders.logs) && isLogName(nameOf(path));
}

function nameOf(path: string): string {
  return path.slice(folders.logs.length);
}

function startOf(name: string): number {
  return Number.parseInt(name.slice('log.'.length), 16);
}
