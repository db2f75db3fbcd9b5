import type { Zxid } from '../base/ids.js';
import type { Database } from '../tree/database.js';
import { Writer } from '../wire/writer.js';
import { FIRST_BYTES, type SliceLimits, SnapshotBody } from './snapshot-body.js';
import { SNAPSHOT_SIGNATURE } from './snapshot-format.js';

/**
 * The bytes that follow a SNAP packet, slice by slice: sessions, ACL table, nodes, end mark and a
 * signature, without the header, seals and sections of a file. ZooKeeper 3.8 and 3.9 send the same.
 *
 * Transactions may be applied between slices; the learner needs every one after
 * {@link startZxid}, in order, behind these bytes.
 */
export class SnapshotSender {
  readonly #database: Database;
  readonly #out = new Writer(FIRST_BYTES);
  readonly #body: SnapshotBody;
  #endZxid: Zxid;

  constructor(database: Database, limits: SliceLimits) {
    this.#database = database;
    this.#body = new SnapshotBody(database, this.#out, limits);
    this.#endZxid = this.startZxid;
  }

  /** Last transaction applied when it began: what the SNAP packet says. */
  get startZxid(): Zxid {
    return this.#body.startZxid;
  }

  /** Last transaction that the bytes handed out so far may show effects of. */
  get endZxid(): Zxid {
    return this.#endZxid;
  }

  /** True when the last slice was handed out. */
  get done(): boolean {
    return this.#body.done;
  }

  /** The next slice, in an array of its own. */
  next(): Uint8Array {
    this.#body.next();
    if (this.#body.done) this.#out.string(SNAPSHOT_SIGNATURE);
    this.#endZxid = this.#database.lastZxid;
    const bytes = this.#out.copy();
    this.#out.clear();
    return bytes;
  }
}
