import type { Zxid } from '../base/ids.js';
import { folders } from './disk.js';

/**
 * Names of the files in the two folders. ZooKeeper's own are `log.<zxid>` (of its first
 * transaction) and `snapshot.<zxid>` (of its start), in lower-case hexadecimal without zeros in
 * front. Ours begin with `vivarium-`: ZooKeeper neither reads nor purges these.
 */

/** The log that begins with a transaction. */
export function logFileOf(first: Zxid): string {
  return `${folders.logs}log.${first.toString(16)}`;
}

/** What is known of a log beside its bytes; see `log-facts.ts`. */
export function logFactsFileOf(first: Zxid): string {
  return `${folders.logs}vivarium-log.${first.toString(16)}`;
}

/** Where bytes are kept that recovery cut off a log. */
export function cutFileOf(first: Zxid, position: number): string {
  return `${folders.logs}vivarium-cut.${first.toString(16)}.${position}`;
}

/** The snapshot that was begun at a zxid. */
export function snapshotFileOf(start: Zxid): string {
  return `${folders.snapshots}snapshot.${start.toString(16)}`;
}

/** What is known of the snapshot with this checksum beside its bytes; see `snapshot-facts.ts`. */
export function snapshotFactsFileOf(start: Zxid, checksum: number): string {
  return `${folders.snapshots}vivarium-snapshot.${start.toString(16)}.${checksum.toString(16)}`;
}

/** A whole snapshot from a leader, about to take the place of all else; `snapshot-install.ts`. */
export function receivedFileOf(start: Zxid, checksum: number): string {
  return `${folders.snapshots}vivarium-received.${start.toString(16)}.${checksum.toString(16)}`;
}

/** Where a log is kept whose place a received snapshot took. */
export function oldLogFileOf(first: Zxid): string {
  return `${folders.logs}vivarium-old-log.${first.toString(16)}`;
}

/** The same for a snapshot, compressed or not. */
export function oldSnapshotFileOf(snapshot: string): string {
  return `${folders.snapshots}vivarium-old-${snapshot.slice(folders.snapshots.length)}`;
}

/** The snapshot that is being written: it gets its name when it is whole. */
export const snapshotDraftFile = `${folders.snapshots}vivarium-draft`;

const kinds = {
  log: 'log',
  'vivarium-log': 'log-facts',
  'vivarium-cut': 'cut',
  'vivarium-old-log': 'old-log',
  snapshot: 'snapshot',
  'vivarium-snapshot': 'snapshot-facts',
  'vivarium-received': 'received',
  'vivarium-old-snapshot': 'old-snapshot',
} as const;

/** A file of ours or ZooKeeper's, by its name without the folder. */
export interface NamedFile {
  readonly kind:
    | (typeof kinds)[keyof typeof kinds]
    /** `snapshot.<zxid>.gz` or `.snappy`, of ZooKeeper alone: it is read, and never written. */
    | 'compressed-snapshot';
  readonly zxid: Zxid;
}

/** Whether a file belongs into the folder of the logs. */
export function isOfLogs(kind: NamedFile['kind']): boolean {
  return kind === 'log' || kind === 'log-facts' || kind === 'cut' || kind === 'old-log';
}

/** Whether a file is a snapshot that a server may begin with. */
export function isSnapshot(kind: NamedFile['kind']): boolean {
  return kind === 'snapshot' || kind === 'compressed-snapshot';
}

/** What a name (without folder) says; `undefined` for names that mean nothing here. */
export function parseFileName(name: string): NamedFile | undefined {
  const [prefix = '', digits = '', rest, ...more] = name.split('.');
  if (!Object.hasOwn(kinds, prefix) || !/^(0|[1-9a-f][0-9a-f]{0,15})$/.test(digits)) return;
  const kind = kinds[prefix as keyof typeof kinds];
  const zxid = BigInt(`0x${digits}`);
  if (zxid >> 63n !== 0n || more.length > 0) return undefined;
  if (rest === 'gz' || rest === 'snappy') {
    if (kind === 'snapshot') return { kind: 'compressed-snapshot', zxid };
    if (kind === 'old-snapshot') return { kind, zxid };
  }
  const hasRest = kind === 'cut' || kind === 'snapshot-facts' || kind === 'received';
  return hasRest === (rest !== undefined) ? { kind, zxid } : undefined;
}
