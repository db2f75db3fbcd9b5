import type { Zxid } from '../base/ids.js';
import type { Database, DatabaseOptions } from '../tree/database.js';
import type { DiskStep } from './disk.js';
import { SnapshotDraft, type SnapshotDraftOptions } from './snapshot-draft.js';
import { SnapshotReceiver } from './snapshot-receiver.js';

export interface SnapshotReceptionOptions extends Omit<SnapshotDraftOptions, 'sync'> {
  readonly database: DatabaseOptions;
  /** So many bytes are written at a time. */
  readonly sliceBytes: number;
}

/**
 * A snapshot that a leader sends: it is read into a database and written to a file, byte by byte as
 * it was sent, while it comes. It gets no name; `snapshot-install.ts` puts it in the place of all
 * that is there.
 */
export class SnapshotReception {
  readonly #receiver: SnapshotReceiver;
  readonly #draft: SnapshotDraft;
  readonly #sliceBytes: number;
  /** Bytes that have come. */
  #bytes = 0;

  /** @param zxidHigh of the SNAP packet: what the database has come to when it is whole */
  constructor(zxidHigh: number, zxidLow: number, options: SnapshotReceptionOptions) {
    this.#receiver = new SnapshotReceiver(zxidHigh, zxidLow, options.database);
    this.#draft = new SnapshotDraft({ ...options, sync: true });
    this.#sliceBytes = options.sliceBytes;
  }

  /** What has come; only when it is whole. */
  get database(): Database {
    return this.#receiver.database;
  }

  /** Last transaction of the database, when it is whole. */
  get startZxid(): Zxid {
    return this.database.lastZxid;
  }

  /** Of the bytes handed out so far. */
  get checksum(): number {
    return this.#draft.checksum;
  }

  /** Files that are there when it is installed. */
  get files(): readonly string[] {
    return this.#draft.files;
  }

  /** Takes bytes, as {@link SnapshotReceiver.push} does; `next` says what to write of them. */
  push(bytes: Uint8Array): Uint8Array | undefined {
    const rest = this.#receiver.push(bytes);
    /* The signature behind the body is none of the file's. */
    const end = this.#receiver.bodyBytes ?? Number.POSITIVE_INFINITY;
    const size = Math.min(bytes.length, end - this.#bytes);
    if (size > 0) this.#draft.out.raw(bytes, 0, size);
    this.#bytes += bytes.length;
    return rest;
  }

  /** Steps that write what has come; `undefined` while that is too little. */
  next(): readonly DiskStep[] | undefined {
    return this.#draft.out.position < this.#sliceBytes ? undefined : this.#draft.write();
  }

  /** Steps that remove what is there of it. */
  abandon(): readonly DiskStep[] {
    return this.#draft.abandon();
  }

  /**
   * Steps that write the rest and make all of it durable.
   *
   * @param endZxid the last transaction that it may show effects of; `undefined` when nobody knows
   */
  finish(endZxid: Zxid | undefined): readonly DiskStep[] {
    const { database, startZxid } = this;
    return this.#draft.finish({
      database,
      startZxid,
      endZxid: endZxid ?? 'unknown',
      isLogged: false,
    });
  }
}
