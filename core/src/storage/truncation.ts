import type { Zxid } from '../base/ids.js';
import { hexLong } from '../base/long.js';
import { type DataFile, DataFiles } from './data-files.js';
import { type DiskReader, type DiskStep, folders } from './disk.js';
import { logFactsFileOf } from './file-names.js';
import { History, type HistoryOptions } from './history.js';
import { type LogFacts, logFactsFile, nothingKnown } from './log-facts.js';
import type { ReadLog } from './log-replay.js';
import type { Recovered } from './recovery.js';
import { Retention } from './retention.js';
import { type ChosenSnapshot, chooseSnapshot } from './snapshot-choice.js';

/** A history cannot be cut where a leader wants it cut; the server has to get a snapshot. */
export class TruncationError extends Error {
  override readonly name = 'TruncationError';
}

/** What is to be done to cut a history, and what is left of it then. */
export interface Truncation {
  /** One request of the log lane, while nothing else is written, the background lane included. */
  readonly steps: readonly DiskStep[];
  /** What the next start would recover. */
  readonly recovered: Recovered;
}

const SYNC_LOGS: DiskStep = { step: 'sync-folder', folder: folders.logs };
const SYNC_SNAPSHOTS: DiskStep = { step: 'sync-folder', folder: folders.snapshots };

/** What is kept in memory of committed transactions stays as it is: nothing is cut yet. */
export type TruncationOptions = Omit<HistoryOptions, 'committed'>;

/**
 * Finds out how to cut the history behind a transaction, as a leader's TRUNC asks a server that has
 * logged what was never committed. Snapshots that show effects of what is cut go too
 * (ZOOKEEPER-1549: a server that kept them brought the cut transactions back).
 *
 * All is read first, so that nothing is cut before it is certain that the rest can be served. A
 * crash after any step leaves a server that starts with the history cut, or with a longer part of
 * the old one: snapshots go first, while the logs hold all; then logs, the newest first, each after
 * what proves that it was there.
 *
 * @throws TruncationError when the transaction is not in the history, or no snapshot from before it
 *   is left
 * @throws RefusedStartError when what is to be left cannot be read
 */
export function planTruncation(disk: DiskReader, zxid: Zxid, given: TruncationOptions): Truncation {
  const { extendedTypes, digest, hashSeed } = given;
  const options: HistoryOptions = { extendedTypes, digest, hashSeed, log: (e) => given.log(e) };
  const files = new DataFiles(disk);
  const chosen = chooseSnapshot(disk, files, options, options.log, zxid);
  if (chosen === undefined) {
    throw new TruncationError(
      `the history cannot be cut behind ${hexLong(zxid)}: no snapshot from before it is left`,
    );
  }
  const history = new History(disk, files, chosen, options, zxid);
  const { lastZxid } = history.database;
  if (lastZxid !== zxid) {
    throw new TruncationError(
      `the history cannot be cut behind ${hexLong(zxid)}: it has no such transaction, ` +
        `and the last one before it is ${hexLong(lastZxid)}`,
    );
  }
  const steps: DiskStep[] = [...removeSnapshots(files, chosen, zxid)];
  const later = files.of('log').filter(({ name }) => name.zxid > zxid);
  for (const log of [...later].reverse()) steps.push(...removeLog(files, log));
  const last = history.logs.findLast(({ count }) => count > 0);
  if (last !== undefined) steps.push(...cutLog(last));
  const retention = Retention.of(disk);
  for (const { file } of chosen.bad) retention.isBad(file);
  for (const step of steps) if (step.step === 'remove') retention.removed(step.file);
  return { steps, recovered: history.recovered(retention, { isNew: false, tailIsProof: true }) };
}

/** Snapshots that may show effects of what is cut, then what proves that the log went so far. */
function removeSnapshots(
  files: DataFiles,
  chosen: ChosenSnapshot,
  zxid: Zxid,
): readonly DiskStep[] {
  const snapshots = chosen.beyond.map(({ file }): DiskStep => ({ step: 'remove', file }));
  const facts = files.of('snapshot-facts').filter((file) => {
    const endZxid = files.snapshotFacts(file)?.endZxid ?? file.name.zxid;
    return endZxid > zxid;
  });
  const ofFacts = facts.map(({ file }): DiskStep => ({ step: 'remove', file }));
  return [
    ...snapshots,
    ...(snapshots.length > 0 ? [SYNC_SNAPSHOTS] : []),
    ...ofFacts,
    ...(ofFacts.length > 0 ? [SYNC_SNAPSHOTS] : []),
  ];
}

/** A log, which must be gone for certain before the one before it may go. */
function removeLog(files: DataFiles, { file, name }: DataFile): readonly DiskStep[] {
  const facts = files.logFacts(name.zxid);
  const steps: DiskStep[] = [];
  if (facts !== undefined && facts !== nothingKnown) {
    steps.push(...rewrite(name.zxid, { ...facts, synced: 0, chain: 0, flushEnd: 0 }));
  }
  steps.push({ step: 'remove', file }, SYNC_LOGS);
  if (facts !== undefined)
    steps.push({ step: 'remove', file: logFactsFileOf(name.zxid) }, SYNC_LOGS);
  return steps;
}

/** Steps that cut a log behind the last transaction that was read of it. */
export function cutLog({
  file,
  zxid,
  size,
  end,
  chain,
  facts,
}: Pick<ReadLog, 'file' | 'zxid' | 'size' | 'end' | 'chain' | 'facts'>): readonly DiskStep[] {
  if (end >= size) return [];
  const steps: DiskStep[] = [];
  if (facts !== undefined && facts !== nothingKnown) {
    const isShorter = facts.synced > end;
    const synced = isShorter ? { synced: end, chain } : {};
    const flushEnd = Math.min(facts.flushEnd, end);
    steps.push(...rewrite(zxid, { ...facts, ...synced, flushEnd }));
  }
  steps.push({ step: 'truncate', file, size: end });
  steps.push({ step: 'sync', file }, { step: 'close', file });
  return steps;
}

/** Notes less about a log than was noted. */
function rewrite(zxid: Zxid, facts: LogFacts): readonly DiskStep[] {
  const file = logFactsFileOf(zxid);
  return [
    { step: 'write', file, position: 0, bytes: logFactsFile.encode(facts) },
    { step: 'sync', file },
    { step: 'close', file },
  ];
}
