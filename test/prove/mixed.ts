/**
 * Ensembles of both kinds of servers: Vivarium beside Apache ZooKeeper of the newest and of the
 * oldest release, as follower, as leader and as observer.
 */
import { type ApacheVersion, apacheVersions } from '../interop/apache.js';
import type { FaultName } from '../interop/load/faults.js';
import { type FaultyRunResult, faultyRun } from '../interop/load/faulty-run.js';
import { replacement } from '../interop/mixed/replacement.js';
import { type SyncPath, type SyncPathsResult, syncPaths } from '../interop/mixed/sync-paths.js';
import { nameOf, type ServerKind } from '../interop/server-process.js';
import { table } from './page.js';
import type { Json, Proof, ProofContext } from './proof.js';
import { versionsOf } from './subjects.js';

const both: readonly ApacheVersion[] = Object.values(apacheVersions);
const faults: readonly FaultName[] = [
  ...Array<FaultName>(6).fill('kill -9 of one'),
  'kill -9 of all',
  'pause of the leader',
  'rolling restart',
];
const SEEDS = 2;
const LONGEST_PAUSE_MS = 4000;

interface Row {
  readonly what: string;
  readonly result: FaultyRunResult | SyncPathsResult;
}

export const prove: Proof = {
  name: 'mixed',
  what:
    'Vivarium and Apache ZooKeeper serve in one ensemble, as follower, leader and observer, bring ' +
    'each other up to date in every way, and replace each other under load.',
  async run(context) {
    const rows: Row[] = [];
    const run = async <T extends FaultyRunResult>(what: string, work: () => Promise<T>) => {
      const result = await context.slice(what, async () => (await work()) as unknown as Json);
      const row = { what, result: result as unknown as T };
      rows.push(row);
      context.log(`${what}: ${inWords(row)}`);
      for (const problem of row.result.problems) context.log(problem);
    };
    if (context.short) await aLittle(run);
    else await all(run, context);
    const problems = rows.flatMap(({ what, result }) =>
      result.problems.map((problem) => `${what}: ${problem}`),
    );
    const sum = (of: (result: FaultyRunResult) => number) =>
      rows.reduce((total, { result }) => total + of(result), 0);
    const seen = (way: SyncPath) =>
      rows.reduce((total, { result }) => total + ('seen' in result ? result.seen[way] : 0), 0);
    return {
      holds: problems.length === 0 && rows.every(({ result }) => result.acknowledged > 0),
      counts: {
        ensembles: rows.length,
        faults: sum(({ faults }) => faults.length),
        'acknowledged writes': sum((one) => one.acknowledged),
        'judged reads': sum((one) => one.reads),
        'logged and given up': sum((one) => one.abandoned),
        'logged again by 3.8.0': sum((one) => one.loggedAgain),
        'DIFF seen': seen('DIFF'),
        'TRUNC seen': seen('TRUNC'),
        'SNAP seen': seen('SNAP'),
        'sessions expired': sum((one) => one.expired),
        violations: problems.length,
      },
      versions: versionsOf(both),
      details: [
        `## Ensembles\n\n${WHAT}`,
        table(['', 'faults', 'acknowledged', 'violations', 'longest gap ms'], rows.map(cellsOf)),
        ...problems.slice(0, 20).map((problem) => `- ${problem}`),
      ].join('\n\n'),
    };
  },
};

type Run = <T extends FaultyRunResult>(what: string, work: () => Promise<T>) => Promise<void>;

async function all(run: Run, { signal }: ProofContext): Promise<void> {
  for (const apache of both) {
    for (const kinds of mixtures(apache)) {
      for (let seed = 1; seed <= SEEDS; seed++) {
        signal.throwIfAborted();
        const what = `${kinds.map(nameOf).join(', ')}: faults, seed ${seed}`;
        const longestPauseMs = LONGEST_PAUSE_MS;
        await run(what, () => faultyRun({ kinds, seed, faults, longestPauseMs }));
      }
    }
    for (const [leader, learner] of directions(apache)) {
      for (const observes of [false, true]) {
        const role = observes ? 'observer' : 'follower';
        const what = `${nameOf(leader)} leads, ${nameOf(learner)} learns as ${role}`;
        await run(what, () => syncPaths({ leader, learner, observes, seed: 1 }));
      }
    }
    for (let seed = 1; seed <= SEEDS; seed++) {
      const what = `${nameOf(apache)} becomes Vivarium and back, seed ${seed}`;
      await run(what, () => replacement(apache, 'vivarium', seed));
    }
  }
}

async function aLittle(run: Run): Promise<void> {
  const apache = apacheVersions.newest;
  const kinds: readonly ServerKind[] = [apache, 'vivarium', 'vivarium'];
  const some: readonly FaultName[] = ['kill -9 of one', 'kill -9 of one'];
  await run(`${kinds.map(nameOf).join(', ')}: faults`, () => {
    return faultyRun({ kinds, seed: 1, faults: some });
  });
  await run('Apache leads, Vivarium learns', () => {
    return syncPaths({ leader: apache, learner: 'vivarium', observes: false, seed: 1 });
  });
}

/** One and two of each, in orders that let either kind have the greatest id, which often leads. */
function mixtures(apache: ApacheVersion): readonly (readonly ServerKind[])[] {
  const ours = 'vivarium';
  return [
    [ours, apache, apache],
    [apache, apache, ours],
    [ours, ours, apache],
    [apache, ours, ours],
  ];
}

function directions(apache: ApacheVersion): readonly (readonly [ServerKind, ServerKind])[] {
  return [
    [apache, 'vivarium'],
    ['vivarium', apache],
  ];
}

const WHAT =
  'Each ensemble is under the load of the proof processes, and judged as there. With Apache among ' +
  'the servers an answer may show an earlier state than its zxid says, and a sync promises nothing ' +
  'across a change of the leader. A follower of 3.8.0 that gives up being brought up to date and ' +
  'begins anew logs once more what it gets again, as it does where all servers are 3.8.0 ' +
  '(ZOOKEEPER-4394, 4712; no longer in 3.9.3). That is counted, and let pass in its own files, ' +
  'for what stands there already without a gap, the same. Ways of bringing a server up to date are ' +
  'told by what Apache logs of them.';

function cellsOf({ what, result }: Row): readonly string[] {
  const gap = Math.max(0, ...result.faults.map(({ gapMs }) => gapMs));
  const { faults, acknowledged, problems } = result;
  return [what, ...[faults.length, acknowledged, problems.length, gap].map(String)];
}

function inWords({ result }: Row): string {
  const { acknowledged, faults, problems } = result;
  return `${faults.length} faults, ${acknowledged} acknowledged, ${problems.length} problems`;
}
