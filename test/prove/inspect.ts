import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apacheVersions } from '../interop/apache.js';
import {
  type Comparison,
  compareLog,
  compareSnapshot,
  compareSummary,
} from '../interop/inspect/apache-tools.js';
import { type Judgement, judgeLogs, judgeSnapshots } from '../interop/inspect/judge.js';
import { makeSeed, type SeedFolder } from '../interop/inspect/seeds.js';
import { type ServedResult, servedAgain } from '../interop/inspect/served-again.js';
import { nameOf } from '../interop/server-process.js';
import { table } from './page.js';
import type { Json, Proof } from './proof.js';

const { newest } = apacheVersions;

interface Result {
  readonly judgements: readonly Judgement[];
  readonly logs: Comparison;
  readonly snapshots: Comparison;
  readonly summaries: Comparison;
  readonly served: ServedResult;
}

export const prove: Proof = {
  name: 'inspect',
  what: 'Damaged logs and snapshots of both servers are told what they are, and nothing sound is lost.',
  async run({ short, slice, log }) {
    const rows: { kind: SeedFolder['kind']; result: Result }[] = [];
    for (const kind of [newest, 'vivarium'] as const) {
      const result = (await slice(kind, async () => {
        return (await proveFiles(kind, short)) as unknown as Json;
      })) as unknown as Result;
      rows.push({ kind, result });
      log(`files of ${nameOf(kind)}: ${problemsOf(result).length} problems`);
    }
    const sum = (of: (result: Result) => number) =>
      rows.reduce((total, { result }) => total + of(result), 0);
    const judged = rows.flatMap(({ result }) => result.judgements);
    const problems = rows.flatMap(({ result }) => problemsOf(result));
    const damaged = judged.filter(({ damages }) => damages > 0).length;
    return {
      holds: problems.length === 0 && damaged >= 100,
      counts: {
        'damaged files': damaged,
        'sound files among them': judged.length - damaged,
        'mended, with a copy kept': judged.filter(({ mended }) => mended).length,
        'rightly not mended': judged.filter(({ refused }) => refused).length,
        'transactions as zkTxnLogToolkit has them': sum(({ logs }) => logs.compared),
        'nodes as SnapshotFormatter has them': sum(({ snapshots }) => snapshots.compared),
        'sums as SnapshotRecursiveSummary has them': sum(({ summaries }) => summaries.compared),
        'mended folders served': sum(({ served }) => served.served),
        'of these refused before': sum(({ served }) => served.refusedBefore),
        problems: problems.length,
      },
      versions: { 'Apache ZooKeeper': newest },
      details: `${WHAT}\n\n${cells(rows)}\n\n${listOf(problems)}`,
    };
  },
};

const WHAT = `## Files

Each server fills a folder with transactions of every kind and takes snapshots meanwhile. The
fullest log and the newest snapshot are damaged in every way of a list (\`test/interop/inspect\`),
each in a copy of its own. For each, \`vivarium inspect\` must name every damage by its kind and
byte and no other, show every sound transaction (or every node before the damage), end with code 1
(0 for files that are sound on purpose), and leave the file as it was. \`--repair\` must mend those
that can be mended without giving anything up, with a copy that is the same to the bit, and refuse
all others without a trace. The places are found by code of the proof's own.

The sound files are compared with what Apache's own tools print. At last a torn log is repaired and
a spoilt one is cut, and the server that wrote it serves the folder, at the transaction that was
said.`;

async function proveFiles(kind: SeedFolder['kind'], short: boolean): Promise<Result> {
  const work = await mkdtemp(join(tmpdir(), 'vivarium-inspect-'));
  try {
    const seed = await makeSeed(kind, join(work, 'data'));
    const judgements = [
      ...(await judgeLogs(seed, join(work, 'logs'))),
      ...(await judgeSnapshots(seed, join(work, 'snapshots'))),
    ];
    const isLittle = short && kind === 'vivarium';
    const logs = isLittle ? [] : short ? seed.logs.slice(0, 1) : seed.logs;
    const snapshots = isLittle ? [] : seed.snapshots.slice(short ? -1 : 0);
    const ways = short ? (['torn'] as const) : (['torn', 'spoilt'] as const);
    const served: ServedResult[] = [];
    for (const how of ways) served.push(await servedAgain(seed, how, work, !short));
    return {
      judgements,
      logs: await together(logs, compareLog),
      snapshots: await together(snapshots, compareSnapshot),
      summaries: await together(short ? [] : snapshots, compareSummary),
      served: {
        served: served.reduce((total, one) => total + one.served, 0),
        refusedBefore: served.reduce((total, one) => total + one.refusedBefore, 0),
        problems: served.flatMap(({ problems }) => problems),
      },
    };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function together(
  paths: readonly string[],
  compare: (path: string) => Promise<Comparison>,
): Promise<Comparison> {
  let compared = 0;
  const problems: string[] = [];
  for (const path of paths) {
    const one = await compare(path);
    compared += one.compared;
    problems.push(...one.problems);
  }
  return { compared, problems };
}

function problemsOf({ judgements, logs, snapshots, summaries, served }: Result): readonly string[] {
  return [
    ...judgements.flatMap(({ what, problems }) => problems.map((one) => `${what}: ${one}`)),
    ...logs.problems,
    ...snapshots.problems,
    ...summaries.problems,
    ...served.problems,
  ];
}

function cells(rows: readonly { kind: SeedFolder['kind']; result: Result }[]): string {
  const head = ['damage', ...rows.map(({ kind }) => `of ${nameOf(kind)}`)];
  const [first] = rows;
  const lines = first!.result.judgements.map(({ what }, at) => [
    what,
    ...rows.map(({ result }) => stateOf(result.judgements[at]!)),
  ]);
  return table(head, lines);
}

function stateOf({ problems, damages, mended, refused }: Judgement): string {
  if (problems.length > 0) return 'WRONG';
  if (damages === 0) return 'sound';
  if (mended) return 'told, mended';
  return refused ? 'told, not to be mended' : 'told';
}

function listOf(problems: readonly string[]): string {
  return problems.length === 0
    ? ''
    : `## Problems\n\n${problems.map((one) => `- ${one}\n`).join('')}`;
}
