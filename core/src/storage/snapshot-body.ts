import { assert } from '../base/assert.js';
import type { Zxid } from '../base/ids.js';
import type { Database } from '../tree/database.js';
import type { NodeId } from '../tree/node-table.js';
import { SnapshotWalk } from '../tree/snapshot-walk.js';
import { Acl } from '../wire/records.js';
import { vector } from '../wire/types.js';
import type { Writer } from '../wire/writer.js';
import { END_MARK } from './snapshot-format.js';

/** How much of a snapshot is made at a time. */
export interface SliceLimits {
  /** A slice ends after so many nodes … */
  readonly sliceNodes: number;
  /** … or so many bytes. Default 1 MiB. */
  readonly sliceBytes?: number;
}

/** Bytes of a slice where nothing else is asked for. */
const SLICE_BYTES: number = 1 << 20;
/** What a buffer for slices has at first: most snapshots of tests are small, and it grows. */
export const FIRST_BYTES: number = 1 << 14;
/** Nodes visited between two looks at the slice's bytes. */
const STRIDE = 8;

const AclList = vector(Acl);

/**
 * What a snapshot in a file and one on the wire have in common: sessions, ACL table, nodes and the
 * end mark, written slice by slice while transactions go on being applied in between.
 *
 * It may show effects of those, and lacks the nodes that they create: whoever reads it applies them
 * again.
 */
export class SnapshotBody {
  /** Last transaction applied when it began. */
  readonly startZxid: Zxid;
  readonly #limits: SliceLimits;
  readonly #out: Writer;
  readonly #walk: SnapshotWalk;
  readonly #visit: (id: NodeId) => void;
  #state: 'nodes' | 'end' | 'done' = 'nodes';

  /** Begins: sessions and ACL table are written to `out` at once. */
  constructor(database: Database, out: Writer, limits: SliceLimits) {
    this.startZxid = database.lastZxid;
    this.#limits = limits;
    this.#out = out;
    this.#walk = new SnapshotWalk(database);
    const { tree, acls, sessions } = database;
    this.#visit = (id) => {
      tree.writePath(id, out);
      tree.writeData(id, out);
      out.halves(tree.aclId(id) >> 31, tree.aclId(id));
      tree.writePersisted(id, out);
    };
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

  /** Whether the end mark was written. */
  get done(): boolean {
    return this.#state === 'done';
  }

  /** Writes the next slice: some nodes, or the end mark. */
  next(): void {
    assert(!this.done, 'the end mark was not written yet');
    if (this.#state === 'nodes') {
      this.#nodes();
      return;
    }
    this.#out.string(END_MARK);
    this.#state = 'done';
  }

  #nodes(): void {
    const { sliceNodes, sliceBytes = SLICE_BYTES } = this.#limits;
    let left = sliceNodes;
    while (left > 0 && this.#out.position < sliceBytes) {
      if (!this.#walk.nextNodes(Math.min(left, STRIDE), this.#visit)) {
        this.#state = 'end';
        return;
      }
      left -= STRIDE;
    }
  }
}
