/** What was measured, as lines of JSON: one per subject, round, and thing measured. */
import type { CaseName } from './cases.js';
import type { LoadResult } from './load.js';
import type { SubjectName } from './subjects.js';

/** One load on one server. */
export interface CaseRecord extends LoadResult {
  readonly part: 'cases';
  readonly round: number;
  readonly subject: SubjectName | 'canned';
  readonly case: CaseName;
  readonly level: string;
}

/** One other thing about one server; names end in their unit. */
export interface FactRecord {
  readonly part: 'watchers' | 'sessions' | 'znodes' | 'snapshot' | 'flush';
  readonly round: number;
  readonly subject: SubjectName | 'disk';
  readonly values: Readonly<Record<string, number>>;
}

export type BenchRecord = CaseRecord | FactRecord;

/** The middle of some numbers; of an even count the mean of the two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(half)] ?? Number.NaN) + (sorted[Math.ceil(half)] ?? Number.NaN)) / 2;
}

/** Ours over theirs, in each round that has both: the middle one, the least and the greatest. */
export interface Ratio {
  readonly median: number;
  readonly least: number;
  readonly greatest: number;
  readonly rounds: number;
}

/** Compares `vivarium` with `apache` round by round, since a noisy machine is alike only then. */
export function ratioOf<T extends { readonly round: number; readonly subject: string }>(
  records: readonly T[],
  value: (record: T) => number | undefined,
): Ratio | undefined {
  const ratios: number[] = [];
  for (const ours of records.filter(({ subject }) => subject === 'vivarium')) {
    const theirs = records.find((r) => r.subject === 'apache' && r.round === ours.round);
    const [a, b] = [value(ours), theirs === undefined ? undefined : value(theirs)];
    if (a !== undefined && b !== undefined && b !== 0) ratios.push(a / b);
  }
  if (ratios.length === 0) return undefined;
  const [least, greatest] = [Math.min(...ratios), Math.max(...ratios)];
  return { median: median(ratios), least, greatest, rounds: ratios.length };
}
