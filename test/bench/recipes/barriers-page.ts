/** The barrier experiment: what is to be reached, and the results as markdown. */
import { table } from '../../prove/page.js';
import type { Judged } from '../judged.js';
import { numberText, targetTable } from '../page.js';
import { median } from '../records.js';
import { type RecipeSubject, recipeSubjects } from './records.js';

/** One step: so many clients at so many barriers. */
export interface BarrierRecord {
  readonly clients: number;
  readonly barriers: number;
  /** By subject, the mean of what the clients needed for all barriers. */
  readonly seconds: Readonly<Record<string, number>>;
}

/** @see Hunt, Konar, Junqueira, Reed: ZooKeeper (USENIX ATC 2010), table 3; seconds */
const PAPER: Readonly<Record<string, number>> = {
  '50 200': 9.4,
  '50 400': 16.4,
  '50 800': 28.9,
  '100 200': 19.8,
  '100 400': 34.1,
  '100 800': 55.9,
  '200 200': 41.0,
  '200 400': 62.0,
  '200 800': 112.1,
};

const HEADS: Readonly<Record<RecipeSubject, string>> = {
  apache: 'Curator on Apache',
  'on-apache': 'ours on Apache',
  vivarium: 'ours on Vivarium',
};

/** Ours are to take no longer than Curator's, in the middle of all steps. */
export function judgeBarriers(records: readonly BarrierRecord[]): readonly Judged[] {
  const ratios = records.flatMap(({ seconds: { apache, vivarium } }) =>
    apache === undefined || vivarium === undefined ? [] : [vivarium / apache],
  );
  if (ratios.length === 0) return [];
  const ratio = {
    median: median(ratios),
    least: Math.min(...ratios),
    greatest: Math.max(...ratios),
    rounds: ratios.length,
  };
  const what = 'time for all barriers, the middle of all steps';
  return [{ what, demand: '≤ 1', ratio, holds: ratio.median <= 1 }];
}

/** All tables. */
export function renderBarriers(records: readonly BarrierRecord[]): string {
  if (records.length === 0) return '';
  const shown = recipeSubjects.filter((subject) =>
    records.some(({ seconds }) => subject in seconds),
  );
  const rows = records.map(({ clients, barriers, seconds }) => {
    const operations = 2 * clients * barriers;
    const cell = (took: number | undefined) =>
      took === undefined ? '–' : `${took.toFixed(1)} · ${numberText(operations / took, 0)}`;
    const { apache, vivarium } = seconds;
    const ratio = apache && vivarium ? (vivarium / apache).toFixed(2) : '–';
    const paper = cell(PAPER[`${clients} ${barriers}`]);
    const own = shown.map((subject) => cell(seconds[subject]));
    return [String(clients), String(barriers), ...own, ratio, paper];
  });
  const head = ['clients', 'barriers', ...shown.map((s) => HEADS[s]), 'ratio', 'the paper'];
  return [targetTable(judgeBarriers(records)), TIMES, table(head, rows), WHAT].join('\n\n');
}

const TIMES = `## Times

Each cell: seconds · barrier operations in a second, where to enter is one and to leave is another.
The time is the mean of what the clients needed for all barriers. Ratios are ours on Vivarium to
Curator on Apache.`;

const WHAT = `## What is done

Section 5.3 of Hunt, Konar, Junqueira and Reed, “ZooKeeper: Wait-free coordination for
Internet-scale systems” (USENIX ATC 2010): each client enters all barriers, one after the other, and
then leaves them; nobody goes on before all have entered, or left. The last column is its table 3,
the mean of five runs; it names 1,950 to 3,100 barrier operations in a second. That was on other
machines and another network: it is here as a fact, not to be compared with.

Here there is one server of each kind. Clients have a session each, and those of one side live in
one process; Curator's recipe is DistributedDoubleBarrier. Ours agrees on its cohort in a
transaction that names every member, and every member that leaves leaves a mark, so that who died
can be told from who has left: more work for the server than Curator's, which cannot tell.`;
