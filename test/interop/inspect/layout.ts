/**
 * Where things stand in the bytes of a log or a snapshot, found out by the format alone: what a
 * proof damages must not be found by the code that is to find the damage.
 */
import { Reader } from '@vivarium/core/internal/wire/reader';

export const HEADER = 16;
export const PREFIX = 12;

export interface RecordPlace {
  readonly zxid: string;
  readonly at: number;
  /** Behind its end mark. */
  readonly end: number;
}

/** The records of a sound log. */
export function recordsOf(bytes: Buffer): readonly RecordPlace[] {
  const records: RecordPlace[] = [];
  for (let at = HEADER; at + PREFIX <= bytes.length; ) {
    const length = bytes.readInt32BE(at + 8);
    if (length === 0) break;
    const end = at + PREFIX + length + 1;
    records.push({ zxid: `0x${bytes.readBigUInt64BE(at + PREFIX + 12).toString(16)}`, at, end });
    at = end;
  }
  return records;
}

export interface NodePlace {
  readonly path: string;
  readonly at: number;
  /** Where its data begins, and how long it is. */
  readonly dataAt: number;
  readonly dataLength: number;
  readonly end: number;
}

export interface SnapshotLayout {
  readonly nodes: readonly NodePlace[];
  /** Where the ACL table begins. */
  readonly aclsAt: number;
  /** The end mark of the nodes. */
  readonly endMarkAt: number;
  /** The first seal: a checksum and an end mark. */
  readonly sealAt: number;
  /** Behind it: the digest section. */
  readonly digestAt: number;
}

/** The parts of a sound snapshot. */
export function snapshotLayout(bytes: Buffer): SnapshotLayout {
  const from = new Reader(new Uint8Array(bytes), HEADER);
  for (let left = from.int(); left > 0; left--) from.position += 12;
  const aclsAt = from.position;
  for (let left = from.int(); left > 0; left--) {
    from.long();
    for (let entries = from.int(); entries > 0; entries--) {
      from.int();
      from.string();
      from.string();
    }
  }
  const nodes: NodePlace[] = [];
  for (;;) {
    const at = from.position;
    const path = from.string();
    if (path === '/') {
      return { nodes, aclsAt, endMarkAt: at, sealAt: from.position, digestAt: from.position + 13 };
    }
    const data = from.bufferOrNull();
    const dataLength = data?.length ?? 0;
    const dataAt = from.position - dataLength;
    from.position += 68;
    nodes.push({ path, at, dataAt, dataLength, end: from.position });
  }
}
