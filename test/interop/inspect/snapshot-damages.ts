/** Ways in which a snapshot comes to harm, and what is to be said of each. */
import { constants, gunzipSync, gzipSync } from 'node:zlib';
import type { DamageKind } from '@vivarium/core/internal/node/cli/inspect/damage';
import { adler32Slowly } from '../../support/adler32-slowly.js';
import { snappyOf } from '../../support/snappy-of.js';
import { type SnapshotLayout, snapshotLayout } from './layout.js';
import type { DamagedFile } from './log-damages.js';

/** A sound snapshot with what is known of it. */
export interface SoundSnapshot extends SnapshotLayout {
  readonly bytes: Buffer;
  /** Whether nothing was written while it was taken, so that its digest is that of its tree. */
  readonly isAtRest: boolean;
}

type Damager = (snapshot: SoundSnapshot) => DamagedFile;

/** @param zxid in its name */
export function soundSnapshot(bytes: Buffer, zxid: bigint): SoundSnapshot {
  const layout = snapshotLayout(bytes);
  return { bytes, ...layout, isAtRest: bytes.readBigInt64BE(layout.digestAt) === zxid };
}

/** Bytes with one of them changed. */
function changed({ bytes }: SoundSnapshot, at: number, bit = 0x01): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= bit;
  return copy;
}

function head(bytes: Buffer, kind: DamageKind): DamagedFile {
  return { bytes, damages: [[kind, 0]], shown: 0 };
}

function cut(snapshot: SoundSnapshot, at: number): DamagedFile {
  const { bytes, nodes } = snapshot;
  const whole = nodes.filter(({ end }) => end <= at);
  const from = at >= snapshot.endMarkAt ? at : (whole.at(-1)?.end ?? at);
  return { bytes: bytes.subarray(0, at), damages: [['short', from]], shown: whole.length };
}

/** Found by a checksum only, when all nodes were read. */
function silent(snapshot: SoundSnapshot, at: number, bit?: number): DamagedFile {
  const { nodes, sealAt } = snapshot;
  const bytes = changed(snapshot, at, bit);
  return { bytes, damages: [['checksum', sealAt + 8]], shown: nodes.length };
}

const middle = ({ nodes }: SoundSnapshot) =>
  nodes.slice(Math.floor(nodes.length / 2)).find(({ dataLength }) => dataLength > 8)!;

/** Seals computed anew from some place on, so that only the digest tells. */
function resealed({ sealAt, digestAt }: SoundSnapshot, bytes: Buffer): Buffer {
  const seals = [sealAt, digestAt + 20];
  if (bytes.length > digestAt + 33) seals.push(digestAt + 33 + 8);
  for (const at of seals) {
    bytes.writeBigInt64BE(BigInt(adler32Slowly(bytes.subarray(0, at))), at);
  }
  return bytes;
}

/** Bytes of what is in each block: of a size that leaves several in a small snapshot. */
const SNAPPY_BLOCK = 4000;

function lastBlockAt({ bytes }: SoundSnapshot): number {
  return Math.floor((bytes.length - 1) / SNAPPY_BLOCK) * SNAPPY_BLOCK;
}

export const snapshotDamages: Readonly<Record<string, Damager>> = {
  'an empty file': () => head(Buffer.alloc(0), 'empty'),
  'three bytes of a header': ({ bytes }) => head(bytes.subarray(0, 3), 'no-header'),
  'nine bytes of a header': ({ bytes }) => head(bytes.subarray(0, 9), 'no-header'),
  'a bit of the magic flipped': (snapshot) => head(changed(snapshot, 1), 'not-this-kind'),
  'a bit of the version flipped': (snapshot) => head(changed(snapshot, 7), 'unknown-version'),
  'text instead of a snapshot': () => head(Buffer.from('no snapshot\n'), 'not-this-kind'),
  'the whole file compressed': ({ bytes, nodes }) => {
    return { bytes: gzipSync(bytes), damages: [], shown: nodes.length };
  },
  'compressed, and cut in the middle': (snapshot) => {
    const whole: Buffer = gzipSync(snapshot.bytes);
    const bytes: Buffer = whole.subarray(0, whole.length >> 1);
    const { length } = gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
    const { shown } = cut(snapshot, length);
    return { bytes, damages: [['compression', bytes.length]], shown };
  },
  'compressed, and a bit of it flipped': ({ bytes, nodes }) => {
    const whole: Buffer = gzipSync(bytes);
    whole[whole.length >> 1]! ^= 0x10;
    return { bytes: whole, damages: [['compression', -1]], shown: { atMost: nodes.length } };
  },
  'compressed, and a bit of its checksum flipped': ({ bytes, nodes }) => {
    const whole: Buffer = gzipSync(bytes);
    whole[whole.length - 7]! ^= 1;
    const damages: DamagedFile['damages'] = [['compression', whole.length - 8]];
    return { bytes: whole, damages, shown: nodes.length };
  },
  'a bit of a value flipped, then compressed': (snapshot) => {
    const { bytes, ...found } = silent(snapshot, middle(snapshot).dataAt + 2);
    return { ...found, bytes: gzipSync(bytes) };
  },
  'cut in the middle of a node, then compressed': (snapshot) => {
    const { bytes, ...found } = cut(snapshot, middle(snapshot).dataAt + 3);
    return { ...found, bytes: gzipSync(bytes) };
  },
  'something behind the last seal, compressed': ({ bytes, nodes, digestAt }) => ({
    bytes: gzipSync(Buffer.concat([bytes, Buffer.alloc(100_000, 'more')])),
    damages: [['garbage', digestAt]],
    shown: nodes.length,
  }),
  'compressed as snappy': ({ bytes, nodes }) => {
    return { bytes: snappyOf(bytes, SNAPPY_BLOCK), damages: [], shown: nodes.length };
  },
  'compressed as snappy, and cut in a block': (snapshot) => {
    const whole = snappyOf(snapshot.bytes, SNAPPY_BLOCK);
    const bytes = whole.subarray(0, whole.length - 9);
    const { shown } = cut(snapshot, lastBlockAt(snapshot));
    return { bytes, damages: [['compression', bytes.length]], shown };
  },
  'compressed as snappy, without its last block': (snapshot) => {
    const { bytes, ...found } = cut(snapshot, lastBlockAt(snapshot));
    return { ...found, bytes: snappyOf(bytes, SNAPPY_BLOCK) };
  },
  'compressed as snappy, and a length in it flipped': ({ bytes }) => {
    const whole = snappyOf(bytes, SNAPPY_BLOCK);
    whole[16]! ^= 0x40;
    return { bytes: whole, damages: [['compression', 16]], shown: 0 };
  },
  'cut within the first nodes': (snapshot) => cut(snapshot, snapshot.nodes[2]!.at + 20),
  'cut in the middle of a node': (snapshot) => cut(snapshot, middle(snapshot).dataAt + 3),
  'cut behind the last node': (snapshot) => cut(snapshot, snapshot.endMarkAt),
  'a bit of a value flipped': (snapshot) => silent(snapshot, middle(snapshot).dataAt + 2),
  'a bit of a stat flipped': (snapshot) => silent(snapshot, middle(snapshot).end - 30),
  'a bit of a name flipped': (snapshot) => silent(snapshot, middle(snapshot).dataAt - 6, 0x40),
  'a bit of the first checksum flipped': (snapshot) => silent(snapshot, snapshot.sealAt + 5),
  'a bit of the digest flipped': (snapshot) => {
    const bytes = changed(snapshot, snapshot.digestAt + 15);
    const shown = snapshot.nodes.length;
    return { bytes, damages: [['checksum', snapshot.digestAt + 28]], shown };
  },
  'the end mark of the nodes flipped': (snapshot) => {
    const bytes = changed(snapshot, snapshot.endMarkAt + 3, 0x40);
    return { bytes, damages: [['meaningless', -1]], shown: snapshot.nodes.length };
  },
  'the mark of the first seal flipped': (snapshot) => {
    const bytes = changed(snapshot, snapshot.sealAt + 12);
    return { bytes, damages: [['end-mark', snapshot.sealAt + 13]], shown: snapshot.nodes.length };
  },
  'a length that cannot be': (snapshot) => {
    const node = middle(snapshot);
    const bytes = changed(snapshot, node.at, 0x80);
    const shown = snapshot.nodes.indexOf(node);
    return { bytes, damages: [['meaningless', node.at]], shown };
  },
  'a count of ACLs that cannot be': (snapshot) => {
    const bytes = changed(snapshot, snapshot.aclsAt, 0x40);
    return { bytes, damages: [['meaningless', snapshot.aclsAt + 4]], shown: 0 };
  },
  'something behind the last seal': ({ bytes, nodes, digestAt }) => ({
    bytes: Buffer.concat([bytes, Buffer.from('more')]),
    damages: [['garbage', digestAt]],
    shown: nodes.length,
  }),
  'another value, sealed anew': (snapshot) => {
    const bytes = resealed(snapshot, changed(snapshot, middle(snapshot).dataAt + 2));
    const damages: DamagedFile['damages'] = snapshot.isAtRest ? [['digest', bytes.length]] : [];
    return { bytes, damages, shown: snapshot.nodes.length };
  },
};
