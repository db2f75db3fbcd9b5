/** What was measured of recipes, and what is to be reached against Curator in the same run. */
import { type Judged, judgeTargets, type Target } from '../judged.js';
import { median } from '../records.js';
import type { CaseName } from './cases.js';

/**
 * `apache`: Curator on Apache ZooKeeper, what is compared with. `on-apache`: our recipes on the
 * same servers. `vivarium`: our recipes on our servers.
 */
export const recipeSubjects = ['apache', 'on-apache', 'vivarium'] as const;
export type RecipeSubject = (typeof recipeSubjects)[number];

/** One case in one round. */
export interface RecipeRecord {
  readonly round: number;
  readonly subject: RecipeSubject;
  readonly case: CaseName;
  /** How often it was done. */
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** What the servers were asked for each time, by their count; none where others ask too. */
  readonly requests?: number;
}

/** The time in milliseconds that the share `q` of all does not exceed. */
export function quantile(times: readonly number[], q: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)] ?? Number.NaN;
}

const HALF: readonly CaseName[] = [
  'hand-over 2',
  'hand-over 20',
  'hand-over 200',
  'fan-out 1',
  'fan-out 200',
];

const targets: readonly Target<RecipeRecord>[] = HALF.map((name) => ({
  what: `median of ${name}`,
  most: 0.5,
  of: (record) => (record.case === name ? record.p50Ms : undefined),
}));

/** Pings, and whatever a client does by itself, may fall into what was counted. */
const REQUESTS_DIFFER_MOST = 0.25;

/** Judges every target that the records say something about. */
export function judgeRecipes(records: readonly RecipeRecord[]): readonly Judged[] {
  return [...judgeTargets(records, targets), ...judgeReleases(records)];
}

/** A release asks the servers for as much in a long queue as in a short one. */
function judgeReleases(records: readonly RecipeRecord[]): readonly Judged[] {
  const ofOurs = (name: CaseName) =>
    records.filter((r) => r.subject === 'vivarium' && r.case === name);
  const long = ofOurs('release 200');
  const ratios = long.flatMap(({ round, requests = Number.NaN }) => {
    const short = ofOurs('release 20').find((record) => record.round === round);
    return short === undefined ? [] : [{ long: requests, short: short.requests ?? Number.NaN }];
  });
  if (ratios.length === 0) return [];
  const quotients = ratios.map((each) => each.long / each.short);
  const ratio = {
    median: median(quotients),
    least: Math.min(...quotients),
    greatest: Math.max(...quotients),
    rounds: quotients.length,
  };
  const holds = ratios.every((each) => Math.abs(each.long - each.short) <= REQUESTS_DIFFER_MOST);
  const what = 'our requests for a release, with 200 contenders against 20';
  return [{ what, demand: '1', ratio, holds }];
}
