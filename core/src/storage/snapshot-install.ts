import type { Zxid } from '../base/ids.js';
import { type DataFile, listFiles } from './data-files.js';
import { type DiskReader, type DiskStep, folders } from './disk.js';
import {
  isSnapshot,
  oldLogFileOf,
  oldSnapshotFileOf,
  receivedFileOf,
  snapshotDraftFile,
  snapshotFactsFileOf,
  snapshotFileOf,
} from './file-names.js';

/** A received snapshot that was written to its end, without a name yet. */
export interface ReceivedSnapshot {
  readonly startZxid: Zxid;
  /** Of its bytes. */
  readonly checksum: number;
}

const SYNC_SNAPSHOTS: DiskStep = { step: 'sync-folder', folder: folders.snapshots };
const SYNC_LOGS: DiskStep = { step: 'sync-folder', folder: folders.logs };

/**
 * Steps that make a received snapshot the whole truth: one request, while nothing else is written.
 *
 * Before the first sync a crash leaves all as it was. From then on the next start goes on with it,
 * so that no mixture of the two histories is ever read. The old logs and snapshots are kept under
 * names that nobody reads: their transactions may end before the snapshot begins or go on
 * differently behind it, and no number would tell.
 *
 * @param received `undefined` at a start: goes on with what an earlier one began, if anything
 * @returns no steps when there is nothing to install
 */
export function installSteps(disk: DiskReader, received?: ReceivedSnapshot): readonly DiskStep[] {
  const snapshots = listFiles(disk, folders.snapshots);
  if (received === undefined) {
    const begun = snapshots.findLast(({ name }) => name.kind === 'received');
    return begun === undefined ? [] : replaceAll(disk, snapshots, begun.file, receivedOf(begun));
  }
  const file = receivedFileOf(received.startZxid, received.checksum);
  return [
    { step: 'rename', from: snapshotDraftFile, to: file },
    SYNC_SNAPSHOTS,
    ...replaceAll(disk, snapshots, file, received),
  ];
}

function receivedOf({ file, name }: DataFile): ReceivedSnapshot {
  const checksum = Number.parseInt(file.slice(file.lastIndexOf('.') + 1), 16);
  return { startZxid: name.zxid, checksum };
}

function replaceAll(
  disk: DiskReader,
  snapshots: readonly DataFile[],
  from: string,
  { startZxid, checksum }: ReceivedSnapshot,
): readonly DiskStep[] {
  const steps: DiskStep[] = [];
  const ownFacts = snapshotFactsFileOf(startZxid, checksum);
  for (const { file, name } of snapshots) {
    const to = oldSnapshotFileOf(file);
    if (isSnapshot(name.kind)) steps.push({ step: 'rename', from: file, to });
    const isOld = name.kind === 'snapshot-facts' ? file !== ownFacts : name.kind === 'received';
    if (isOld && file !== from) steps.push({ step: 'remove', file });
  }
  for (const { file, name } of listFiles(disk, folders.logs)) {
    const to = oldLogFileOf(name.zxid);
    if (name.kind === 'log') steps.push({ step: 'rename', from: file, to });
    if (name.kind === 'log-facts') steps.push({ step: 'remove', file });
  }
  steps.push(SYNC_LOGS, SYNC_SNAPSHOTS);
  steps.push({ step: 'rename', from, to: snapshotFileOf(startZxid) }, SYNC_SNAPSHOTS);
  return steps;
}
