import { parseArgs } from 'node:util';
import type { SessionId, Zxid } from '../../../base/ids.js';
import { hexLong, highOf, lowOf } from '../../../base/long.js';
import { follows } from '../../../storage/log-format.js';
import { exitCodes } from '../../start-error.js';
import { CommandLineError, type World } from '../world.js';
import { damageJson, damageText } from './damage.js';
import { timeText } from './data-text.js';
import { type DataForm, isWithin, readDataForm, readId, readPath } from './inspect-arguments.js';
import { jsonOf, Lines } from './lines.js';
import { chopLog, repairLog } from './log-repair.js';
import { LogSummary } from './log-summary.js';
import { LogWalk, type SoundRecord } from './log-walk.js';
import { type OpenedFile, openFile } from './opened-file.js';
import { bodyJson, bodyText, digestJson, pathsOf, typeName } from './txn-text.js';

/** What a process ends with that has found damage. */
export const DAMAGED = 1;

/** Which records are wanted; absent: all. */
interface Wanted {
  readonly from: Zxid | undefined;
  readonly to: Zxid | undefined;
  readonly path: string | undefined;
  readonly below: boolean;
  readonly session: SessionId | undefined;
}

interface Shown {
  readonly form: DataForm | undefined;
  readonly asJson: boolean;
  readonly summary: boolean;
}

const options = {
  from: { type: 'string' },
  to: { type: 'string' },
  path: { type: 'string' },
  recursive: { type: 'boolean', short: 'R' },
  session: { type: 'string' },
  data: { type: 'string' },
  summary: { type: 'boolean' },
  json: { type: 'boolean' },
  repair: { type: 'boolean' },
  chop: { type: 'string' },
} as const;

type Values = ReturnType<typeof parse>['values'];

function parse(words: readonly string[]) {
  return parseArgs({ args: [...words], allowPositionals: true, options });
}

/** Shows transaction logs, or mends one. */
export async function logCommand(words: readonly string[], world: World): Promise<number> {
  const { values, positionals } = parse(words);
  if (positionals.length === 0) throw new CommandLineError('Name a transaction log.');
  if (values.repair === true || values.chop !== undefined) return mend(values, positionals, world);
  const wanted = wantedOf(values);
  const form = values.data === undefined ? undefined : readDataForm(values.data);
  const shown = { form, asJson: values.json === true, summary: values.summary === true };
  const opened = positionals.map(openFile);
  let isSound = true;
  let before: Whole | undefined;
  for (const file of opened) {
    const whole = await showLog(file, wanted, shown, world);
    if (before !== undefined) tellOfGap(before, whole, world);
    before = whole;
    isSound &&= whole.walk.damages.length === 0;
  }
  return isSound ? exitCodes.ok : DAMAGED;
}

function mend(values: Values, files: readonly string[], world: World): Promise<number> {
  const { repair, chop, ...others } = values;
  if (repair === true && chop !== undefined) {
    throw new CommandLineError('--repair and --chop are two things: say one of them.');
  }
  const other = Object.keys(others)[0];
  const flag = repair === true ? '--repair' : '--chop';
  if (other !== undefined) throw new CommandLineError(`${flag} does not go with --${other}`);
  if (files.length > 1) throw new CommandLineError(`${flag} takes one file at a time`);
  const say = (line: string) => world.stdout.write(`${line}\n`);
  return chop === undefined
    ? repairLog(openFile(files[0]!), say)
    : chopLog(openFile(files[0]!), readId(chop, '--chop'), say);
}

function wantedOf({ from, to, path, recursive, session }: Values): Wanted {
  if (recursive === true && path === undefined) throw new CommandLineError('-R goes with --path');
  const wanted = {
    from: from === undefined ? undefined : readId(from, '--from'),
    to: to === undefined ? undefined : readId(to, '--to'),
    path: path === undefined ? undefined : readPath(path),
    below: recursive === true,
    session: session === undefined ? undefined : readId(session, '--session'),
  };
  if (wanted.from !== undefined && wanted.to !== undefined && wanted.from > wanted.to) {
    throw new CommandLineError(`--from ${from} comes after --to ${to}`);
  }
  return wanted;
}

function isWanted({ header, txn }: SoundRecord, wanted: Wanted): boolean {
  const { from, to, path, below, session } = wanted;
  if (from !== undefined && header.zxid < from) return false;
  if (to !== undefined && header.zxid > to) return false;
  if (session !== undefined && header.clientId !== session) return false;
  if (path === undefined) return true;
  if (txn === undefined) return false;
  return pathsOf(txn.body).some((each) => (below ? isWithin(each, path) : each === path));
}

/** A log that was read to its end. */
interface Whole {
  readonly file: OpenedFile;
  readonly walk: LogWalk;
}

async function showLog(
  file: OpenedFile,
  wanted: Wanted,
  { form, asJson, summary }: Shown,
  world: World,
): Promise<Whole> {
  const lines = new Lines(world.stdout);
  const walk = new LogWalk(file);
  const sum = new LogSummary();
  for (const step of walk.steps()) {
    if (step.type === 'damage') {
      if (asJson) lines.add(jsonOf(damageJson(step.damage)));
      await lines.flush();
      world.stderr.write(`${damageText(step.damage)}\n`);
    } else if (isWanted(step, wanted)) {
      if (summary) sum.add(step);
      else lines.add(asJson ? jsonOf(recordJson(step, file, form)) : recordText(step, form));
    }
    if (lines.isFull) await lines.flush();
  }
  if (summary) {
    lines.add(asJson ? jsonOf({ summary: sum.json(file, walk) }) : sum.text(file, walk));
  }
  await lines.flush();
  if (walk.damages.length === 0 && !asJson && !summary) tellSound(file, walk, world);
  return { file, walk };
}

function tellSound({ shown, size }: OpenedFile, walk: LogWalk, world: World): void {
  const { count, soundEnd, firstZxid, lastZxid } = walk;
  const zxids =
    firstZxid === undefined ? '' : `, ${hexLong(firstZxid)} to ${hexLong(lastZxid ?? firstZxid)}`;
  const rest = size === soundEnd ? '' : `, then ${size - soundEnd} zeros`;
  world.stderr.write(`${shown}: sound: ${count} transactions${zxids}, ${soundEnd} bytes${rest}\n`);
}

/** What is missing between two logs is no damage of either. */
function tellOfGap(before: Whole, after: Whole, world: World): void {
  const last = before.walk.lastZxid;
  const first = after.walk.firstZxid;
  if (last === undefined || first === undefined || first <= last) return;
  if (follows(highOf(last), lowOf(last), highOf(first), lowOf(first))) return;
  world.stderr.write(
    `${before.file.shown} ends with ${hexLong(last)} and ${after.file.shown} begins with ` +
      `${hexLong(first)}: what is between them stands in neither.\n`,
  );
}

function recordText({ header, txn }: SoundRecord, form: DataForm | undefined): string {
  const { time, clientId, cxid, zxid, type } = header;
  const ids = `session ${hexLong(clientId)} cxid 0x${(cxid >>> 0).toString(16)} zxid ${hexLong(zxid)}`;
  const body = txn === undefined ? 'cannot be read' : bodyText(txn.body, form);
  return `${timeText(time)} ${ids} ${typeName(type)} ${body}`.trimEnd();
}

function recordJson(
  { header, txn, offset, bytes }: SoundRecord,
  { shown }: OpenedFile,
  form: DataForm | undefined,
): Record<string, unknown> {
  const { time, clientId, cxid, zxid, type } = header;
  return {
    file: shown,
    offset,
    bytes,
    time: timeText(time),
    session: hexLong(clientId),
    cxid,
    zxid: hexLong(zxid),
    ...(txn === undefined ? { type: typeName(type) } : bodyJson(txn.body, form)),
    ...(txn?.digest === undefined ? {} : { digest: digestJson(txn) }),
  };
}
