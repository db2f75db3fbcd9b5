import type { Zxid } from '../base/ids.js';
import { hexLong } from '../base/long.js';
import type { Database } from '../tree/database.js';
import { DataFiles } from './data-files.js';
import type { DiskReader } from './disk.js';
import { History, type HistoryOptions } from './history.js';
import { type ChosenSnapshot, chooseSnapshot } from './snapshot-choice.js';

/** The files do not hold the tree of the transaction that was asked for. */
export class HistoryCutError extends Error {
  override readonly name = 'HistoryCutError';
}

export type HistoryCutOptions = Omit<HistoryOptions, 'committed' | 'membersVersion'>;

/** Whatever members a transaction makes: nobody is to serve with them. */
const ANY_MEMBERS: Zxid = 2n ** 63n - 1n;

/**
 * Reads the tree as it was right after a transaction: the newest snapshot that shows nothing later,
 * and from the logs what that lacks. Nothing is changed, so the files may be those of a server that
 * runs, if the transaction was applied there before; files that a purge removes meanwhile make it
 * fail, and another attempt finds others.
 *
 * @throws HistoryCutError when the files lead to no such tree, or to one whose digest is not that
 *   of the log
 * @throws RefusedStartError when files cannot be read that it needs
 */
export function readHistoryCut(disk: DiskReader, zxid: Zxid, options: HistoryCutOptions): Database {
  return HistoryCut.read(disk, zxid, options).database;
}

/** A tree as it was right after a transaction, which can be moved on to later ones. */
export class HistoryCut {
  readonly #chosen: ChosenSnapshot;

  private constructor(chosen: ChosenSnapshot) {
    this.#chosen = chosen;
  }

  /** As {@link readHistoryCut}. */
  static read(disk: DiskReader, zxid: Zxid, options: HistoryCutOptions): HistoryCut {
    const files = new DataFiles(disk);
    const chosen = chooseSnapshot(disk, files, options, options.log, zxid);
    if (chosen === undefined) {
      throw new HistoryCutError(
        `no snapshot is there that shows nothing after ${hexLong(zxid)} and says so. ` +
          'Take one (the admin command snapshot?streaming=false), then try again.',
      );
    }
    const cut = new HistoryCut(chosen);
    cut.#replay(disk, files, zxid, options);
    return cut;
  }

  get database(): Database {
    return this.#chosen.database;
  }

  /**
   * Applies what came after, up to another transaction. After an error the tree means nothing.
   *
   * @throws as {@link readHistoryCut}
   */
  advance(disk: DiskReader, zxid: Zxid, options: HistoryCutOptions): void {
    this.#replay(disk, new DataFiles(disk), zxid, options);
  }

  #replay(disk: DiskReader, files: DataFiles, zxid: Zxid, options: HistoryCutOptions): void {
    const history = new History(
      disk,
      files,
      this.#chosen,
      { ...options, membersVersion: ANY_MEMBERS },
      zxid,
    );
    const { lastZxid } = history.database;
    if (lastZxid !== zxid) {
      throw new HistoryCutError(
        `the logs lead to ${hexLong(lastZxid)}, and not to ${hexLong(zxid)}. ` +
          'Look at them with vivarium inspect log.',
      );
    }
    if (history.digestMismatches > 0) {
      throw new HistoryCutError(
        `the tree at ${hexLong(zxid)} is not what the files say it was: a digest differs. ` +
          'Compare the data with that of another server.',
      );
    }
  }
}
