/** The results as markdown. */
import { table } from '../prove/page.js';
import { caseNames, levels } from './cases.js';
import type { Judged } from './judged.js';
import {
  type BenchRecord,
  type CaseRecord,
  type FactRecord,
  median,
  type Ratio,
  ratioOf,
} from './records.js';
import { judge } from './targets.js';

/** All tables of a run; a part without records has none. */
export function renderBench(records: readonly BenchRecord[]): string {
  const cases = records.filter((record) => record.part === 'cases');
  const facts = records.filter((record) => record.part !== 'cases');
  return [targetTable(judge(records)), caseTable(cases), cannedTable(cases), factTable(facts)]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** What was to be reached, and whether it was; nothing when nothing was judged. */
export function targetTable(judged: readonly Judged[]): string {
  if (judged.length === 0) return '';
  const rows = judged.map(({ what, demand, ratio, holds }) => [
    what,
    demand,
    ratioText(ratio),
    holds ? 'reached' : '**falls short**',
  ]);
  return `## Targets\n\nRatios are ours : theirs, taken round by round: the median, and the least and
greatest in brackets.\n\n${table(['what', 'to reach', 'ratio', ''], rows)}`;
}

function caseTable(records: readonly CaseRecord[]): string {
  const rows: string[][] = [];
  for (const name of caseNames) {
    for (const level of levels) {
      const own = records.filter((r) => r.case === name && r.level === level.name && r.round > 0);
      if (own.length === 0) continue;
      const pair = (value: (record: CaseRecord) => number, digits: number) => {
        const of = (subject: string) =>
          numberText(median(own.filter((r) => r.subject === subject).map(value)), digits);
        const ratio = ratioOf(own, value);
        return [of('apache'), of('vivarium'), ratio === undefined ? '–' : ratioText(ratio)];
      };
      const cells = [
        pair((record) => record.opsPerSecond, 0),
        pair((record) => record.p50Ms, 3),
        pair((record) => record.p99Ms, 2),
        pair((record) => record.cpuUsPerOp, 2),
      ];
      rows.push([`${name} ${level.name}`, ...cells.map((cell) => cell.join(' · '))]);
    }
  }
  if (rows.length === 0) return '';
  const head = ['case', 'operations/s', 'p50 ms', 'p99 ms', 'server CPU µs/operation'];
  return `## Cases\n\nEach cell: Apache · Vivarium · ratio. C×K is C clients with K requests outstanding each.
Values have 100 bytes; \`mixed\` is 70 % get, 30 % set.\n\n${table(head, rows)}`;
}

function cannedTable(records: readonly CaseRecord[]): string {
  const canned = records.filter((record) => record.subject === 'canned');
  if (canned.length === 0) return '';
  const rows = canned.map((record) => {
    const same = records.filter((r) => r.level === record.level && r.subject !== 'canned');
    const most = Math.max(...same.map((r) => r.opsPerSecond));
    return [record.level, numberText(record.opsPerSecond, 0), numberText(most, 0)];
  });
  return `## The load is not the limit\n\nThe same load against a server that only sends canned replies, beside the
most that a measured server reached.\n\n${table(['', 'canned replies/s', 'most measured/s'], rows)}`;
}

function factTable(records: readonly FactRecord[]): string {
  const rows: string[][] = [];
  const keys = new Set(
    records.flatMap(({ part, values }) => Object.keys(values).map((key) => `${part} ${key}`)),
  );
  for (const name of keys) {
    const [part, key = ''] = name.split(' ');
    const own = records.filter((record) => record.part === part && key in record.values);
    const of = (...subjects: string[]) =>
      numberText(
        median(own.filter((r) => subjects.includes(r.subject)).map((r) => r.values[key]!)),
        3,
      );
    const ratio = ratioOf(own, (record) => record.values[key]);
    const ratioCell = ratio === undefined ? '–' : ratioText(ratio);
    rows.push([name, of('apache', 'disk'), of('vivarium'), ratioCell]);
  }
  if (rows.length === 0) return '';
  const head = ['', 'Apache (or the bare disk)', 'Vivarium', 'ratio'];
  const intro = `Live memory is asked for after a forced collection: of the JVM its live objects, of Node
heapUsed + external; "strict" adds arrayBuffers, which external holds already.`;
  return `## More\n\n${intro}\n\n${table(head, rows)}`;
}

/** A ratio for people: the median, and the range of several rounds. */
export function ratioText({ median: middle, least, greatest, rounds }: Ratio): string {
  return rounds === 1
    ? middle.toFixed(2)
    : `${middle.toFixed(2)} (${least.toFixed(2)}–${greatest.toFixed(2)})`;
}

/** A number for people; a dash where there is none. */
export function numberText(value: number, digits: number): string {
  if (Number.isNaN(value)) return '–';
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(digits);
}
