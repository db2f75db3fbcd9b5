/** The one true order of transactions, as a server's log shows it. */
import type { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { folders } from '@vivarium/core/internal/storage/disk';
import type { Txn } from '@vivarium/core/internal/wire/txns';
import { demand } from '../violation.js';
import { FILE_HEADER_BYTES, isLogName, type LogRecord, recordsIn } from './log-records.js';

/** A transaction with its place in the log. */
export interface Entry {
  readonly zxid: bigint;
  readonly txn: Txn;
  readonly bytes: Uint8Array;
  readonly file: string;
  readonly end: number;
}

interface FileRead {
  readonly name: string;
  /** Read so far. */
  position: number;
}

/**
 * Follows the log on a server's disk from life to life: what was written, and up to where it is
 * durable. Checks that a zxid never means two things (R1), that zxids are contiguous (R10), and
 * that nothing durable is ever missing from a later life's log (R14).
 */
export class Canon {
  /** All transactions that are in the log now, by zxid. */
  readonly entries: Entry[] = [];
  #disk: MemoryDisk;
  #files: FileRead[] = [];
  /** How many of the entries are durable. */
  #durable = 0;

  constructor(disk: MemoryDisk) {
    this.#disk = disk;
  }

  /** The last transaction that would survive any crash; 0 when none would. */
  get durableZxid(): bigint {
    return this.entries[this.#durable - 1]?.zxid ?? 0n;
  }

  get lastZxid(): bigint {
    return this.entries.at(-1)?.zxid ?? 0n;
  }

  find(zxid: bigint): Entry | undefined {
    const first = this.entries[0];
    return first === undefined ? undefined : this.entries[Number(zxid - first.zxid)];
  }

  /** Reads what was written since. */
  look(): void {
    for (const name of this.#newNames()) this.#files.push({ name, position: FILE_HEADER_BYTES });
    for (const file of this.#files) this.#readOn(file);
    while (this.#durable < this.entries.length) {
      if (!this.#isDurable(this.entries[this.#durable]!)) break;
      this.#durable++;
    }
  }

  /** A new life has begun on what a disk holds: reads all of it again. */
  begin(disk: MemoryDisk): void {
    const before = [...this.entries];
    const durable = this.#durable;
    this.#disk = disk;
    this.#files = [];
    this.entries.length = 0;
    this.#durable = 0;
    const found = this.#scan();
    const from = found[0]?.zxid ?? (before[durable - 1]?.zxid ?? 0n) + 1n;
    for (const entry of before) if (entry.zxid < from) this.entries.push(entry);
    for (const entry of found) {
      const known = before[Number(entry.zxid - (before[0]?.zxid ?? 0n))];
      demand(known === undefined || isSame(known, entry), 'R1', () => {
        return `zxid ${entry.zxid} is another transaction than before the restart`;
      });
      this.#add(entry);
    }
    demand(this.entries.length >= durable, 'R14', () => {
      const lost = before.slice(this.entries.length, durable).map(({ zxid }) => zxid);
      return `durable transactions are missing from the log after a restart: ${lost.join(', ')}`;
    });
    this.#durable = this.entries.length - found.length;
    this.look();
  }

  #newNames(): string[] {
    const known = new Set(this.#files.map(({ name }) => name));
    return this.#disk
      .list(folders.logs)
      .map(({ name }) => name)
      .filter((name) => isLogName(name) && !known.has(name))
      .sort((a, b) => startOf(a) - startOf(b));
  }

  #readOn(file: FileRead): void {
    for (const record of this.#recordsOf(file)) this.#add(entryOf(file.name, record));
  }

  #recordsOf(file: FileRead): LogRecord[] {
    const path = folders.logs + file.name;
    const size = this.#disk.list(folders.logs).find(({ name }) => name === file.name)?.size;
    if (size === undefined || size <= file.position) return [];
    const bytes = this.#disk.read(path, file.position, size - file.position);
    const records = recordsIn(bytes, 0, file.position);
    file.position = records.at(-1)?.end ?? file.position;
    return records;
  }

  #scan(): Entry[] {
    const found: Entry[] = [];
    for (const name of this.#newNames()) {
      const file = { name, position: FILE_HEADER_BYTES };
      this.#files.push(file);
      for (const record of this.#recordsOf(file)) found.push(entryOf(name, record));
    }
    // A power cut in the middle of a purge takes any of the files that were to go.
    const gap = found.findLastIndex(({ zxid }, at) => zxid !== (found[at - 1]?.zxid ?? 0n) + 1n);
    return gap < 0 ? found : found.slice(gap);
  }

  #add(entry: Entry): void {
    const last = this.entries.at(-1);
    demand(last === undefined || entry.zxid === last.zxid + 1n, 'R10', () => {
      return `${entry.file} has zxid ${entry.zxid} after ${last?.zxid}`;
    });
    this.entries.push(entry);
  }

  #isDurable({ file, end, bytes }: Entry): boolean {
    const start = end - 1 - bytes.length;
    const kept = this.#disk.readDurable(folders.logs + file, start, bytes.length + 1);
    return kept.length === bytes.length + 1 && kept.every((byte, at) => byte === (bytes[at] ?? 66));
  }
}

function entryOf(file: string, { txn, bytes, end }: LogRecord): Entry {
  return { zxid: txn.header.zxid, txn, bytes, file, end };
}

function startOf(name: string): number {
  return Number.parseInt(name.slice('log.'.length), 16);
}

function isSame(a: Entry, b: Entry): boolean {
  return a.bytes.length === b.bytes.length && a.bytes.every((byte, at) => byte === b.bytes[at]);
}
