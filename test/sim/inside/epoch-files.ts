/**
 * R9: what a server's disk says of epochs never falls, and no epoch is current that was not
 * accepted before.
 */
import type { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { type DiskStep, folders } from '@vivarium/core/internal/storage/disk';
import { demand } from '../violation.js';

type Name = 'acceptedEpoch' | 'currentEpoch';

const LONGEST_BYTES = 32;
const decoder = new TextDecoder();

export class EpochFiles {
  readonly #who: string;
  #disk: MemoryDisk;
  /** The highest that were ever durable. */
  #kept: Record<Name, bigint> = { acceptedEpoch: 0n, currentEpoch: 0n };

  constructor(who: string, disk: MemoryDisk) {
    this.#who = who;
    this.#disk = disk;
  }

  /** What any crash would leave; 0 when there is no file. */
  durable(name: Name): bigint {
    return epochIn(this.#disk.readDurable(folders.snapshots + name, 0, LONGEST_BYTES));
  }

  /** A step of the disk was performed. Returns the epoch that has become current, if one has. */
  performed(step: DiskStep): bigint | undefined {
    if (step.step === 'sync-folder' && step.folder === folders.snapshots) this.#keep();
    if (step.step !== 'rename') return undefined;
    const name = nameOf(step.to);
    if (name === undefined) return undefined;
    this.#look();
    return name === 'currentEpoch' ? this.#seen('currentEpoch') : undefined;
  }

  /** A life begins with what a disk holds. */
  begin(disk: MemoryDisk, lastEpoch: bigint): void {
    this.#disk = disk;
    this.#look();
    const current = this.#seen('currentEpoch');
    demand(lastEpoch <= current, 'R9', () => {
      return `${this.#who} starts with epoch ${lastEpoch} in its log and ${current} in its file`;
    });
  }

  /** Another disk, with nothing on it. */
  wiped(disk: MemoryDisk): void {
    this.#disk = disk;
    this.#kept = { acceptedEpoch: 0n, currentEpoch: 0n };
  }

  #look(): void {
    const { acceptedEpoch, currentEpoch } = this.#kept;
    const accepted = this.#seen('acceptedEpoch');
    const current = this.#seen('currentEpoch');
    demand(accepted >= acceptedEpoch && current >= currentEpoch, 'R9', () => {
      const before = `accepted ${acceptedEpoch}, current ${currentEpoch}`;
      return `${this.#who} had ${before}, and now has ${accepted}, ${current}`;
    });
    demand(current <= accepted, 'R9', () => {
      return `${this.#who} has the current epoch ${current}, and has accepted only ${accepted}`;
    });
    this.#keep();
  }

  #keep(): void {
    for (const name of ['acceptedEpoch', 'currentEpoch'] as const) {
      const durable = this.durable(name);
      if (durable > this.#kept[name]) this.#kept[name] = durable;
    }
  }

  #seen(name: Name): bigint {
    const isThere = this.#disk.list(folders.snapshots).some((file) => file.name === name);
    if (!isThere) return 0n;
    return epochIn(this.#disk.read(folders.snapshots + name, 0, LONGEST_BYTES));
  }
}

function nameOf(file: string): Name | undefined {
  const name = file.slice(folders.snapshots.length);
  const isEpoch = name === 'acceptedEpoch' || name === 'currentEpoch';
  return file.startsWith(folders.snapshots) && isEpoch ? name : undefined;
}

function epochIn(bytes: Uint8Array): bigint {
  const text = decoder.decode(bytes).trim();
  return /^\d{1,19}$/.test(text) ? BigInt(text) : 0n;
}
