/** The results of ensembles as markdown. */
import { table } from '../prove/page.js';
import { ensembleCaseNames, levels } from './cases.js';
import { type EnsembleRecord, judgeEnsembles } from './ensemble-records.js';
import { numberText, ratioText, targetTable } from './page.js';
import { median, ratioOf } from './records.js';

/** All tables of a run; a part without records has none. */
export function renderEnsembles(records: readonly EnsembleRecord[]): string {
  const judged = judgeEnsembles(records);
  return [targetTable(judged), caseTable(records), offeredTable(records), sizeTable(records)]
    .filter((part) => part !== '')
    .join('\n\n');
}

const columns = [
  ['operations/s', (record: EnsembleRecord) => record.opsPerSecond, 0],
  ['p50 ms', (record: EnsembleRecord) => record.p50Ms, 3],
  ['p99 ms', (record: EnsembleRecord) => record.p99Ms, 2],
  ['CPU of all servers µs/operation', (record: EnsembleRecord) => record.cpuUsPerOp, 2],
] as const;

function cells(own: readonly EnsembleRecord[]): readonly string[] {
  return columns.map(([, value, digits]) => {
    const of = (subject: string) =>
      numberText(median(own.filter((r) => r.subject === subject).map(value)), digits);
    const ratio = ratioOf(own, value);
    return [of('apache'), of('vivarium'), ratio === undefined ? '–' : ratioText(ratio)].join(' · ');
  });
}

const heads = columns.map(([head]) => head);

function caseTable(records: readonly EnsembleRecord[]): string {
  const rows = ensembleCaseNames.flatMap((name) =>
    levels.flatMap((level) => {
      const own = records.filter(
        (r) => r.part === 'cases' && r.case === name && r.level === level.name,
      );
      return own.length === 0 ? [] : [[`${name} ${level.name}`, ...cells(own)]];
    }),
  );
  if (rows.length === 0) return '';
  return `## Three servers\n\nEach cell: Apache · Vivarium · ratio. C×K is C clients with K requests outstanding
each, spread evenly over the servers. Values have 100 bytes; \`mixed\` is 70 % get, 30 % set;
\`multi\` sets ten nodes.\n\n${table(['case', ...heads], rows)}`;
}

function offeredTable(records: readonly EnsembleRecord[]): string {
  const rows = ensembleCaseNames.flatMap((name) => {
    const own = records.filter((r) => r.part === 'offered' && r.case === name);
    if (own.length === 0) return [];
    const offered = numberText(median(own.map((r) => r.offered)), 0);
    return [[name, offered, ...cells(own)]];
  });
  if (rows.length === 0) return '';
  return `## The same load offered to both\n\nThirty clients offer half of what Apache can do, whether it is answered
or not.\n\n${table(['case', 'offered/s', ...heads], rows)}`;
}

function sizeTable(records: readonly EnsembleRecord[]): string {
  const own = records.filter(({ part }) => part === 'size');
  const sizes = [...new Set(own.map(sizeOf))];
  const rows = sizes.flatMap((size) =>
    ensembleCaseNames.flatMap((name) => {
      const same = own.filter((r) => sizeOf(r) === size && r.case === name);
      return same.length === 0 ? [] : [[size, `${name} ${same[0]!.level}`, ...cells(same)]];
    }),
  );
  if (rows.length === 0) return '';
  return `## Cost against size\n\n${table(['servers', 'case', ...heads], rows)}`;
}

function sizeOf({ voters, observers }: EnsembleRecord): string {
  return observers === 0 ? String(voters) : `${voters} + ${observers} observers`;
}
