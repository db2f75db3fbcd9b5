import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Zxid } from '../../../base/ids.js';
import { hexLong } from '../../../base/long.js';
import { parseFileName } from '../../../storage/file-names.js';
import { LOG_HEADER_BYTES, LOG_MAGIC, LOG_VERSION } from '../../../storage/log-format.js';
import { snapshotFactsFile } from '../../../storage/snapshot-facts.js';
import { cutLog } from '../../../storage/truncation.js';
import { Writer } from '../../../wire/writer.js';
import { exitCodes, StartError } from '../../start-error.js';
import { type Damage, damageText } from './damage.js';
import { LogWalk } from './log-walk.js';
import { notesOf, type OpenedFile } from './opened-file.js';
import { keepCopy, putAside, whileNobodyHasIt } from './untouched.js';

type Say = (line: string) => void;

/**
 * Mends a log where nothing but its end or its header is damaged: cuts off what stands behind the
 * last sound record, writes the header anew, or puts a file aside in which there is nothing. A copy
 * is kept first.
 *
 * @returns the exit code: 0 also when there was nothing to mend
 * @throws StartError when it cannot be mended so, or a server has it; then nothing was changed
 */
export function repairLog(opened: OpenedFile, say: Say): Promise<number> {
  return whileNobodyHasIt(opened, () => {
    const walk = walked(opened);
    const [damage, ...more] = walk.damages;
    if (damage === undefined) {
      say(`${opened.shown}: sound, nothing was changed.`);
      return exitCodes.ok;
    }
    if (damage.offset === 0 && more.length === 0) return repairHeader(opened, damage, say);
    if (walk.tail !== 'torn' || damage.offset !== walk.soundEnd) {
      if (more.length > 0) throw refused(walk.damages, 'it is damaged in more than one place');
      if (damage.zxidAfter !== undefined) {
        throw refused([damage], 'it is damaged before its end, and --repair gives nothing up');
      }
      if (walk.tail !== 'undecidable') {
        throw refused([damage], 'that is no torn end, and --repair gives nothing up');
      }
    }
    const kept = keepCopies(opened);
    cutBehind(opened, walk);
    say(
      `${opened.shown}: cut off ${walk.writtenEnd - damage.offset} bytes from byte ${damage.offset} on: ` +
        `${damage.what}. ${endsWith(walk)} The file as it was is ${kept}.`,
    );
    return exitCodes.ok;
  });
}

/**
 * Cuts a log behind a transaction, which stays, after a copy was kept.
 *
 * @throws StartError when it holds no such transaction, something before that is damaged, or a
 *   server has it; then nothing was changed
 */
export function chopLog(opened: OpenedFile, zxid: Zxid, say: Say): Promise<number> {
  return whileNobodyHasIt(opened, () => {
    const walk = new LogWalk(opened);
    let isThere = false;
    for (const step of walk.steps()) {
      if (step.type === 'damage') throw refused([step.damage], 'it is damaged before that');
      if (step.header.zxid > zxid) break;
      isThere = step.header.zxid === zxid;
      if (isThere) break;
    }
    if (!isThere) throw unknownZxid(opened, walk, zxid);
    const { soundEnd } = walk;
    const { size, shown } = opened;
    if (walk.writtenEnd <= soundEnd && (walk.facts?.synced ?? 0) <= soundEnd) {
      say(`${shown}: ends with ${hexLong(zxid)} already, nothing was changed.`);
      return exitCodes.ok;
    }
    const kept = keepCopies(opened);
    cutBehind(opened, walk);
    say(
      `${shown}: cut off ${size - soundEnd} bytes behind transaction ${hexLong(zxid)}. ` +
        `The file as it was is ${kept}.`,
    );
    for (const line of whatElseKnowsMore(opened, zxid)) say(line);
    return exitCodes.ok;
  });
}

function walked(opened: OpenedFile): LogWalk {
  const walk = new LogWalk(opened);
  for (const _ of walk.steps());
  return walk;
}

function repairHeader(opened: OpenedFile, damage: Damage, say: Say): number {
  const { path, shown, name } = opened;
  if (damage.zxidAfter !== undefined) {
    if (damage.until !== LOG_HEADER_BYTES) {
      throw refused([damage], 'it has no header that could be written anew');
    }
    if (name?.kind === 'log' && name.zxid !== damage.zxidAfter) {
      throw refused([damage], 'its first transaction is not the one in its name');
    }
    const copy = beside(opened, keepCopy(path));
    const header = new Writer(8);
    header.int(LOG_MAGIC);
    header.int(LOG_VERSION);
    writeDurablyAt(path, header.copy());
    say(`${shown}: its header was written anew. The file as it was is ${copy}.`);
    return exitCodes.ok;
  }
  if (damage.kind !== 'empty' && damage.kind !== 'no-header') {
    throw refused([damage], 'nothing in it can be read as transactions');
  }
  const notes = notesOf(opened);
  if (notes !== undefined) {
    throw refused(
      [damage],
      `a server of Vivarium decides by ${notes}, when it starts, what it was`,
    );
  }
  say(`${shown}: nothing is in it. It was put aside as ${beside(opened, putAside(path))}.`);
  return exitCodes.ok;
}

function writeDurablyAt(path: string, bytes: Uint8Array): void {
  const handle = openSync(path, 'r+');
  try {
    writeSync(handle, bytes, 0, bytes.length, 0);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Copies of the log and of the notes beside it, which a cut changes too. */
function keepCopies(opened: OpenedFile): string {
  const notes = notesOf(opened);
  if (notes !== undefined) keepCopy(notes);
  return beside(opened, keepCopy(opened.path));
}

/** How a file beside another is called by whoever has named that. */
function beside({ shown }: OpenedFile, path: string): string {
  return join(dirname(shown), basename(path));
}

function cutBehind({ disk, file, size, name }: OpenedFile, walk: LogWalk): void {
  const { soundEnd: end, chain } = walk;
  const isNamed = name?.kind === 'log';
  const facts = isNamed ? walk.facts : undefined;
  const zxid = isNamed ? name.zxid : 0n;
  // Notes that tell of more than there is are cut too, where the file itself is short enough.
  const least = Math.max(size, end + 1);
  try {
    disk.perform(cutLog({ file, zxid, size: least, end, chain, facts }));
  } finally {
    disk.close();
  }
}

function endsWith({ soundZxid }: LogWalk): string {
  return soundZxid === undefined
    ? 'It now holds no transaction.'
    : `It now ends with transaction ${hexLong(soundZxid)}.`;
}

/** Files beside a log that hold, or prove, what was cut off it. */
function whatElseKnowsMore({ folder }: OpenedFile, zxid: Zxid): readonly string[] {
  const later = readdirSync(folder).filter((each) => {
    const name = parseFileName(each);
    if (name === undefined || name.kind === 'log-facts' || name.kind === 'cut') return false;
    if (name.kind !== 'snapshot-facts') return name.zxid > zxid;
    const content = snapshotFactsFile.decode(readFileSync(join(folder, each)));
    return content.state === 'good' ? content.value.endZxid > zxid : name.zxid > zxid;
  });
  if (later.length === 0) return [];
  return [
    `These tell of later transactions, and have to go before a server starts: ${later.join(', ')}.`,
    ...(later.some((each) => each.startsWith('vivarium-snapshot.'))
      ? ['With a vivarium-snapshot file, the snapshot of its number has to go.']
      : []),
  ];
}

function unknownZxid({ shown }: OpenedFile, walk: LogWalk, zxid: Zxid): StartError {
  const { firstZxid } = walk;
  const first = firstZxid === undefined ? 'it holds none' : `its first is ${hexLong(firstZxid)}`;
  return new StartError(
    `${shown} cannot be cut behind ${hexLong(zxid)}: it has no such transaction (${first}). ` +
      'Nothing was changed. Name the last transaction that is to stay.',
    exitCodes.invocation,
  );
}

/** What is damaged and why it stays so. */
function refused(damages: readonly Damage[], why: string): StartError {
  const lines = damages.map(damageText);
  const file = damages[0]!.file;
  return new StartError(
    [...lines, `${file} was not changed: ${why}.`].join('\n'),
    exitCodes.unexpected,
  );
}
