import type { Zxid } from '../base/ids.js';
import type { PeerView } from '../peer/view.js';
import type { PeerCommand } from '../seam/inputs.js';
import type { AdminContext } from './facts.js';
import type { AdminObject } from './values.js';

/** The moment of which a snapshot is to be streamed. */
export interface BackupPoint {
  /** The last transaction that it is to show. */
  readonly zxid: Zxid;
  /** Of the tree right after it, where the server keeps digests. */
  readonly digest: bigint | undefined;
}

interface SnapshotResult {
  readonly data: AdminObject;
  readonly status?: number;
  readonly command?: PeerCommand;
  readonly backup?: BackupPoint;
}

export const SNAPSHOT_DOC =
  'Stream a snapshot that shows the tree of exactly one transaction, named in the header ' +
  '`last_zxid`; `snapshot_size` is its size in bytes. One is streamed at a time, and the next one ' +
  '`admin.rateLimiterIntervalInMS` later. With `streaming=false`: take one into the data folder.';

export const NO_RESTORE =
  'restore is not offered on this server: a tree that changes under its clients would break what ' +
  'they were promised. Stop the servers and make new data folders of the backup with ' +
  'vivarium restore, as docs/guides/backup.md says.';

const IN_MEMORY =
  'snapshot is made of the files of a server, and this one keeps its data in memory. ' +
  'vivarium shell export writes a subtree to a file.';

/** Answers `snapshot`: what is to be streamed, or is to be taken into the data folder. */
export function takeSnapshot(
  { config, facts }: AdminContext,
  view: PeerView,
  query: ReadonlyMap<string, string>,
): SnapshotResult {
  const streaming = query.get('streaming') ?? 'true';
  if (streaming === 'false') return { data: {}, command: { name: 'take-snapshot' } };
  if (streaming !== 'true') {
    const error = `streaming is true or false, not ${JSON.stringify(streaming)}`;
    return { data: { error } };
  }
  if (!config.snapshotCommandEnabled) {
    const error = 'snapshot is off on this server: admin.snapshot.enabled is false in its config';
    return { status: 503, data: { error } };
  }
  if (facts.dataDir === '') return { data: { error: IN_MEMORY } };
  const digest = config.digestEnabled ? view.treeDigest : undefined;
  return { data: {}, backup: { zxid: view.lastZxid, digest } };
}
