/**
 * `npm run bench:ensemble` drives three servers of Vivarium and three of Apache ZooKeeper in turn,
 * on this machine in the same run, and writes what came out to
 * docs/internals/proofs/bench-ensemble.md, with every single measurement as a line of JSON beside
 * it.
 *
 * `--parts cases,offered,size`, `--cases get,set`, `--levels 8×16` (or 8x16), `--rounds N`,
 * `--seconds N`, `--subjects apache,vivarium` do a part of it; `--short` a little of the cases.
 * `--cpu-prof` leaves a profile of each server of Vivarium in .cache/bench. Only a full run writes
 * the page, or one with `--write`.
 */
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { apacheVersions } from '../interop/apache.js';
import { renderPage } from '../prove/page.js';
import { type CaseName, ensembleCaseNames, type Level, levels } from './cases.js';
import { renderEnsembles } from './ensemble-page.js';
import { type EnsembleRecord, judgeEnsembles } from './ensemble-records.js';
import {
  type EnsembleSize,
  type EnsembleSubject,
  startEnsembleSubject,
} from './ensemble-subject.js';
import { loadInProcess } from './load-process.js';
import { median } from './records.js';
import { type SubjectName, subjectNames } from './subjects.js';
import { words } from './words.js';

const partNames = ['cases', 'offered', 'size'] as const;

const { values } = parseArgs({
  options: {
    parts: { type: 'string', default: partNames.join() },
    cases: { type: 'string', default: ensembleCaseNames.join() },
    levels: { type: 'string', default: levels.map(({ name }) => name).join() },
    subjects: { type: 'string', default: subjectNames.join() },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    'warm-seconds': { type: 'string', default: '30' },
    short: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    'cpu-prof': { type: 'boolean', default: false },
  },
});

// Without this a signal would end the bench and leave its servers running.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const short = values.short;
const parts = words('parts', short ? 'cases' : values.parts, partNames);
const cases = words<CaseName>('cases', short ? 'set,get' : values.cases, ensembleCaseNames);
const levelNames = levels.map(({ name }) => name);
const chosen = words('levels', short ? '8×16' : values.levels, levelNames);
const subjects = words<SubjectName>('subjects', values.subjects, subjectNames);
const rounds = short ? 1 : Number(values.rounds);
const seconds = short ? 1 : Number(values.seconds);
const warmSeconds = short ? 3 : Number(values['warm-seconds']);

const THREE: EnsembleSize = { voters: 3, observers: 0 };
const sizes: readonly EnsembleSize[] = [
  ...[1, 3, 5, 7].map((voters) => ({ voters, observers: 0 })),
  ...[1, 2, 3, 4].map((observers) => ({ voters: 3, observers })),
];
/** Of what Apache can do, so much is offered to both. */
const OFFERED_SHARE = 0.5;
const HIGH = levels.find(({ name }) => name === '30×100')!;
const MIDDLE = levels.find(({ name }) => name === '8×16')!;

const top = fileURLToPath(new URL('../../..', import.meta.url));
const cache = join(top, '.cache', 'bench');
const pages = join(top, 'docs', 'internals', 'proofs');
const began = new Date().toISOString();
const records: EnsembleRecord[] = [];

function record(one: EnsembleRecord): void {
  records.push(one);
  process.stdout.write(`${JSON.stringify(one)}\n`);
  appendFileSync(join(cache, 'bench-ensemble.jsonl'), `${JSON.stringify(one)}\n`);
}

interface Job {
  readonly part: EnsembleRecord['part'];
  readonly round: number;
  readonly size: EnsembleSize;
  readonly name: CaseName;
  readonly level: Level;
  readonly offered?: number;
}

async function measure({ name: subject, where }: EnsembleSubject, job: Job): Promise<void> {
  const { part, round, size, name, level, offered } = job;
  const { clients, outstanding } = level;
  const result = await loadInProcess({
    ...{ ...where, case: name, clients, outstanding, seconds },
    ...{ warmSeconds: Math.min(1, seconds / 2), run: `${part}-${round}-${level.name}` },
    ...(offered === undefined ? {} : { offered }),
  });
  record({
    ...{ part, round, subject, ...size, case: name, level: level.name },
    ...{ offered: offered ?? 0, ...result },
  });
}

async function warm({ where }: EnsembleSubject, forSeconds: number): Promise<void> {
  const job = { ...where, seconds: forSeconds / 2, warmSeconds: 0, clients: 9, outstanding: 16 };
  await loadInProcess({ ...job, case: 'mixed', run: 'warm' });
  await loadInProcess({ ...job, case: 'create', run: 'warm' });
}

/** Starts one ensemble of each kind; all run all the while, and only one is driven. */
async function withEnsembles(
  size: EnsembleSize,
  work: (running: readonly EnsembleSubject[]) => Promise<void>,
): Promise<void> {
  const running: EnsembleSubject[] = [];
  const nodeArgs = values['cpu-prof'] ? ['--cpu-prof', `--cpu-prof-dir=${cache}`] : [];
  try {
    for (const name of subjects) {
      const folder = join(cache, `${name}-ensemble`);
      running.push(await startEnsembleSubject(name, size, folder, nodeArgs));
    }
    await work(running);
  } finally {
    await Promise.all(running.map((subject) => subject.stop()));
  }
}

const inTurn = <T>(round: number, all: readonly T[]) =>
  round % 2 === 1 ? all : [...all].reverse();

/** What Apache, or whoever is there, has done of a case at the highest level. */
function offeredFor(name: CaseName): number {
  const of = (subject: SubjectName | undefined) =>
    records.filter(
      (one) =>
        one.part === 'cases' &&
        one.case === name &&
        one.level === HIGH.name &&
        (subject === undefined || one.subject === subject),
    );
  const theirs = of('apache');
  const known = theirs.length > 0 ? theirs : of(undefined);
  return Math.floor(median(known.map(({ opsPerSecond }) => opsPerSecond)) * OFFERED_SHARE);
}

async function threeServers(): Promise<void> {
  await withEnsembles(THREE, async (running) => {
    for (const subject of running) await warm(subject, warmSeconds);
    for (let round = 1; round <= rounds; round++) {
      for (const name of cases) {
        for (const level of levels.filter((each) => chosen.includes(each.name))) {
          for (const subject of inTurn(round, running)) {
            await measure(subject, { part: 'cases', round, size: THREE, name, level });
          }
        }
      }
    }
    if (!parts.includes('offered')) return;
    for (let round = 1; round <= rounds; round++) {
      for (const name of cases) {
        const offered = offeredFor(name);
        if (!(offered > 0)) continue;
        for (const subject of inTurn(round, running)) {
          await measure(subject, {
            ...{ part: 'offered', round, size: THREE, name, level: HIGH, offered },
          });
        }
      }
    }
  });
}

async function otherSizes(): Promise<void> {
  for (const size of sizes) {
    await withEnsembles(size, async (running) => {
      for (const subject of running) await warm(subject, warmSeconds / 3);
      for (let round = 1; round <= rounds; round++) {
        for (const subject of inTurn(round, running)) {
          if (size.observers === 0) {
            await measure(subject, { part: 'size', round, size, name: 'set', level: MIDDLE });
          }
          await measure(subject, { part: 'size', round, size, name: 'get', level: HIGH });
        }
      }
    });
  }
}

mkdirSync(cache, { recursive: true });
rmSync(join(cache, 'bench-ensemble.jsonl'), { force: true });
let broken = 0;
const jobs = [
  ...(parts.includes('cases') || parts.includes('offered') ? [threeServers] : []),
  ...(parts.includes('size') ? [otherSizes] : []),
];
for (const job of jobs) {
  await job().catch((error: unknown) => {
    broken += 1;
    process.stdout.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  });
}

const judged = judgeEnsembles(records);
const reached = judged.filter(({ holds }) => holds).length;
const errors = records.reduce((sum, one) => sum + one.errors, 0);
const body = renderEnsembles(records);
process.stdout.write(`\n${body}\n\n`);
const full = !short && parts.length === partNames.length && subjects.length === subjectNames.length;
if ((full || values.write) && broken === 0) {
  const verdict = {
    holds: errors === 0 && reached === judged.length,
    counts: { targets: judged.length, reached, 'failed operations': errors, rounds },
    versions: { 'Apache ZooKeeper': apacheVersions.newest },
    details: body,
  };
  const what =
    'What an operation costs on three servers, beside Apache ZooKeeper on the same machine in the ' +
    'same run.';
  mkdirSync(pages, { recursive: true });
  const proof = { name: 'bench-ensemble', what };
  const page = renderPage(proof, verdict, 'npm run bench:ensemble', began);
  writeFileSync(join(pages, 'bench-ensemble.md'), page);
  const lines = records.map((one) => `${JSON.stringify(one)}\n`);
  writeFileSync(join(pages, 'bench-ensemble.jsonl'), lines.join(''));
}
process.stdout.write(
  `${reached} of ${judged.length} targets reached, ${errors} operations failed\n`,
);
// A short run on a busy machine proves that the bench works; only a full one judges the speed.
process.exitCode = broken > 0 || errors > 0 || (full && reached < judged.length) ? 1 : 0;
