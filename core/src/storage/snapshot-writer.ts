import { assert } from '../base/assert.js';
import type { SessionId, Zxid } from '../base/ids.js';
import type { Database } from '../tree/database.js';
import type { NodeId } from '../tree/node-table.js';
import { SnapshotWalk } from '../tree/snapshot-walk.js';
import { Acl } from '../wire/records.js';
import { vector } from '../wire/types.js';
import { Writer } from '../wire/writer.js';
import { ADLER_START, adler32 } from './adler32.js';
import { type DiskStep, folders } from './disk.js';
import { snapshotDraftFile, snapshotFactsFileOf, snapshotFileOf } from './file-names.js';
import { snapshotFactsFile } from './snapshot-facts.js';
import { DIGEST_VERSION, END_MARK, SNAPSHOT_MAGIC, SNAPSHOT_VERSION } from './snapshot-format.js';

export interface SnapshotWriterOptions {
  /** Whether the snapshot ends with the digest of the tree. */
  readonly digest: boolean;
  /** Whether it ends with the last zxid in it, as ZooKeeper 3.9 writes them. Default true. */
  readonly lastZxid?: boolean;
  /** In the header; ZooKeeper writes -1. */
  readonly dbId: bigint;
  /** A slice ends after so many nodes … */
  readonly sliceNodes: number;
  /** … or so many bytes. Default 1 MiB. */
  readonly sliceBytes?: number;
  /** False for `forceSync=no`. */
  readonly sync: boolean;
  /** Sessions that Apache ZooKeeper created; those not in the database are left out. */
  readonly apacheSessions: ReadonlySet<SessionId>;
}

const SLICE_BYTES = 1 << 20;
/** Nodes visited between two looks at the slice's bytes. */
const STRIDE = 8;
/** So much is made durable at a time, lest the last sync hold up those of the log. */
const SYNC_BYTES = 8 << 20;

const AclList = vector(Acl);

/**
 * One snapshot, slice by slice, while transactions go on being applied in between. It is written
 * under another name and gets its own when it is whole and durable.
 *
 * What the database shows when the last slice is made must be durable in the log before that slice
 * is performed; a database to which only durable transactions are applied always is.
 */
export class SnapshotWriter {
  /** Last transaction applied when the snapshot began. */
  readonly startZxid: Zxid;
  readonly #database: Database;
  readonly #options: SnapshotWriterOptions;
  readonly #walk: SnapshotWalk;
  readonly #visit: (id: NodeId) => void;
  readonly #out = new Writer(SLICE_BYTES);
  #checksum = ADLER_START;
  /** Bytes of {@link #out} that are in the checksum. */
  #checkedBytes = 0;
  #position = 0;
  #syncedBytes = 0;
  #state: 'new' | 'nodes' | 'end' | 'done' = 'new';
  #files: readonly string[] = [];

  constructor(database: Database, options: SnapshotWriterOptions) {
    this.startZxid = database.lastZxid;
    this.#database = database;
    this.#options = options;
    this.#walk = new SnapshotWalk(database);
    const out = this.#out;
    const { tree, acls, sessions } = database;
    this.#visit = (id) => {
      tree.writePath(id, out);
      tree.writeData(id, out);
      out.halves(tree.aclId(id) >> 31, tree.aclId(id));
      tree.writePersisted(id, out);
    };
    out.int(SNAPSHOT_MAGIC);
    out.int(SNAPSHOT_VERSION);
    out.long(options.dbId);
    out.int(sessions.size);
    for (const [session, timeoutMs] of sessions) {
      out.long(session);
      out.int(timeoutMs);
    }
    out.int(acls.size);
    for (const [id, acl] of acls.entries()) {
      out.halves(0, id);
      AclList.write(out, acl);
    }
  }

  /** True when the last slice was handed out. */
  get done(): boolean {
    return this.#state === 'done';
  }

  /** Files that are there when the last slice was performed; none before it was handed out. */
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
      this.#state = 'nodes';
    }
    if (this.#state === 'nodes') this.#nodes();
    else this.#end();
    steps.push({ step: 'write', file, position: this.#position, bytes: this.#takeBytes() });
    if (this.done) this.#finish(steps);
    else if (this.#options.sync && this.#position - this.#syncedBytes >= SYNC_BYTES) {
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

  #nodes(): void {
    const { sliceNodes, sliceBytes = SLICE_BYTES } = this.#options;
    let left = sliceNodes;
    while (left > 0 && this.#out.position < sliceBytes) {
      if (!this.#walk.nextNodes(Math.min(left, STRIDE), this.#visit)) {
        this.#state = 'end';
        return;
      }
      left -= STRIDE;
    }
  }

  /** The end mark, and the sections as of now. */
  #end(): void {
    const out = this.#out;
    const { tree, lastZxidHigh, lastZxidLow } = this.#database;
    const { digest, lastZxid = true } = this.#options;
    out.string(END_MARK);
    this.#seal();
    if (digest) {
      out.halves(lastZxidHigh, lastZxidLow);
      out.int(DIGEST_VERSION);
      out.halves(tree.digestHigh, tree.digestLow);
      this.#seal();
    }
    if (lastZxid) {
      out.halves(lastZxidHigh, lastZxidLow);
      this.#seal();
    }
    this.#state = 'done';
  }

  #seal(): void {
    this.#check();
    this.#out.halves(0, this.#checksum);
    this.#out.string(END_MARK);
  }

  /** The snapshot gets its name after the facts about it are durable: without them it is alien. */
  #finish(steps: DiskStep[]): void {
    const { apacheSessions, sync } = this.#options;
    const { sessions, lastZxid } = this.#database;
    const { startZxid } = this;
    const snapshot = snapshotFileOf(startZxid);
    const facts = snapshotFactsFileOf(startZxid, this.#checksum);
    const bytes = snapshotFactsFile.encode({
      endZxid: lastZxid,
      isDurable: sync,
      apacheSessions: [...apacheSessions].filter((session) => sessions.has(session)),
    });
    const syncFolder: DiskStep = { step: 'sync-folder', folder: folders.snapshots };
    steps.push({ step: 'create', file: facts });
    steps.push({ step: 'write', file: facts, position: 0, bytes });
    if (sync) {
      steps.push({ step: 'sync', file: facts }, { step: 'sync', file: snapshotDraftFile });
      steps.push(syncFolder);
    }
    steps.push({ step: 'close', file: facts });
    steps.push({ step: 'rename', from: snapshotDraftFile, to: snapshot });
    if (sync) steps.push(syncFolder);
    this.#files = [snapshot, facts];
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
