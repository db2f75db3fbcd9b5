import { assert } from '../base/assert.js';
import type { Zxid } from '../base/ids.js';
import type { Database } from '../tree/database.js';
import { type DiskStep, folders } from './disk.js';
import { snapshotDraftFile, snapshotFileOf } from './file-names.js';
import { type SliceLimits, SnapshotBody } from './snapshot-body.js';
import { SnapshotDraft, type SnapshotDraftOptions } from './snapshot-draft.js';

export interface SnapshotWriterOptions extends SliceLimits, SnapshotDraftOptions {
  /**
   * For a database received from a leader: the last transaction that it may show effects of besides
   * those applied since, or 'unknown' where the leader does not say.
   */
  readonly endZxid?: Zxid | 'unknown';
}

/**
 * One snapshot, slice by slice, while transactions go on being applied in between. It is written
 * under another name and gets its own when it is whole and durable.
 *
 * What the database shows when the last slice is made must be durable in the log before that slice
 * is performed; a database to which only durable transactions are applied always is.
 */
export class SnapshotWriter {
  readonly #database: Database;
  readonly #options: SnapshotWriterOptions;
  readonly #draft: SnapshotDraft;
  readonly #body: SnapshotBody;
  #isDone = false;

  constructor(database: Database, options: SnapshotWriterOptions) {
    this.#database = database;
    this.#options = options;
    this.#draft = new SnapshotDraft(options);
    this.#body = new SnapshotBody(database, this.#draft.out, options);
  }

  /** Last transaction applied when the snapshot began. */
  get startZxid(): Zxid {
    return this.#body.startZxid;
  }

  /** True when the last slice was handed out. */
  get done(): boolean {
    return this.#isDone;
  }

  /** Of all bytes handed out so far. */
  get checksum(): number {
    return this.#draft.checksum;
  }

  /**
   * Files that are there when the last slice was performed; none before it was handed out.
   */
  get files(): readonly string[] {
    return this.#draft.files;
  }

  /**
   * Steps of the next slice: a request for the background lane. The caller performs one slice after
   * the other, and gives the snapshot up when one fails.
   */
  next(): readonly DiskStep[] {
    assert(!this.done, 'the last slice was not handed out yet');
    this.#body.next();
    if (!this.#body.done) return this.#draft.write();
    this.#isDone = true;
    const steps = this.#draft.finish({
      database: this.#database,
      startZxid: this.startZxid,
      endZxid: this.#options.endZxid ?? this.#database.lastZxid,
      isLogged: true,
    });
    steps.push({ step: 'rename', from: snapshotDraftFile, to: snapshotFileOf(this.startZxid) });
    const { sync } = this.#options;
    if (sync) steps.push({ step: 'sync-folder', folder: folders.snapshots });
    return steps;
  }

  /** Steps that remove what a snapshot that is given up has left; none when it never began. */
  abandon(): readonly DiskStep[] {
    this.#isDone = true;
    return this.#draft.abandon();
  }
}
