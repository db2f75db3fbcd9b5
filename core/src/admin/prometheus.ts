import type { Summary } from '../peer/metrics.js';
import type { AdminContext, ProcessFacts } from './facts.js';
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
import { ownMetrics } from './own-metrics.js';
import { javaDouble } from './values.js';

/** Content type of the text that {@link renderPrometheus} makes. */
export const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Metrics in Prometheus' text format 0.0.4, with the names and shapes of ZooKeeper's
 * PrometheusMetricsProvider: no prefix, no `_total` on counters, summaries with the quantile 0.5
 * and, where ZooKeeper has them, 0.9 and 0.99. Vivarium's own and the usual `process_…` metrics
 * follow.
 */
export function renderPrometheus(context: AdminContext): string {
  const lines: string[] = [];
  const { view, facts } = context;
  for (const [name, value] of readGauges(context)) {
    family(lines, name, 'gauge', [['', Number(typeof value === 'number' ? value : value.value)]]);
  }
  if (view !== undefined) {
    for (const [name, source] of Object.entries(counters)) {
      family(lines, name, 'counter', [['', source(view.metrics).value]]);
    }
    for (const name of idleCounters) family(lines, name, 'counter', [['', 0]]);
    for (const [name, source] of Object.entries(summaries)) {
      summaryFamily(lines, name, BASIC_QUANTILES, source(view.metrics));
    }
    for (const name of idleSummaries) summaryFamily(lines, name, BASIC_QUANTILES, undefined);
    for (const [name, source] of Object.entries(advancedSummaries)) {
      summaryFamily(lines, name, ADVANCED_QUANTILES, source(view.metrics));
    }
    for (const [name, source] of Object.entries(advancedSummarySets)) {
      const rows: [string, number][] = [];
      for (const [key, summary] of source(view.metrics).entries()) {
        rows.push(...summaryRows(`key="${key}",`, ADVANCED_QUANTILES, summary));
      }
      family(lines, name, 'summary', rows);
    }
    for (const name of idleAdvancedSummaries) {
      summaryFamily(lines, name, ADVANCED_QUANTILES, undefined);
    }
  }
  for (const { name, type, doc, samples } of ownMetrics) {
    const rows = samples(context);
    if (rows.length > 0) family(lines, name, type, rows, doc);
  }
  processFamilies(lines, facts);
  return `${lines.join('\n')}\n`;
}

const BASIC_QUANTILES: readonly number[] = [0.5];
const ADVANCED_QUANTILES: readonly number[] = [0.5, 0.9, 0.99];

function summaryFamily(
  lines: string[],
  name: string,
  quantiles: readonly number[],
  summary: Summary | undefined,
): void {
  family(lines, name, 'summary', summaryRows('', quantiles, summary));
}

/** @param label in front of the quantile, with its comma; empty where there is none */
function summaryRows(
  label: string,
  quantiles: readonly number[],
  summary: Summary | undefined,
): [string, number][] {
  const count = summary?.count ?? 0;
  const rows: [string, number][] = quantiles.map((share) => [
    `{${label}quantile="${share}",}`,
    summary === undefined || count === 0 ? Number.NaN : summary.percentile(share),
  ]);
  const labels = label === '' ? '' : `{${label}}`;
  rows.push([`_count${labels}`, count], [`_sum${labels}`, summary?.sum ?? 0]);
  return rows;
}

function processFamilies(lines: string[], facts: ProcessFacts): void {
  family(lines, 'process_cpu_seconds_total', 'counter', [['', facts.cpuSeconds]]);
  family(lines, 'process_start_time_seconds', 'gauge', [['', facts.processStartedAt / 1000]]);
  family(lines, 'process_resident_memory_bytes', 'gauge', [['', facts.residentBytes]]);
  if (facts.virtualBytes >= 0) {
    family(lines, 'process_virtual_memory_bytes', 'gauge', [['', facts.virtualBytes]]);
  }
  if (facts.openFileDescriptors >= 0) {
    family(lines, 'process_open_fds', 'gauge', [['', facts.openFileDescriptors]]);
  }
  if (facts.maxFileDescriptors >= 0) {
    family(lines, 'process_max_fds', 'gauge', [['', facts.maxFileDescriptors]]);
  }
}

/** One metric: its help, its type, and a line for each suffix or label set. */
function family(
  lines: string[],
  name: string,
  type: 'gauge' | 'counter' | 'summary',
  rows: readonly (readonly [suffix: string, value: number])[],
  help = name,
): void {
  lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  for (const [suffix, value] of rows) lines.push(`${name}${suffix} ${prometheusNumber(value)}`);
}

function prometheusNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : javaDouble(value);
}
