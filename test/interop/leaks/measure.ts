/** Does one thing again and again, and finds what it leaves behind. */
import { AT_ONCE, type LeakCase } from './cases.js';
import { type Growth, growthOf, type HeapSample } from './growth.js';
import { heapBytes, type Leavings, type World } from './world.js';

export interface Finding {
  readonly what: 'heap' | keyof Leavings;
  /** How much more there is than before. */
  readonly text: string;
}

export interface LeakRun {
  readonly operations: number;
  readonly seconds: number;
  readonly growth: Growth;
  readonly after: Leavings;
  readonly findings: readonly Finding[];
}

/** Samples of the heap, the first one before the work. */
const SAMPLES = 11;
/** Before the heap is measured: what is compiled and cached comes with the first of them. */
const WARM_SHARE = 0.2;
const WARM_LEAST = 300;

/** @param settleMs how long what is under way may need to end; ten seconds when left out */
export async function runCase(
  world: World,
  { work }: LeakCase,
  operations: number,
  settleMs?: number,
): Promise<LeakRun> {
  let next = 0;
  /** Many at a time, each in the place of its number; what goes wrong in one ends all. */
  const doSome = async (count: number) => {
    const end = next + count;
    const lane = async (first: number) => {
      for (let number = first; number < end; number += AT_ONCE) await work(world, number);
    };
    const lanes = Array.from({ length: AT_ONCE }, (_, at) => lane(next + at));
    await Promise.all(lanes);
    next = end;
  };
  const before = await world.leavings(settleMs);
  await doSome(Math.max(WARM_LEAST, Math.ceil(operations * WARM_SHARE)));
  await world.settled(settleMs);
  const samples: HeapSample[] = [{ operations: 0, bytes: await heapBytes() }];
  const began = performance.now();
  const first = next;
  while (samples.length < SAMPLES) {
    await doSome(Math.ceil(operations / (SAMPLES - 1)));
    await world.settled(settleMs);
    samples.push({ operations: next - first, bytes: await heapBytes() });
  }
  const seconds = (performance.now() - began) / 1000;
  const after = await world.leavings(settleMs);
  const growth = growthOf(samples);
  return {
    operations: next - first,
    seconds,
    growth,
    after,
    findings: find(growth, before, after),
  };
}

function find(growth: Growth, before: Leavings, after: Leavings): readonly Finding[] {
  const findings: Finding[] = [];
  for (const what of Object.keys(before) as (keyof Leavings)[]) {
    const more = after[what] - before[what];
    // A count that cannot be read is no count.
    if (!(more <= 0)) findings.push({ what, text: `${more} more` });
  }
  if (growth.isLeak) {
    const text = `${growth.secondSlope.toFixed(0)} bytes more for each operation`;
    findings.push({ what: 'heap', text });
  }
  return findings;
}
