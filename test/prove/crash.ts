import type { ApacheVersion } from '../interop/apache.js';
import { type CrashOptions, type CrashResult, crashRun } from '../interop/crash/run.js';
import type { ServerKind } from '../interop/server-process.js';
import { table } from './page.js';
import type { Json, Proof } from './proof.js';

type Part = 'kill -9' | 'forgetful disk' | 'lying disk';

const disks = { 'kill -9': '', 'forgetful disk': 'forgetful', 'lying disk': 'lying' } as const;
const KILLS_IN_A_SLICE = 10;

/** Slices of each part, and kills in each. */
const full: Record<Part, readonly [number, number]> = {
  'kill -9': [20, KILLS_IN_A_SLICE],
  'forgetful disk': [20, KILLS_IN_A_SLICE],
  'lying disk': [3, KILLS_IN_A_SLICE],
};
const short: typeof full = { 'kill -9': [1, 4], 'forgetful disk': [1, 4], 'lying disk': [1, 2] };

/**
 * `npm run prove -- crash 3.9.5` turns it on Apache ZooKeeper, to see that what is asked here can
 * be kept, and that this proof does not complain of a server that keeps it.
 */
export const prove: Proof = {
  name: 'crash',
  what: 'No acknowledged write is lost by kill -9 or by a disk that forgets what was not synced.',
  async run({ short: isShort, args, slice, log }) {
    const kind = (args[0] ?? 'vivarium') as ServerKind | ApacheVersion;
    const plan = isShort ? short : full;
    const rows: { part: Part; result: CrashResult }[] = [];
    for (const part of Object.keys(disks) as Part[]) {
      if (kind !== 'vivarium' && part !== 'kill -9') continue;
      const [slices, kills] = plan[part];
      for (let i = 0; i < slices; i++) {
        const options: CrashOptions = { kind, seed: 1000 + i, kills, disk: disks[part] };
        const result = await slice(`${part} ${i}`, async () => {
          return (await crashRun(options)) as unknown as Json;
        });
        const counted = result as unknown as CrashResult;
        rows.push({ part, result: counted });
        log(`${part}, seed ${options.seed}: ${inWords(counted)}`);
      }
    }
    const sums = sumOf(rows);
    const honest = rows.filter(({ part }) => part !== 'lying disk').map(({ result }) => result);
    const lying = rows.filter(({ part }) => part === 'lying disk').map(({ result }) => result);
    const holds =
      honest.every((one) => one.lost + one.refusedStarts + one.problems.length === 0) &&
      honest.every((one) => one.acknowledged > 0) &&
      (kind !== 'vivarium' || lying.some((one) => one.lost > 0));
    return {
      holds,
      counts: countsOf(honest),
      details: `${sums}\n\n${story(rows)}`,
      ...(kind === 'vivarium' ? {} : { versions: { 'Apache ZooKeeper': kind } }),
    };
  },
};

function countsOf(results: readonly CrashResult[]): Record<string, number> {
  const sum = (of: (result: CrashResult) => number) =>
    results.reduce((total, result) => total + of(result), 0);
  return {
    kills: sum((one) => one.kills),
    'kills while starting': sum((one) => one.killsWhileStarting),
    'acknowledged writes': sum((one) => one.acknowledged),
    'lost writes': sum((one) => one.lost),
    'refused starts': sum((one) => one.refusedStarts),
    'other problems': sum((one) => one.problems.length),
  };
}

const columns: readonly (readonly [string, (result: CrashResult) => number])[] = [
  ['kills', (one) => one.kills],
  ['while starting', (one) => one.killsWhileStarting],
  ['in a snapshot', (one) => one.killsInSnapshot],
  ['transactions', (one) => one.transactions],
  ['acknowledged', (one) => one.acknowledged],
  ['lost', (one) => one.lost],
  ['unknown, kept', (one) => one.unknownKept],
  ['unknown, gone', (one) => one.unknownGone],
  ['sessions taken up', (one) => one.reattached],
  ['expired', (one) => one.expired],
  ['refused starts', (one) => one.refusedStarts],
  ['problems', (one) => one.problems.length],
];

function inWords(result: CrashResult): string {
  return columns.map(([name, of]) => `${name} ${of(result)}`).join(', ');
}

function sumOf(rows: readonly { part: Part; result: CrashResult }[]): string {
  const parts = [...new Set(rows.map(({ part }) => part))];
  const lines = parts.map((part) => {
    const own = rows.filter((row) => row.part === part).map(({ result }) => result);
    return [part, ...columns.map(([, of]) => String(own.reduce((sum, one) => sum + of(one), 0)))];
  });
  const what =
    'Six sessions write with up to 64 requests outstanding each: sets, creates of every kind, ' +
    'deletes, multis. After each kill the server is started at once, and its log and tree are ' +
    'compared with all that was sent and answered. On the lying disk `fdatasync` does nothing: ' +
    'that part must lose writes, and it ends when it has.';
  return `## Parts\n\n${what}\n\n${table(['', ...columns.map(([name]) => name)], lines)}`;
}

function story(rows: readonly { part: Part; result: CrashResult }[]): string {
  const lines = rows.flatMap(({ part, result }) => [
    ...(part === 'lying disk' ? [] : result.problems.slice(0, 8)),
    ...result.refusals,
  ]);
  return lines.length === 0
    ? ''
    : `## What went wrong\n\n${lines.map((one) => `- ${one}\n`).join('')}`;
}
