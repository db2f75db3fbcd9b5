/** Which figures are drawn together, and how they are written. */
import { bytesText, countText } from '../format.js';

export interface Series {
  /** A column of the history. */
  readonly column: string;
  readonly name: string;
}

export interface ChartSpec {
  readonly title: string;
  readonly unit: string;
  readonly series: readonly Series[];
  readonly shown: (value: number) => string;
}

const small = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const rough = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

function decimal(value: number): string {
  return value >= 1000 ? countText(Math.round(value)) : small.format(value);
}

const percentiles = (prefix: string, withMax: boolean): readonly Series[] => [
  { column: `${prefix}_p50_ms`, name: 'median' },
  { column: `${prefix}_p99_ms`, name: '99th percentile' },
  ...(withMax ? [{ column: `${prefix}_max_ms`, name: 'longest' }] : []),
];
const one = (title: string, column: string): ChartSpec => ({
  title,
  unit: '',
  series: [{ column, name: 'now' }],
  shown: (value) => countText(value),
});

export const charts: readonly ChartSpec[] = [
  {
    title: 'Throughput',
    unit: 'per second',
    series: [
      { column: 'received_per_second', name: 'requests' },
      { column: 'sent_per_second', name: 'replies and events' },
    ],
    shown: decimal,
  },
  { title: 'Latency', unit: 'ms', series: percentiles('latency', true), shown: decimal },
  {
    title: 'Flush of the log',
    unit: 'ms',
    series: percentiles('fsync', true),
    shown: decimal,
  },
  {
    title: 'Delay of the event loop',
    unit: 'ms',
    series: percentiles('loop', false),
    shown: decimal,
  },
  one('Outstanding requests', 'outstanding'),
  one('Connections', 'connections'),
  one('Watches', 'watches'),
  one('Znodes', 'znodes'),
  { ...one('Data', 'data_bytes'), shown: bytesText },
];

/** A mark of an axis: short, whatever is counted. */
export function axisText(spec: ChartSpec, value: number): string {
  return spec.shown === bytesText ? bytesText(value) : rough.format(value);
}

/** The next number above that is easy to read, as the end of an axis. */
export function axisEnd(most: number): number {
  if (most <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [1, 2, 5, 10].find((each) => each * power >= most * 1.02) ?? 20;
  return step * power;
}
