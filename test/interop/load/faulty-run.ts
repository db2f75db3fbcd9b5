/** One ensemble under a checked load, from its first start over a number of faults to its end. */
import { writesOf } from '../../sim/judges/wire-requests.js';
import type { History } from '../../sim/world/history.js';
import { apacheVersions } from '../apache.js';
import { Random } from '../back-to-back/random.js';
import { Ensemble } from '../ensemble/ensemble.js';
import type { ConfigLines } from '../ensemble/server-files.js';
import type { ServerKind } from '../server-process.js';
import { CheckedLoad, type LoadResult } from './checked-load.js';
import { type FaultName, faults } from './faults.js';
import type { Tolerance } from './judge-all.js';

export interface LoadedRunOptions {
  readonly kinds: readonly ServerKind[];
  /** How many of them, the last ones, observe. */
  readonly observers?: number;
  /** Kinds that take a server's place later. */
  readonly takers?: readonly ServerKind[];
  readonly seed: number;
  readonly proxies?: boolean;
  /** What `VIVARIUM_TEST_DISK` says. */
  readonly disk?: 'forgetful';
  readonly config?: ConfigLines;
  /** Java system properties of Apache's servers. */
  readonly properties?: ConfigLines;
}

export interface FaultyRunOptions extends LoadedRunOptions {
  readonly faults: readonly FaultName[];
  readonly longestPauseMs?: number;
}

export interface FaultResult {
  readonly fault: string;
  readonly what: string;
  /** The longest time without an acknowledged write, around it. */
  readonly gapMs: number;
}

export interface FaultyRunResult extends Omit<LoadResult, 'judged'> {
  readonly faults: readonly FaultResult[];
  readonly transactions: number;
  readonly reads: number;
  readonly unknownKept: number;
  readonly abandoned: number;
  readonly snapshotsTaken: number;
  /** Transactions that stand in a log of Apache 3.8 again. */
  readonly loggedAgain: number;
  readonly expired: number;
}

/** What there is while the load works. */
export interface LoadedWorld {
  readonly ensemble: Ensemble;
  readonly load: CheckedLoad;
  readonly random: Random;
  /** Does something to the ensemble that has a name; its work returns what it was, in words. */
  during(fault: string, work: () => Promise<string>): Promise<void>;
}

const CONFIG = { tickTime: 500, initLimit: 10, syncLimit: 4, snapCount: 3000, preAllocSize: 1024 };
/** Load before the first fault, between two, and after the last. */
const CALM_MS = 400;

/** What the judges overlook when Apache takes part. */
function toleranceFor(kinds: readonly ServerKind[], takers: readonly ServerKind[]): Tolerance {
  const withApache = [...kinds, ...takers].some((kind) => kind !== 'vivarium');
  if (!withApache) return {};
  const { oldest } = apacheVersions;
  const ids = kinds.flatMap((kind, at) => {
    return kind === oldest || takers.includes(oldest) ? [at + 1] : [];
  });
  return { readsEarlier: true, syncsLoosely: true, mayLogAgain: new Set(ids) };
}

/** Beside Apache's servers passwords must be such as these know how to compute. */
function passwordRule(kinds: readonly ServerKind[]): ConfigLines {
  const withApache = kinds.some((kind) => kind !== 'vivarium');
  return withApache ? { 'vivarium.sessionPasswords': 'apache' } : {};
}

export function faultyRun(options: FaultyRunOptions): Promise<FaultyRunResult> {
  const { longestPauseMs = 10_000 } = options;
  const proxies = options.faults.includes('partition');
  return loadedRun({ ...options, proxies }, async ({ ensemble, load, random, during }) => {
    const down = load.look.bind(load);
    for (const fault of options.faults) {
      await during(fault, () => faults[fault]({ ensemble, random, down, longestPauseMs }));
    }
  });
}

/**
 * Starts an ensemble and a load, does the work, ends all well and judges it.
 *
 * @throws with everything that the servers have said when they cannot be brought back
 */
export async function loadedRun(
  options: LoadedRunOptions,
  work: (world: LoadedWorld) => Promise<void>,
): Promise<FaultyRunResult> {
  const { kinds, observers = 0, takers = [], seed, disk, proxies = false } = options;
  const env: Record<string, string> = disk === undefined ? {} : { VIVARIUM_TEST_DISK: disk };
  const all = [...kinds, ...takers];
  const config = { ...CONFIG, ...passwordRule(all), ...options.config };
  const { properties = {} } = options;
  const ensemble = await Ensemble.create({ kinds, observers, config, proxies, env, properties });
  const load = new CheckedLoad(ensemble, { seed });
  const times: { fault: string; what: string; from: number; to: number }[] = [];
  try {
    await ensemble.start();
    await load.start();
    await work({
      ...{ ensemble, load, random: new Random(seed) },
      during: async (fault, doIt) => {
        await sleep(CALM_MS);
        const from = performance.now();
        const what = await doIt();
        times.push({ fault, what, from, to: performance.now() });
      },
    });
    await sleep(CALM_MS);
    await load.finish();
    const { judged, ...result } = await load.judge(toleranceFor(kinds, takers));
    const gap = gapsIn(load.history);
    return {
      ...result,
      faults: times.map(({ fault, what, from, to }) => ({ fault, what, gapMs: gap(from, to) })),
      transactions: judged?.transactions ?? 0,
      reads: judged?.reads ?? 0,
      unknownKept: judged?.unknownKept ?? 0,
      abandoned: judged?.abandoned ?? 0,
      snapshotsTaken: judged?.snapshotsTaken ?? 0,
      loggedAgain: judged?.loggedAgain ?? 0,
      expired: judged?.expired ?? 0,
    };
  } catch (error) {
    throw new Error(`seed ${seed}: ${String(error)}\n${ensemble.logs()}`, { cause: error });
  } finally {
    load.leave();
    await ensemble.destroy();
  }
}

/** The longest time without an acknowledged write that has a part in a span. */
function gapsIn(history: History): (from: number, to: number) => number {
  const times = history.connections
    .flatMap(({ requests }) => requests)
    .filter((request) => request.reply?.err === 0 && writesOf(request) !== undefined)
    .map(({ reply }) => reply!.at)
    .sort((a, b) => a - b);
  return (from, to) => {
    let longest = 0;
    for (let at = 1; at < times.length; at++) {
      const [begin, end] = [times[at - 1]!, times[at]!];
      if (end > from && begin < to && end - begin > longest) longest = end - begin;
    }
    return Math.round(longest);
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
