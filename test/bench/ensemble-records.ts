/** What was measured of ensembles, and what is to be reached against Apache in the same run. */
import type { CaseName } from './cases.js';
import { type Judged, judgeTargets, type Target } from './judged.js';
import type { LoadResult } from './load.js';
import { ratioOf } from './records.js';
import type { SubjectName } from './subjects.js';

/** One load on one ensemble. */
export interface EnsembleRecord extends LoadResult {
  /** `cases`: as much as goes. `offered`: the same offered to both. `size`: of other sizes. */
  readonly part: 'cases' | 'offered' | 'size';
  readonly round: number;
  readonly subject: SubjectName;
  readonly voters: number;
  readonly observers: number;
  readonly case: CaseName;
  readonly level: string;
  /** Operations in a second that were offered; 0 when as many went as could. */
  readonly offered: number;
}

const writes: readonly CaseName[] = ['set', 'create', 'multi', 'mixed'];
const everyLevel = ['1×1', '8×16', '30×100'];
const throughputLeast: Partial<Record<CaseName, number>> = {
  set: 2.5,
  create: 2.5,
  mixed: 2.5,
  get: 2,
};

const targets: readonly Target<EnsembleRecord>[] = [
  ...everyLevel.flatMap((level) =>
    [...writes, 'get' as const].map((name) => ({
      what: `CPU of all servers per operation, ${name} ${level}`,
      most: name === 'get' ? 1 / 3 : 1 / 4,
      of: ofCase('cases', name, level, (record) => record.cpuUsPerOp),
    })),
  ),
  ...Object.entries(throughputLeast).map(([name, least]) => ({
    what: `operations per second, ${name} 30×100`,
    least,
    of: ofCase('cases', name as CaseName, '30×100', (record) => record.opsPerSecond),
  })),
  ...[...writes, 'get' as const].map((name) => ({
    what: `p99 latency at equal offered load, ${name} 30×100`,
    most: 1 / 2,
    of: ofCase('offered', name, '30×100', (record) => record.p99Ms),
  })),
];

function ofCase(
  part: EnsembleRecord['part'],
  name: CaseName,
  level: string,
  value: (record: EnsembleRecord) => number,
): Target<EnsembleRecord>['of'] {
  return (record) =>
    record.part === part && record.case === name && record.level === level
      ? value(record)
      : undefined;
}

/** Judges every target that the records say something about. */
export function judgeEnsembles(records: readonly EnsembleRecord[]): readonly Judged[] {
  return [...judgeTargets(records, targets), ...judgeSyncs(records)];
}

/** Our sync is compared with their set: theirs asks nobody. */
function judgeSyncs(records: readonly EnsembleRecord[]): readonly Judged[] {
  const pairs = records.flatMap((record) => {
    const isOurs = record.subject === 'vivarium' && record.case === 'sync';
    const isTheirs = record.subject === 'apache' && record.case === 'set';
    return record.part === 'cases' && (isOurs || isTheirs) ? [record] : [];
  });
  const one = (level: string, value: (record: EnsembleRecord) => number) =>
    ratioOf(
      pairs.filter((record) => record.level === level),
      value,
    );
  const median = one('1×1', (record) => record.p50Ms);
  const speed = one('30×100', (record) => record.opsPerSecond);
  const judged: Judged[] = [];
  if (median !== undefined) {
    const what = 'median latency of our sync against their set, 1×1';
    judged.push({ what, demand: '≤ 1', ratio: median, holds: median.median <= 1 });
  }
  if (speed !== undefined) {
    const what = 'our syncs per second against their sets, 30×100';
    judged.push({ what, demand: '≥ 1', ratio: speed, holds: speed.median >= 1 });
  }
  return judged;
}
