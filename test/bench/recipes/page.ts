/** The results of recipes as markdown. */
import { table } from '../../prove/page.js';
import { numberText, ratioText, targetTable } from '../page.js';
import { median, ratioOf } from '../records.js';
import { cases } from './cases.js';
import { judgeRecipes, type RecipeRecord, type RecipeSubject, recipeSubjects } from './records.js';

export interface RecipesRun {
  readonly records: readonly RecipeRecord[];
  /** How many servers of each kind. */
  readonly servers: number;
}

/** All tables of a run. */
export function renderRecipes({ records, servers }: RecipesRun): string {
  const parts = [targetTable(judgeRecipes(records)), timeTable(records, servers)];
  return [...parts, requestTable(records), WHAT].filter((part) => part !== '').join('\n\n');
}

const HEADS: Readonly<Record<RecipeSubject, string>> = {
  apache: 'Curator on Apache',
  'on-apache': 'ours on Apache',
  vivarium: 'ours on Vivarium',
};

function timeTable(records: readonly RecipeRecord[], servers: number): string {
  const rows = cases.flatMap(({ name }) => {
    const own = records.filter((record) => record.case === name);
    if (own.length === 0) return [];
    const cells = recipeSubjects.map((subject) => {
      const of = own.filter((record) => record.subject === subject);
      const pair = [median(of.map((r) => r.p50Ms)), median(of.map((r) => r.p99Ms))];
      return pair.map((ms) => numberText(ms, 2)).join(' · ');
    });
    const ratio = ratioOf(own, (record) => record.p50Ms);
    const rounds = new Set(own.map(({ round }) => round)).size;
    const counts = `${rounds} × ${Math.max(...own.map(({ count }) => count))}`;
    return [[name, ...cells, ratio === undefined ? '–' : ratioText(ratio), counts]];
  });
  if (rows.length === 0) return '';
  const head = ['case', ...recipeSubjects.map((subject) => HEADS[subject]), 'ratio', 'times'];
  const how = servers === 1 ? 'One server of each kind' : `${servers} servers of each kind`;
  return `## Times in milliseconds\n\nEach cell: median · p99, each the median of the rounds.
The ratio is of medians, ours on Vivarium to Curator on Apache. ${how}, each program a process of its own.\n\n${table(head, rows)}`;
}

function requestTable(records: readonly RecipeRecord[]): string {
  const rows = cases.flatMap(({ name }) => {
    const own = records.filter((record) => record.case === name && record.requests !== undefined);
    if (own.length === 0) return [];
    const cells = recipeSubjects.map((subject) =>
      numberText(median(own.filter((r) => r.subject === subject).map((r) => r.requests!)), 1),
    );
    return [[name, ...cells]];
  });
  if (rows.length === 0) return '';
  const head = ['case', ...recipeSubjects.map((subject) => HEADS[subject])];
  return `## Requests to the servers, each time\n\nCounted by the servers themselves.\n\n${table(head, rows)}`;
}

const WHAT = `## What the cases are

${cases.map(({ name, what }) => `- ${name}: ${what}`).join('\n')}

Every contender, candidate, waiter and observer has a client of its own, with a session of 30 s
unless it says otherwise; those of one side live in one process. Curator's are InterProcessMutex,
LeaderLatch, CuratorCache, DistributedDoubleBarrier and DistributedAtomicLong, which tries again at
once until it succeeds.`;
