/**
 * Three servers, each a process of its own, under a checked load while they are killed, restarted,
 * paused and cut off from each other.
 *
 * `npm run prove -- processes 3.9.5` turns it on Apache ZooKeeper; kinds with commas between them
 * (`vivarium,3.9.5,3.9.5`) on a mixture.
 */
import { type FaultName, faultNames } from '../interop/load/faults.js';
import { type FaultyRunResult, faultyRun } from '../interop/load/faulty-run.js';
import type { ServerKind } from '../interop/server-process.js';
import { table } from './page.js';
import type { Json, Proof } from './proof.js';
import { kindsIn, versionsOf } from './subjects.js';

/** How often each is done, and how often on one ensemble. */
const full: Readonly<Record<FaultName, readonly [total: number, each: number]>> = {
  'kill -9 of one': [200, 10],
  'kill -9 of all': [50, 10],
  'rolling restart': [30, 5],
  'pause of the leader': [30, 6],
  partition: [40, 8],
};
const LONGEST_PAUSE_MS = 10_000;

/** All on one ensemble. */
const short: readonly FaultName[] = [
  'kill -9 of one',
  'kill -9 of one',
  'partition',
  'kill -9 of all',
  'pause of the leader',
  'rolling restart',
];
const SHORT_PAUSE_MS = 1500;

export const prove: Proof = {
  name: 'processes',
  what:
    'Three server processes lose no acknowledged write and break no promise while they are ' +
    'killed, restarted, paused and cut off from each other.',
  async run({ short: isShort, args, slice, log }) {
    const kinds = threeOf(args[0] ?? 'vivarium');
    const results: FaultyRunResult[] = [];
    const run = async (name: string, seed: number, faults: readonly FaultName[]) => {
      const isForgetful = faults.includes('kill -9 of all');
      const result = await slice(`${name} ${seed}`, async () => {
        return (await faultyRun({
          ...{ kinds, seed, faults },
          longestPauseMs: isShort ? SHORT_PAUSE_MS : LONGEST_PAUSE_MS,
          ...(isForgetful ? { disk: 'forgetful' } : {}),
        })) as unknown as Json;
      });
      const counted = result as unknown as FaultyRunResult;
      results.push(counted);
      log(`${name}, seed ${seed}: ${inWords(counted)}`);
      for (const problem of counted.problems) log(problem);
    };
    if (isShort) await run('a little of all', 1, short);
    else {
      for (const fault of faultNames) {
        const [total, each] = full[fault];
        for (let done = 0; done < total; done += each) {
          await run(fault, 100 + done / each, Array<FaultName>(each).fill(fault));
        }
      }
    }
    const problems = results.flatMap((result) => result.problems);
    const sum = (of: (result: FaultyRunResult) => number) =>
      results.reduce((total, result) => total + of(result), 0);
    return {
      holds: problems.length === 0 && results.every(({ acknowledged }) => acknowledged > 0),
      counts: {
        faults: sum(({ faults }) => faults.length),
        'acknowledged writes': sum((one) => one.acknowledged),
        'judged reads': sum((one) => one.reads),
        transactions: sum((one) => one.transactions),
        'never answered': sum((one) => one.unknown),
        'of these done': sum((one) => one.unknownKept),
        'logged and given up': sum((one) => one.abandoned),
        'snapshots from a leader': sum((one) => one.snapshotsTaken),
        connections: sum((one) => one.connections),
        'sessions expired': sum((one) => one.expired),
        violations: problems.length,
      },
      details: [
        `## Faults\n\n${WHAT}\n\n${faultTable(results)}`,
        ...problems.slice(0, 20).map((problem) => `- ${problem}`),
      ].join('\n\n'),
      versions: versionsOf(kinds),
    };
  },
};

const WHAT =
  'Six sessions on all three servers write, read and sync without a pause, and move between the ' +
  'servers with their requests under way. At the end the logs of all servers are merged to one ' +
  'order, and every answer, the order of answers and the tree of every server is compared with ' +
  'it. A gap is the time from one acknowledged write to the next around a fault, over all clients.';

/** Three of a kind, or the three that are named. */
function threeOf(text: string): readonly ServerKind[] {
  const kinds = kindsIn(text);
  if (kinds.length === 1) return [kinds[0]!, kinds[0]!, kinds[0]!];
  if (kinds.length !== 3) throw new Error(`one kind of server or three, not ${kinds.length}`);
  return kinds;
}

function inWords({
  faults,
  acknowledged,
  unknown,
  unknownKept,
  problems,
}: FaultyRunResult): string {
  const gap = Math.max(...faults.map(({ gapMs }) => gapMs));
  const never = `${unknown} never answered (${unknownKept} done)`;
  return `${acknowledged} acknowledged, ${never}, longest gap ${gap} ms, ${problems.length} problems`;
}

function faultTable(results: readonly FaultyRunResult[]): string {
  const all = results.flatMap(({ faults }) => faults);
  const rows = faultNames.flatMap((name) => {
    const gaps = all.filter(({ fault }) => fault === name).map(({ gapMs }) => gapMs);
    if (gaps.length === 0) return [];
    gaps.sort((a, b) => a - b);
    const middle = gaps[Math.floor(gaps.length / 2)]!;
    return [[name, String(gaps.length), `${middle}`, `${gaps.at(-1)}`]];
  });
  return table(['', 'times', 'gap, median ms', 'gap, longest ms'], rows);
}
