import { randomInt } from 'node:crypto';
import type { Zxid } from '../../base/ids.js';
import { hexLong } from '../../base/long.js';
import type { DiskReader } from '../../storage/disk.js';
import { exactSnapshots } from '../../storage/exact-snapshots.js';
import { HistoryCut } from '../../storage/history-cut.js';
import type { Database } from '../../tree/database.js';

/** Trees that are held at most: two moments are compared. */
const MOST_TREES = 2;
/** Bytes of a node besides its name and its data: its row, its place among paths. */
const NODE_BYTES = 144;

/** There is no room for the tree of a moment. */
export class TreeTooLargeError extends Error {
  override readonly name = 'TreeTooLargeError';
}

export interface HeldTreesOptions {
  readonly extendedTypes: boolean;
  /** For all of them together. */
  readonly maxBytes: number;
}

/** The trees of the moments that were asked for last. */
export class HeldTrees {
  readonly #disk: DiskReader;
  readonly #options: HeldTreesOptions;
  /** The one that was used last comes last. */
  #held: HistoryCut[] = [];

  constructor(disk: DiskReader, options: HeldTreesOptions) {
    this.#disk = disk;
    this.#options = options;
  }

  /** Bytes that they take. */
  get bytes(): number {
    return this.#held.reduce((sum, { database }) => sum + bytesOf(database), 0);
  }

  /**
   * The tree right after a transaction. Another that was held may go for it, or be moved on to it.
   *
   * @param kept the moment of one that has to stay
   * @throws TreeTooLargeError when there is no room
   * @throws HistoryCutError when the files lead to no such tree
   */
  at(zxid: Zxid, kept?: Zxid): Database {
    const known = this.#held.find(({ database }) => database.lastZxid === zxid);
    if (known !== undefined) {
      this.#held = [...this.#held.filter((each) => each !== known), known];
      return known.database;
    }
    const movable = this.#movable(zxid, kept);
    if (movable !== undefined) {
      this.#held = this.#held.filter((each) => each !== movable);
      movable.advance(this.#disk, zxid, this.#reading());
      this.#held.push(movable);
      return movable.database;
    }
    const mayStay = this.#held.filter(({ database }) => database.lastZxid === kept);
    this.#held = mayStay.length > 0 ? mayStay : this.#held.slice(-(MOST_TREES - 1));
    this.#makeRoom(zxid, kept);
    const cut = HistoryCut.read(this.#disk, zxid, this.#reading());
    if (bytesOf(cut.database) + this.bytes > this.#options.maxBytes) throw this.#tooLarge(zxid);
    this.#held.push(cut);
    return cut.database;
  }

  /** Lets all of them go. */
  clear(): void {
    this.#held = [];
  }

  /** One from which it is not further than from any snapshot. */
  #movable(zxid: Zxid, kept: Zxid | undefined): HistoryCut | undefined {
    const snapshot = exactSnapshots(this.#disk).findLast(({ endZxid }) => endZxid <= zxid);
    const least = snapshot?.endZxid ?? 0n;
    const able = this.#held.filter(({ database: { lastZxid } }) => {
      return lastZxid !== kept && lastZxid < zxid && lastZxid >= least;
    });
    return able.reduce<HistoryCut | undefined>((best, each) => {
      return best === undefined || each.database.lastZxid > best.database.lastZxid ? each : best;
    }, undefined);
  }

  /** A snapshot's size says what its tree takes at least: what cannot be is not begun. */
  #makeRoom(zxid: Zxid, kept: Zxid | undefined): void {
    const snapshot = exactSnapshots(this.#disk).findLast(({ endZxid }) => endZxid <= zxid);
    const { maxBytes } = this.#options;
    const needed = snapshot?.size ?? 0;
    if (this.bytes + needed > maxBytes) {
      this.#held = this.#held.filter(({ database }) => database.lastZxid === kept);
    }
    if (this.bytes + needed > maxBytes) throw this.#tooLarge(zxid);
  }

  #reading(): Parameters<typeof HistoryCut.read>[2] {
    const { extendedTypes, maxBytes } = this.#options;
    const applied = (database: Database): void => {
      if (bytesOf(database) + this.bytes > maxBytes) throw this.#tooLarge(database.lastZxid);
    };
    return { extendedTypes, digest: true, hashSeed: randomInt(2 ** 31), log: () => {}, applied };
  }

  #tooLarge(zxid: Zxid): TreeTooLargeError {
    const { maxBytes } = this.#options;
    return new TreeTooLargeError(
      `the tree at ${hexLong(zxid)} takes more memory than vivarium.pastTreesMaxBytes=${maxBytes} ` +
        'leaves to trees of earlier moments. Raise it in the config of this server, or look at a ' +
        'snapshot elsewhere with vivarium inspect snapshot.',
    );
  }
}

/** Nearly what a tree takes of memory. */
function bytesOf({ tree }: Database): number {
  return tree.slabBytes + tree.rowLimit * NODE_BYTES;
}
