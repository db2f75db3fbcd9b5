/**
 * `npm run bench` drives Vivarium and Apache ZooKeeper in turn, on this machine in the same run,
 * and writes what came out to docs/internals/proofs/bench.md, with every single measurement as a
 * line of JSON in bench.jsonl beside it.
 *
 * `--parts cases,crowd,znodes,snapshot`, `--cases get,set`, `--levels 8×16` (or 8x16), `--rounds
 * N`, `--seconds N`, `--subjects apache,vivarium` do a part of it; `--short` a little of the cases.
 * `--cpu-prof` leaves a profile of Vivarium in .cache/bench. Only a full run writes the page, or
 * one with `--write`.
 */
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { apacheVersions, freePort } from '../interop/apache.js';
import { renderPage } from '../prove/page.js';
import { type CaseName, caseNames, levels } from './cases.js';
import { measureCrowd } from './crowd.js';
import { measureFlush } from './flush.js';
import { inspectable } from './memory.js';
import { measureMillion } from './million.js';
import { renderBench } from './page.js';
import { newestProfile, summarizeProfile } from './profile.js';
import type { BenchRecord, FactRecord } from './records.js';
import { measureSnapshotDelay } from './snapshot-delay.js';
import {
  removeFolder,
  type SubjectName,
  startCanned,
  startSubject,
  subjectNames,
} from './subjects.js';
import { judge } from './targets.js';
import { measureCases } from './throughput.js';
import { words } from './words.js';

const allParts = ['cases', 'crowd', 'znodes', 'snapshot'] as const;

const { values } = parseArgs({
  options: {
    parts: { type: 'string', default: allParts.join() },
    cases: { type: 'string', default: caseNames.join() },
    levels: { type: 'string', default: levels.map(({ name }) => name).join() },
    subjects: { type: 'string', default: subjectNames.join() },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    'warm-seconds': { type: 'string', default: '30' },
    clients: { type: 'string', default: '10000' },
    znodes: { type: 'string', default: '1000000' },
    short: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    'cpu-prof': { type: 'boolean', default: false },
  },
});

// Without this a signal would end the bench and leave its servers running.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const short = values.short;
const parts = short ? ['cases'] : words('parts', values.parts, allParts);
const cases = words<CaseName>('cases', short ? 'get,set,mixed' : values.cases, caseNames);
const levelNames = levels.map(({ name }) => name);
const levelWords = words('levels', short ? '1×1,8×16' : values.levels, levelNames);
const subjects = words<SubjectName>('subjects', values.subjects, subjectNames);
const rounds = short ? 1 : Number(values.rounds);
const seconds = short ? 1 : Number(values.seconds);
const warmSeconds = short ? 6 : Number(values['warm-seconds']);

const top = fileURLToPath(new URL('../../..', import.meta.url));
const cache = join(top, '.cache', 'bench');
const pages = join(top, 'docs', 'internals', 'proofs');
const began = new Date().toISOString();
const records: BenchRecord[] = [];

type Facts = FactRecord['values'];

function record(one: BenchRecord): void {
  records.push(one);
  process.stdout.write(`${JSON.stringify(one)}\n`);
  appendFileSync(join(cache, 'bench.jsonl'), `${JSON.stringify(one)}\n`);
}

function fact(part: FactRecord['part'], round: number, subject: FactRecord['subject'], all: Facts) {
  record({ part, round, subject, values: all });
}

/** A fresh folder for a server's data, on the disk that holds the repository. */
function freshFolder(name: string): string {
  const folder = join(cache, name);
  removeFolder(folder);
  return folder;
}

async function doCases(): Promise<void> {
  const canned = await startCanned();
  const running = [];
  try {
    for (const name of subjects) {
      const nodeArgs = values['cpu-prof'] ? ['--cpu-prof', `--cpu-prof-dir=${cache}`] : [];
      running.push(await startSubject(name, { folder: freshFolder(`${name}-cases`), nodeArgs }));
    }
    const chosen = levels.filter(({ name }) => levelWords.includes(name));
    await measureCases(running, canned, {
      ...{ cases, levels: chosen, rounds, seconds, warmSeconds, record },
    });
  } finally {
    await Promise.all([canned, ...running].map((subject) => subject.stop()));
  }
  const profile = values['cpu-prof'] ? newestProfile(cache) : undefined;
  if (profile === undefined) return;
  process.stdout.write(`\nWhere Vivarium's time went:\n`);
  for (const { what, share } of summarizeProfile(profile, 30)) {
    process.stdout.write(`${(share * 100).toFixed(1).padStart(5)} %  ${what}\n`);
  }
}

/** Every subject in every round, in alternating order. */
function* turns(): Generator<readonly [number, SubjectName]> {
  for (let round = 1; round <= rounds; round++) {
    for (const name of round % 2 === 1 ? subjects : [...subjects].reverse()) yield [round, name];
  }
}

async function doCrowd(): Promise<void> {
  for (const [round, name] of turns()) {
    const inspectPort = await freePort();
    const nodeArgs = inspectable(inspectPort);
    const subject = await startSubject(name, { folder: freshFolder(`${name}-crowd`), nodeArgs });
    try {
      fact(
        'sessions',
        round,
        name,
        await measureCrowd(subject, inspectPort, Number(values.clients)),
      );
    } finally {
      await subject.stop();
    }
  }
}

async function doZnodes(): Promise<void> {
  for (const [round, name] of turns()) {
    const folder = freshFolder(`${name}-znodes`);
    const port = await freePort();
    fact('znodes', round, name, await measureMillion(name, folder, port, Number(values.znodes)));
  }
}

async function doSnapshot(): Promise<void> {
  if (!subjects.includes('vivarium')) return;
  const folder = join(cache, 'vivarium-znodes');
  fact('snapshot', 1, 'vivarium', await measureSnapshotDelay(folder, await freePort()));
}

mkdirSync(cache, { recursive: true });
rmSync(join(cache, 'bench.jsonl'), { force: true });
fact('flush', 1, 'disk', {
  appendingP50Ms: measureFlush(cache, false).p50Ms,
  preallocatedP50Ms: measureFlush(cache, true).p50Ms,
});
const jobs = { cases: doCases, crowd: doCrowd, znodes: doZnodes, snapshot: doSnapshot };
let broken = 0;
for (const part of allParts) {
  if (!parts.includes(part)) continue;
  await jobs[part]().catch((error: unknown) => {
    broken += 1;
    process.stdout.write(`${part}: ${error instanceof Error ? error.stack : String(error)}\n`);
  });
}

const judged = judge(records);
const reached = judged.filter(({ holds }) => holds).length;
const errors = records.reduce((sum, one) => sum + (one.part === 'cases' ? one.errors : 0), 0);
const body = renderBench(records);
process.stdout.write(`\n${body}\n\n`);
const full = !short && parts.length === allParts.length && subjects.length === subjectNames.length;
if ((full || values.write) && broken === 0) {
  const holds = errors === 0 && reached === judged.length;
  const what =
    'What an operation costs, beside Apache ZooKeeper on the same machine in the same run.';
  const verdict = {
    holds,
    counts: { targets: judged.length, reached, 'failed operations': errors, rounds },
    versions: { 'Apache ZooKeeper': apacheVersions.newest },
    details: body,
  };
  mkdirSync(pages, { recursive: true });
  const page = renderPage({ name: 'bench', what }, verdict, 'npm run bench', began);
  writeFileSync(join(pages, 'bench.md'), page);
  const lines = records.map((one) => `${JSON.stringify(one)}\n`);
  writeFileSync(join(pages, 'bench.jsonl'), lines.join(''));
}
process.stdout.write(
  `${reached} of ${judged.length} targets reached, ${errors} operations failed\n`,
);
// A short run on a busy machine proves that the bench works; only a full one judges the speed.
process.exitCode = broken > 0 || errors > 0 || (full && reached < judged.length) ? 1 : 0;
