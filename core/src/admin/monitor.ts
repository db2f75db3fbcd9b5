import type { Summary } from '../peer/metrics.js';
import { type AdminContext, fullVersion } from './facts.js';
import { readGauges } from './gauges.js';
import {
  advancedSummaries,
  advancedSummarySets,
  counters,
  idleAdvancedSummaries,
  idleCounters,
  idleSummaries,
  summaries,
} from './metric-names.js';
import { peerState } from './quorum-commands.js';
import { type AdminObject, type AdminValue, Double, fourDecimals } from './values.js';

/**
 * Every key of ZooKeeper's `mntr`, without the `zk_` prefix, in its order: version, state, gauges,
 * counters, summaries. Without a running server only the first two are there.
 */
export function monitorValues(context: AdminContext): AdminObject {
  const { view, facts } = context;
  const rows: [string, AdminValue][] = [['version', fullVersion(facts)]];
  rows.push(['server_state', view?.mode ?? 'down']);
  if (view === undefined) return Object.fromEntries(rows);
  const { quorum } = view;
  if (quorum !== undefined) rows.push(['peer_state', peerState(quorum)]);
  if (quorum?.state === 'observing') rows.push(['observer_master_id', quorum.leaderId ?? -1]);
  rows.push(...readGauges(context));
  for (const [name, source] of Object.entries(counters)) {
    rows.push([name, source(view.metrics).value]);
  }
  for (const name of idleCounters) rows.push([name, 0]);
  for (const [name, source] of Object.entries(summaries)) {
    rows.push(...basicRows(name, source(view.metrics)));
  }
  for (const name of idleSummaries) rows.push(...basicRows(name, NOTHING));
  for (const [name, source] of Object.entries(advancedSummaries)) {
    rows.push(...advancedRows(name, source(view.metrics)));
  }
  for (const [name, source] of Object.entries(advancedSummarySets)) {
    for (const [key, summary] of source(view.metrics).entries()) {
      rows.push(...advancedRows(`${key}_${name}`, summary));
    }
  }
  for (const name of idleAdvancedSummaries) rows.push(...advancedRows(name, NOTHING));
  return Object.fromEntries(rows);
}

type Distribution = Pick<Summary, 'count' | 'sum' | 'min' | 'max' | 'average' | 'percentile'>;

/** A summary into which nothing was ever added. */
const NOTHING: Distribution = {
  count: 0,
  sum: 0,
  min: 0,
  max: 0,
  average: 0,
  percentile: () => 0,
};

/** Whole numbers but for the mean: ZooKeeper measures in whole milliseconds and bytes. */
function basicRows(name: string, summary: Distribution): [string, AdminValue][] {
  return [
    [`avg_${name}`, new Double(fourDecimals(summary.average))],
    [`min_${name}`, Math.round(summary.min)],
    [`max_${name}`, Math.round(summary.max)],
    [`cnt_${name}`, summary.count],
    [`sum_${name}`, Math.round(summary.sum)],
  ];
}

function advancedRows(name: string, summary: Distribution): [string, AdminValue][] {
  const at = (share: number) => Math.round(summary.percentile(share));
  return [
    ...basicRows(name, summary),
    [`p50_${name}`, at(0.5)],
    [`p95_${name}`, at(0.95)],
    [`p99_${name}`, at(0.99)],
    [`p999_${name}`, at(0.999)],
  ];
}
