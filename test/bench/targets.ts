/** What one server is to reach against Apache ZooKeeper in the same run. */
import type { CaseName } from './cases.js';
import { type Judged, judgeTargets, type Target } from './judged.js';
import type { BenchRecord, CaseRecord } from './records.js';

const ofCase =
  (name: CaseName, level: string, value: (record: CaseRecord) => number) =>
  (record: BenchRecord): number | undefined =>
    record.part === 'cases' && record.case === name && record.level === level
      ? value(record)
      : undefined;

const ofFact = (part: string, key: string) => (record: BenchRecord) =>
  record.part === part && record.part !== 'cases' ? record.values[key] : undefined;

const throughputLeast: Readonly<Record<string, Partial<Record<CaseName, number>>>> = {
  '8×16': { get: 2, mixed: 2, set: 2, create: 2 },
  '30×100': { get: 3, mixed: 3, set: 2, create: 2 },
};

const targets: readonly Target<BenchRecord>[] = [
  ...['8×16', '30×100'].flatMap((level) =>
    (['get', 'set', 'create', 'mixed', 'sync'] as const).map((name) => ({
      what: `server CPU per operation, ${name} ${level}`,
      most: 0.25,
      of: ofCase(name, level, (record) => record.cpuUsPerOp),
    })),
  ),
  ...Object.entries(throughputLeast).flatMap(([level, names]) =>
    Object.entries(names).map(([name, least]) => ({
      what: `operations per second, ${name} ${level}`,
      least,
      of: ofCase(name as CaseName, level, (record) => record.opsPerSecond),
    })),
  ),
  { what: 'median latency, get 1×1', most: 0.6, of: ofCase('get', '1×1', (r) => r.p50Ms) },
  { what: 'median latency, set 1×1', most: 0.9, of: ofCase('set', '1×1', (r) => r.p50Ms) },
  { what: 'live memory of a znode', most: 1, of: ofFact('znodes', 'znodeStrictBytes') },
  { what: 'live memory of a session', most: 1, of: ofFact('sessions', 'sessionStrictBytes') },
  { what: 'live memory of a watch', most: 1, of: ofFact('sessions', 'watchStrictBytes') },
  { what: 'restart with the znodes', most: 1, of: ofFact('znodes', 'restartMs') },
];

/** Judges every target that the records say something about. */
export function judge(records: readonly BenchRecord[]): readonly Judged[] {
  const judged = judgeTargets(records, targets);
  for (const record of records) {
    if (record.part !== 'snapshot') continue;
    const { duringP999Ms = 0, withoutP999Ms = 1 } = record.values;
    const value = duringP999Ms / withoutP999Ms;
    const ratio = { median: value, least: value, greatest: value, rounds: 1 };
    const what = 'loop delay p99.9 while a snapshot is written, against none';
    judged.push({ what, ratio, holds: value <= 2, demand: '≤ 2' });
  }
  return judged;
}
