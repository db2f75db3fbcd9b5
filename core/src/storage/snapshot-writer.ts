import { assert } from '../base/assert.js';
import type { SessionId, Zxid } from '../base/ids.js';
import type { Database } from '../tree/database.js';
import { Writer } from '../wire/writer.js';
import { ADLER_START, adler32 } from './adler32.js';
import { type DiskStep, folders } from './disk.js';
import { snapshotDraftFile, snapshotFactsFileOf, snapshotFileOf } from './file-names.js';
import { FIRST_BYTES, type SliceLimits, SnapshotBody } from './snapshot-body.js';
import { snapshotFactsFile } from './snapshot-facts.js';
import { DIGEST_VERSION, END_MARK, SNAPSHOT_MAGIC, SNAPSHOT_VERSION } from './snapshot-format.js';

export interface SnapshotWriterOptions extends SliceLimits {
  /** Whether the snapshot ends with the digest of the tree. */
  readonly digest: boolean;
  /** Whether it ends with the last zxid in it, as ZooKeeper 3.9 writes them. Default true. */
  readonly lastZxid?: boolean;
  /** In the header; ZooKeeper writes -1. */
  readonly dbId: bigint;
  /** False for `forceSync=no`. */
  readonly sync: boolean;
  /** Sessions that Apache ZooKeeper created; those not in the database are left out. */
  readonly apacheSessions: ReadonlySet<SessionId>;
  /**
   * For a database received from a leader: the last transaction that it may show effects of besides
   * those applied since, or 'unknown' where the leader does not say. The snapshot then says the
   * same: it has no digest as long as the tree may be ahead of its zxid, and says nothing at all of
   * its end, not even beside itself, when that is not known. Without a digest where there should be
   * one it has no last zxid either: Apache's servers could not read that.
   */
  readonly endZxid?: Zxid | 'unknown';
  /**
   * Whether it is to take the place of all that is there: it is durable at the end then, but gets
   * no name, which `snapshot-install.ts` does. Default false.
   */
  readonly received?: boolean;
}

/** So much is made durable at a time, lest the last sync hold up those of the log. */
const SYNC_BYTES = 8 << 20;

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
  readonly #sync: boolean;
  readonly #out = new Writer(FIRST_BYTES);
  readonly #body: SnapshotBody;
  #checksum = ADLER_START;
  /** Bytes of {@link #out} that are in the checksum. */
  #checkedBytes = 0;
  #position = 0;
  #syncedBytes = 0;
  #state: 'new' | 'begun' | 'done' = 'new';
  #files: readonly string[] = [];

  constructor(database: Database, options: SnapshotWriterOptions) {
    this.#database = database;
    this.#options = options;
    this.#sync = options.sync || options.received === true;
    this.#out.int(SNAPSHOT_MAGIC);
    this.#out.int(SNAPSHOT_VERSION);
    this.#out.long(options.dbId);
    this.#body = new SnapshotBody(database, this.#out, options);
  }

  /** Last transaction applied when the snapshot began. */
  get startZxid(): Zxid {
    return this.#body.startZxid;
  }

  /** True when the last slice was handed out. */
  get done(): boolean {
    return this.#state === 'done';
  }

  /** Of all bytes handed out so far. */
  get checksum(): number {
    return this.#checksum;
  }

  /**
   * Files that are there when the last slice was performed, or the snapshot installed; none before
   * the last slice was handed out.
   */
  get files(): readonly string[] {
    return this.#files;
  }

  /**
   * Steps of the next slice: a request for the background lane. The caller performs one slice after
   * the other, and gives the snapshot up when one fails.
   */
  next(): readonly DiskStep[] {
    assert(this.#state !== 'done', 'the last slice was not handed out yet');
    const file = snapshotDraftFile;
    const steps: DiskStep[] = [];
    if (this.#state === 'new') {
      steps.push({ step: 'create', file });
      this.#state = 'begun';
    }
    this.#body.next();
    if (this.#body.done) this.#end();
    steps.push({ step: 'write', file, position: this.#position, bytes: this.#takeBytes() });
    if (this.done) this.#finish(steps);
    else if (this.#sync && this.#position - this.#syncedBytes >= SYNC_BYTES) {
      steps.push({ step: 'sync', file });
      this.#syncedBytes = this.#position;
    }
    return steps;
  }

  /** Steps that remove what a snapshot that is given up has left; none when it never began. */
  abandon(): readonly DiskStep[] {
    const began = this.#state !== 'new';
    this.#state = 'done';
    this.#files = [];
    return began ? [{ step: 'remove', file: snapshotDraftFile }] : [];
  }

  /** The sections, as of now. */
  #end(): void {
    const out = this.#out;
    const { tree, lastZxidHigh, lastZxidLow } = this.#database;
    const { digest, lastZxid = true } = this.#options;
    const endZxid = this.#endZxid();
    const isExact = endZxid === this.#database.lastZxid;
    this.#seal();
    if (digest && isExact) {
      out.halves(lastZxidHigh, lastZxidLow);
      out.int(DIGEST_VERSION);
      out.halves(tree.digestHigh, tree.digestLow);
      this.#seal();
    }
    /* Whoever keeps digests, as Apache's servers do, takes what follows the first seal for one. */
    if (lastZxid && endZxid !== 'unknown' && (isExact || !digest)) {
      out.long(endZxid);
      this.#seal();
    }
    this.#state = 'done';
  }

  /** The last transaction that the snapshot may show effects of. */
  #endZxid(): Zxid | 'unknown' {
    const { lastZxid } = this.#database;
    const { endZxid = lastZxid } = this.#options;
    return endZxid === 'unknown' || endZxid > lastZxid ? endZxid : lastZxid;
  }

  #seal(): void {
    this.#check();
    this.#out.halves(0, this.#checksum);
    this.#out.string(END_MARK);
  }

  /** The snapshot gets its name after the facts about it are durable: without them it is alien. */
  #finish(steps: DiskStep[]): void {
    const { startZxid } = this;
    const endZxid = this.#endZxid();
    const snapshot = snapshotFileOf(startZxid);
    const facts = snapshotFactsFileOf(startZxid, this.#checksum);
    const isKnown = endZxid !== 'unknown';
    if (isKnown) this.#writeFacts(steps, facts, endZxid);
    const syncFolder: DiskStep = { step: 'sync-folder', folder: folders.snapshots };
    if (this.#sync) steps.push({ step: 'sync', file: snapshotDraftFile }, syncFolder);
    steps.push({ step: 'close', file: snapshotDraftFile });
    this.#files = isKnown ? [snapshot, facts] : [snapshot];
    if (this.#options.received === true) return;
    steps.push({ step: 'rename', from: snapshotDraftFile, to: snapshot });
    if (this.#sync) steps.push(syncFolder);
  }

  #writeFacts(steps: DiskStep[], file: string, endZxid: Zxid): void {
    const { apacheSessions } = this.#options;
    const { sessions, lastZxid } = this.#database;
    const bytes = snapshotFactsFile.encode({
      endZxid,
      isDurable: this.#sync && endZxid === lastZxid && this.#options.received !== true,
      apacheSessions: [...apacheSessions].filter((session) => sessions.has(session)),
    });
    steps.push({ step: 'create', file }, { step: 'write', file, position: 0, bytes });
    if (this.#sync) steps.push({ step: 'sync', file });
    steps.push({ step: 'close', file });
  }

  #check(): void {
    const out = this.#out;
    this.#checksum = adler32(this.#checksum, out.bytes, this.#checkedBytes, out.position);
    this.#checkedBytes = out.position;
  }

  #takeBytes(): Uint8Array {
    this.#check();
    const bytes = this.#out.copy();
    this.#out.clear();
    this.#checkedBytes = 0;
    this.#position += bytes.length;
    return bytes;
  }
}
