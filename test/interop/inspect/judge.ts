/** Damages files and compares what is said of them with what was done to them. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect, objectsOf } from '../../support/run-inspect.js';
import { recordsOf } from './layout.js';
import { type DamagedFile, logDamages, type SoundLog } from './log-damages.js';
import { notesBeside, type SeedFolder, zxidIn } from './seeds.js';
import { snapshotDamages, soundSnapshot } from './snapshot-damages.js';

/** What came of one damaged file. */
export interface Judgement {
  readonly what: string;
  readonly problems: readonly string[];
  /** Damages that were told. */
  readonly damages: number;
  /** Whether it was mended, and found sound afterwards. */
  readonly mended: boolean;
  /** Whether mending it was refused, and changed nothing. */
  readonly refused: boolean;
}

/** Damages the fullest log of a folder in every way. */
export async function judgeLogs(seed: SeedFolder, work: string): Promise<readonly Judgement[]> {
  const all = seed.logs.map((path) => ({ path, records: recordsOf(readFileSync(path)) }));
  const { path, records } = all.reduce((a, b) => (b.records.length > a.records.length ? b : a));
  const notes = notesBeside(path);
  const end = records.at(-1)!.end;
  const log: SoundLog = {
    bytes: readFileSync(path),
    records,
    end,
    hasFacts: notes !== undefined,
  };
  const judgements: Judgement[] = [];
  for (const [what, damage] of Object.entries(logDamages)) {
    const file = damage(log);
    const folder = join(work, `log-${judgements.length}`);
    mkdirSync(folder, { recursive: true });
    const zxid = zxidIn(path).toString(16);
    if (notes !== undefined) writeFileSync(join(folder, `vivarium-log.${zxid}`), notes);
    const named = join(folder, `log.${file.renamed === true ? `${zxid}0` : zxid}`);
    writeFileSync(named, file.bytes);
    judgements.push(await judgeLog(`log: ${what}`, file, named));
  }
  return judgements;
}

async function judgeLog(what: string, file: DamagedFile, path: string): Promise<Judgement> {
  const problems = await compare(file, ['log', path, '--json'], 'zxid', path);
  const before = readdirSync(join(path, '..'));
  const mending = await inspect('log', '--repair', path);
  const isSame = existsSync(path) && readFileSync(path).equals(file.bytes);
  let mended = false;
  let refused = false;
  if (file.damages.length === 0) {
    if (mending.code !== 0 || !isSame) problems.push(`repair of a sound file: ${mending.err}`);
  } else if (file.mends !== true) {
    refused = mending.code === 1;
    const left = readdirSync(join(path, '..'));
    if (!refused || !isSame || left.length !== before.length) {
      problems.push(`repair gives ${mending.code} and changes something: ${mending.out}`);
    }
  } else {
    problems.push(...(await lookAtMended(file, path, mending.code, mending.err)));
    mended = problems.length === 0;
  }
  return { what, problems, damages: file.damages.length, mended, refused };
}

async function lookAtMended(
  file: DamagedFile,
  path: string,
  code: number,
  err: string,
): Promise<readonly string[]> {
  if (code !== 0) return [`repair gives ${code}: ${err}`];
  const folder = join(path, '..');
  const copy = readdirSync(folder).find((name) => /^vivarium-before-repair\.log\./.test(name));
  if (copy === undefined) return ['repair keeps no copy'];
  const problems: string[] = [];
  if (!readFileSync(join(folder, copy)).equals(file.bytes)) problems.push('the copy is another');
  const isLeft = readdirSync(folder).some((name) => /^log\./.test(name));
  if (isLeft !== (file.damages[0]![0] !== 'empty' && file.damages[0]![0] !== 'no-header')) {
    problems.push('repair leaves a file, or none');
  }
  if (!isLeft) return problems;
  return [
    ...problems,
    ...(await compare({ ...file, damages: [] }, ['log', path, '--json'], 'zxid')),
  ];
}

/** Damages the newest snapshot of a folder in every way. */
export async function judgeSnapshots(
  seed: SeedFolder,
  work: string,
): Promise<readonly Judgement[]> {
  const path = seed.snapshots.at(-1)!;
  const snapshot = soundSnapshot(readFileSync(path), zxidIn(path));
  const judgements: Judgement[] = [];
  for (const [what, damage] of Object.entries(snapshotDamages)) {
    const file = damage(snapshot);
    const folder = join(work, `snapshot-${judgements.length}`);
    mkdirSync(folder, { recursive: true });
    const named = join(folder, `snapshot.${zxidIn(path).toString(16)}`);
    writeFileSync(named, file.bytes);
    const problems = await compare(file, ['snapshot', named, '--json'], 'node', named);
    const damages = file.damages.length;
    const told = { problems, damages, mended: false, refused: false };
    judgements.push({ what: `snapshot: ${what}`, ...told });
  }
  return judgements;
}

/** What is said of a file, against what is true of it. @returns what differs */
async function compare(
  file: Pick<DamagedFile, 'bytes' | 'damages' | 'shown'>,
  words: readonly string[],
  key: 'zxid' | 'node',
  unchanged?: string,
): Promise<string[]> {
  const problems: string[] = [];
  const { code, out, err } = await inspect(...words);
  const expected = file.damages.length === 0 ? 0 : 1;
  if (code !== expected) problems.push(`the exit code is ${code}, not ${expected}: ${err}`);
  const told = objectsOf(out, 'damage').map(({ damage }) => {
    const { kind, offset } = damage as { kind: string; offset: number };
    return [kind, offset] as const;
  });
  const isTold =
    told.length === file.damages.length &&
    file.damages.every(([kind, offset], at) => {
      return told[at]![0] === kind && (offset === -1 || told[at]![1] === offset);
    });
  if (!isTold) {
    problems.push(`says ${JSON.stringify(told)}, not ${JSON.stringify(file.damages)}: ${err}`);
  }
  const shown = objectsOf(out, key);
  const { length } = shown;
  if (!isAsWanted(shown, file.shown)) {
    problems.push(`shows ${length}, and sound are ${JSON.stringify(file.shown)}`);
  }
  if (unchanged !== undefined && !readFileSync(unchanged).equals(file.bytes)) {
    problems.push('reading has changed the file');
  }
  return problems;
}

function isAsWanted(
  shown: readonly Record<string, unknown>[],
  wanted: DamagedFile['shown'],
): boolean {
  if (typeof wanted === 'number') return shown.length === wanted;
  if ('atMost' in wanted) return shown.length > 0 && shown.length <= wanted.atMost;
  return isSameList(shown, wanted);
}

function isSameList(shown: readonly Record<string, unknown>[], zxids: readonly string[]): boolean {
  return shown.length === zxids.length && zxids.every((zxid, at) => shown[at]!.zxid === zxid);
}
