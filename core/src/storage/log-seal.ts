import type { LogEvent } from '../base/log-event.js';
import { hexLong, longOf } from '../base/long.js';
import type { BootDisk, DiskStep } from './disk.js';
import { folders } from './disk.js';
import { cutFileOf, logFactsFileOf } from './file-names.js';
import { type LogFacts, logFactsFile, nothingKnown } from './log-facts.js';
import { LOG_HEADER_BYTES } from './log-format.js';
import type { ReadLog } from './log-replay.js';
import { findWrittenEnd, hasLaterRecord, judgeLogEnd, type Verdict } from './log-tail.js';
import { DamagedDataError } from './refused-start.js';

const COPY_BYTES = 4 << 20;

/**
 * Ends logs where their sound records end: cuts off what a crash left behind the last one, removes
 * logs that never got a first one, and makes the rest durable.
 *
 * @returns whether what is left is proof of all that was ever durable: not where bytes were cut off
 *   a log of which we have noted nothing, as one of Apache ZooKeeper. What a crash left of our own
 *   last flushes looks the same when the notes about it were not durable yet
 * @throws RefusedStartError when something that was durable is damaged; then nothing was changed
 */
export function sealLogs(
  disk: BootDisk,
  logs: readonly ReadLog[],
  report: (event: LogEvent) => void,
): boolean {
  for (const log of logs) if (isDamaged(log)) refuse(log);
  const lastFilled = logs.findLastIndex(({ count }) => count > 0);
  const open = logs.slice(Math.max(0, lastFilled));
  const ends = open.map((log) => {
    const writtenEnd = findWrittenEnd(disk, log.file, log.end, log.size);
    return { log, writtenEnd, verdict: judge(disk, log, writtenEnd) };
  });
  for (const { log, verdict } of ends) if (verdict === 'corrupt') refuse(log);
  for (const log of logs.slice(0, Math.max(0, lastFilled))) {
    if (log.facts === undefined) makeDurable(disk, log.file);
    else if (log.facts.synced < log.end) confirm(disk, log, log.facts);
  }
  for (const { log, writtenEnd, verdict } of ends) {
    if (writtenEnd > log.end) setAside(disk, log, writtenEnd);
    if (verdict !== 'clean') reportCut(log, writtenEnd, verdict, report);
    if (log.count === 0 && (log.end === 0 || log.facts !== undefined)) remove(disk, log);
    else cut(disk, log, writtenEnd);
  }
  return ends.every(({ log, verdict }) => {
    const isNoted = log.facts !== undefined && log.facts !== nothingKnown;
    return verdict !== 'undecidable' || isNoted;
  });
}

function isDamaged({ facts, end, chainHolds }: ReadLog): boolean {
  return facts !== undefined && (end < facts.synced || !chainHolds);
}

function judge(disk: BootDisk, log: ReadLog, writtenEnd: number): Verdict {
  const { file, end, size, facts, chainHolds, lastHigh, lastLow } = log;
  const range = { start: end, end: writtenEnd };
  const isNoLog = end === 0 && size >= LOG_HEADER_BYTES;
  const hasLater = () => isNoLog || hasLaterRecord(disk, file, range, lastHigh, lastLow);
  return judgeLogEnd({ end, writtenEnd, facts, chainHolds, hasLaterRecord: hasLater });
}

function refuse({ file, end, zxid, facts }: ReadLog): never {
  if (facts === undefined && end === 0) {
    const remedy = 'Remove it if it does not belong here; else restore it from a backup.';
    throw new DamagedDataError(file, 0, 'it is not a transaction log', remedy);
  }
  const isProven = facts !== undefined && facts !== nothingKnown;
  const proof = isProven ? `${logFactsFileOf(zxid)} proves it` : 'sound transactions follow';
  const what = `a transaction that was durable is damaged (${proof})`;
  const remedy =
    'Restore the file from a backup. To give up this transaction and all later ones, cut the ' +
    `file at that byte${isProven ? ' and remove the file that proves it' : ''}.`;
  throw new DamagedDataError(file, end, what, remedy);
}

/** Makes durable what somebody wrote and may not have synced. */
export function makeDurable(disk: BootDisk, file: string): void {
  disk.perform([
    { step: 'sync', file },
    { step: 'close', file },
  ]);
}

/** Keeps what is cut off: whoever knows better can still use it. */
function setAside(disk: BootDisk, { file, zxid, end }: ReadLog, writtenEnd: number): void {
  const aside = cutFileOf(zxid, end);
  disk.perform([{ step: 'create', file: aside }]);
  for (let at = end; at < writtenEnd; at += COPY_BYTES) {
    const bytes = disk.read(file, at, Math.min(COPY_BYTES, writtenEnd - at));
    disk.perform([{ step: 'write', file: aside, position: at - end, bytes }]);
  }
  disk.perform([
    { step: 'sync', file: aside },
    { step: 'sync-folder', folder: folders.logs },
    { step: 'close', file: aside },
  ]);
}

function reportCut(
  { file, zxid, end, lastHigh, lastLow }: ReadLog,
  writtenEnd: number,
  verdict: Verdict,
  report: (event: LogEvent) => void,
): void {
  const fields = { file, offset: end, bytes: writtenEnd - end };
  const last = `The log now ends with ${hexLong(longOf(lastHigh, lastLow))}`;
  const aside = writtenEnd > end ? `; what was cut off is in ${cutFileOf(zxid, end)}` : '';
  if (verdict === 'torn') {
    const message =
      `${file}: the last write was interrupted by a crash, and what there was of it from byte ` +
      `${end} on was cut off. ${last}${aside}.`;
    report({ level: 'warn', event: 'storage.torn-tail-cut', message, fields });
    return;
  }
  const message =
    `${file}: from byte ${end} on there are bytes that are no sound transaction, and nothing ` +
    'tells whether they ever were one. They were taken for an interrupted write and cut off; if ' +
    `the disk damaged them, ACKNOWLEDGED WRITES ARE LOST. ${last}${aside}.`;
  report({ level: 'warn', event: 'storage.undecidable-tail-cut', message, fields });
}

/** A log without transactions: its file was created, and no more became of it. */
function remove(disk: BootDisk, { file, zxid, facts }: ReadLog): void {
  const steps: DiskStep[] = [{ step: 'remove', file }];
  if (facts !== undefined) steps.push({ step: 'remove', file: logFactsFileOf(zxid) });
  disk.perform([...steps, { step: 'sync-folder', folder: folders.logs }]);
}

/**
 * Writes what is not known to be durable over itself. A sync that failed may have left it in the
 * system's cache alone, marked as written: to read it shows it, and another sync does nothing.
 */
function writeAgain(disk: BootDisk, { file, end }: ReadLog, start: number): void {
  for (let at = start; at < end; at += COPY_BYTES) {
    const bytes = disk.read(file, at, Math.min(COPY_BYTES, end - at));
    disk.perform([{ step: 'write', file, position: at, bytes }]);
  }
}

function cut(disk: BootDisk, log: ReadLog, writtenEnd: number): void {
  const { file, size, end, facts } = log;
  const mayKeepZeros = facts === undefined && writtenEnd === end;
  if (size !== end && !mayKeepZeros) disk.perform([{ step: 'truncate', file, size: end }]);
  if (facts === undefined) makeDurable(disk, file);
  else confirm(disk, log, facts);
}

/** Makes the sound records of a log of ours durable, and notes that they are. */
function confirm(disk: BootDisk, log: ReadLog, facts: LogFacts): void {
  const { file, end, firstChecksum: first, chain } = log;
  writeAgain(disk, log, facts.synced);
  makeDurable(disk, file);
  const { previous } = facts;
  const bytes = logFactsFile.encode({ first, synced: end, chain, flushEnd: end, previous });
  const factsFile = logFactsFileOf(log.zxid);
  disk.perform([
    /* The facts may not outlive the log's name: they would tell of a log that is missing. */
    { step: 'sync-folder', folder: folders.logs },
    { step: 'truncate', file: factsFile, size: bytes.length },
    { step: 'write', file: factsFile, position: 0, bytes },
    { step: 'sync', file: factsFile },
    { step: 'close', file: factsFile },
  ]);
}
