/** What an open console costs its server: what was measured, and what is to be reached. */
import type { CaseName } from '../cases.js';
import type { Judged } from '../judged.js';
import { median, type Ratio } from '../records.js';

/** What stands open meanwhile: a browser with an empty page, or the console at one of its pages. */
export const views = ['nothing', 'ensemble', 'tree'] as const;
export type View = (typeof views)[number];

/** One server that nobody drives. */
export interface IdleRecord {
  readonly part: 'idle';
  readonly round: number;
  readonly view: View;
  /** Milliseconds of processor time of the server in a second. */
  readonly cpuMsPerSecond: number;
}

/** The same server under load. */
export interface LoadedRecord {
  readonly part: 'loaded';
  readonly round: number;
  readonly view: View;
  readonly case: CaseName;
  readonly opsPerSecond: number;
  readonly cpuUsPerOp: number;
  readonly errors: number;
}

export type ConsoleRecord = IdleRecord | LoadedRecord;

const IDLE_MS_MOST = 20;
const LOADED_MOST = 1.03;

/** What the page with the charts adds is to stay under both bounds. */
export function judgeConsole(records: readonly ConsoleRecord[]): readonly Judged[] {
  const idle = addedWhenIdle(records, 'ensemble');
  const judged: Judged[] = [];
  if (idle !== undefined) {
    const what = 'added to an idle server by the page of the ensemble, ms of processor in a second';
    judged.push({
      what,
      demand: `≤ ${IDLE_MS_MOST}`,
      ratio: idle,
      holds: idle.median <= IDLE_MS_MOST,
    });
  }
  for (const name of casesOf(records)) {
    const ratio = ratioUnderLoad(records, name, 'ensemble');
    if (ratio === undefined) continue;
    const what = `processor time for a ${name}, with the page of the ensemble : without`;
    const holds = ratio.median > 0 && ratio.median <= LOADED_MOST;
    judged.push({ what, demand: `≤ ${LOADED_MOST}`, ratio, holds });
  }
  return judged;
}

/** The cases that were measured, each once. */
export function casesOf(records: readonly ConsoleRecord[]): readonly CaseName[] {
  return [...new Set(records.flatMap((one) => (one.part === 'loaded' ? [one.case] : [])))];
}

/** Milliseconds in a second with the view less those without, round by round. */
export function addedWhenIdle(records: readonly ConsoleRecord[], view: View): Ratio | undefined {
  const idle = records.filter((one) => one.part === 'idle');
  return pairs(idle, view, ({ cpuMsPerSecond: seen }, { cpuMsPerSecond: unseen }) => seen - unseen);
}

/** Processor time for an operation with the view over that without, round by round. */
export function ratioUnderLoad(
  records: readonly ConsoleRecord[],
  name: CaseName,
  view: View,
): Ratio | undefined {
  const loaded = records.filter((one) => one.part === 'loaded').filter((r) => r.case === name);
  return pairs(loaded, view, ({ cpuUsPerOp: seen }, { cpuUsPerOp: unseen }) => seen / unseen);
}

/** Compares round by round, since a noisy machine is alike only then. */
function pairs<T extends ConsoleRecord>(
  records: readonly T[],
  view: View,
  compare: (seen: T, unseen: T) => number,
): Ratio | undefined {
  const values = records.flatMap((seen) => {
    if (seen.view !== view) return [];
    const unseen = records.find((one) => one.view === 'nothing' && one.round === seen.round);
    return unseen === undefined ? [] : [compare(seen, unseen)];
  });
  if (values.length === 0) return undefined;
  return {
    median: median(values),
    least: Math.min(...values),
    greatest: Math.max(...values),
    rounds: values.length,
  };
}
