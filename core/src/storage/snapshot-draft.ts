import type { SessionId, Zxid } from '../base/ids.js';
import type { Database } from '../tree/database.js';
import { Writer } from '../wire/writer.js';
import { ADLER_START, adler32 } from './adler32.js';
import { type DiskStep, folders } from './disk.js';
import { snapshotDraftFile, snapshotFactsFileOf, snapshotFileOf } from './file-names.js';
import { FIRST_BYTES } from './snapshot-body.js';
import { snapshotFactsFile } from './snapshot-facts.js';
import { DIGEST_VERSION, END_MARK, SNAPSHOT_MAGIC, SNAPSHOT_VERSION } from './snapshot-format.js';

export interface SnapshotDraftOptions {
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
}

/** What there is to be said of the database behind its body. */
export interface SnapshotEnd {
  readonly database: Database;
  /** The first transaction that whoever reads it needs is the one behind this. */
  readonly startZxid: Zxid;
  /**
   * The last transaction that it may show effects of besides those of the database, or 'unknown'
   * where a leader did not say. It has no digest as long as the tree may be ahead of its zxid, and
   * says nothing at all of its end, not even beside itself, when that is not known. Without a
   * digest where there should be one it has no last zxid either: Apache's servers could not read
   * that.
   */
  readonly endZxid: Zxid | 'unknown';
  /** Whether all that it shows is durable in the own log. */
  readonly isLogged: boolean;
}

/** So much is made durable at a time, lest the last sync hold up those of the log. */
const SYNC_BYTES = 8 << 20;

/**
 * A snapshot file in the making, under a name that nobody reads: the header, a body that its maker
 * writes to {@link out} (see `snapshot-body.ts`), and what stands behind that.
 */
export class SnapshotDraft {
  /** Where the body goes. */
  readonly out: Writer = new Writer(FIRST_BYTES);
  readonly #options: SnapshotDraftOptions;
  #checksum = ADLER_START;
  /** Bytes of {@link out} that are in the checksum. */
  #checkedBytes = 0;
  #position = 0;
  #syncedBytes = 0;
  #isCreated = false;
  #files: readonly string[] = [];

  constructor(options: SnapshotDraftOptions) {
    this.#options = options;
    this.out.int(SNAPSHOT_MAGIC);
    this.out.int(SNAPSHOT_VERSION);
    this.out.long(options.dbId);
  }

  /** Of all bytes handed out so far. */
  get checksum(): number {
    return this.#checksum;
  }

  /** The snapshot, under the name that it is to get, and what is beside it; none before its end. */
  get files(): readonly string[] {
    return this.#files;
  }

  /** Steps that write what has come to {@link out}. */
  write(): DiskStep[] {
    const file = snapshotDraftFile;
    const steps: DiskStep[] = [];
    if (!this.#isCreated) {
      steps.push({ step: 'create', file });
      this.#isCreated = true;
    }
    steps.push({ step: 'write', file, position: this.#position, bytes: this.#takeBytes() });
    if (this.#options.sync && this.#position - this.#syncedBytes >= SYNC_BYTES) {
      steps.push({ step: 'sync', file });
      this.#syncedBytes = this.#position;
    }
    return steps;
  }

  /**
   * Steps that write the rest, the sections behind the body included, and make it durable together
   * with the facts about it, without which it would be alien under its name.
   */
  finish(end: SnapshotEnd): DiskStep[] {
    const { database, startZxid } = end;
    const { lastZxid } = database;
    const isAhead = end.endZxid === 'unknown' || end.endZxid > lastZxid;
    const endZxid = isAhead ? end.endZxid : lastZxid;
    this.#sections(database, endZxid);
    const steps = this.write();
    const snapshot = snapshotFileOf(startZxid);
    const facts = snapshotFactsFileOf(startZxid, this.#checksum);
    const isKnown = endZxid !== 'unknown';
    if (isKnown) this.#writeFacts(steps, facts, database, endZxid, end.isLogged);
    const syncFolder: DiskStep = { step: 'sync-folder', folder: folders.snapshots };
    if (this.#options.sync) steps.push({ step: 'sync', file: snapshotDraftFile }, syncFolder);
    steps.push({ step: 'close', file: snapshotDraftFile });
    this.#files = isKnown ? [snapshot, facts] : [snapshot];
    return steps;
  }

  /** Steps that remove what is there of it; none when it never began. */
  abandon(): readonly DiskStep[] {
    this.#files = [];
    return this.#isCreated ? [{ step: 'remove', file: snapshotDraftFile }] : [];
  }

  #sections(database: Database, endZxid: Zxid | 'unknown'): void {
    const { out } = this;
    const { tree, lastZxidHigh, lastZxidLow } = database;
    const { digest, lastZxid = true } = this.#options;
    const isExact = endZxid === database.lastZxid;
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
  }

  #seal(): void {
    this.#check();
    this.out.halves(0, this.#checksum);
    this.out.string(END_MARK);
  }

  #writeFacts(
    steps: DiskStep[],
    file: string,
    { sessions, lastZxid }: Database,
    endZxid: Zxid,
    isLogged: boolean,
  ): void {
    const { apacheSessions, sync } = this.#options;
    const bytes = snapshotFactsFile.encode({
      endZxid,
      isDurable: sync && isLogged && endZxid === lastZxid,
      apacheSessions: [...apacheSessions].filter((session) => sessions.has(session)),
    });
    steps.push({ step: 'create', file }, { step: 'write', file, position: 0, bytes });
    if (sync) steps.push({ step: 'sync', file });
    steps.push({ step: 'close', file });
  }

  #check(): void {
    const { out } = this;
    this.#checksum = adler32(this.#checksum, out.bytes, this.#checkedBytes, out.position);
    this.#checkedBytes = out.position;
  }

  #takeBytes(): Uint8Array {
    this.#check();
    const bytes = this.out.copy();
    this.out.clear();
    this.#checkedBytes = 0;
    this.#position += bytes.length;
    return bytes;
  }
}
