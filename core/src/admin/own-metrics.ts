import type { Summary } from '../peer/metrics.js';
import type { AdminContext } from './facts.js';

/** One line of a metric: what stands behind its name, and its value. */
export type Sample = readonly [suffix: string, value: number];

/** A metric that ZooKeeper does not have. In Prometheus' base units, as its users expect. */
export interface OwnMetric {
  readonly name: string;
  readonly type: 'gauge' | 'summary';
  readonly doc: string;
  /** None where it is not measured. */
  readonly samples: (context: AdminContext) => readonly Sample[];
}

const SHARES: readonly number[] = [0.5, 0.9, 0.99];

/** Vivarium's own metrics, which `/metrics` has behind ZooKeeper's. */
export const ownMetrics: readonly OwnMetric[] = [
  {
    name: 'vivarium_build_info',
    type: 'gauge',
    doc: 'Always 1; its label is the version.',
    samples: ({ facts }) => [[`{version="${facts.version}",}`, 1]],
  },
  {
    name: 'vivarium_event_loop_delay_seconds',
    type: 'summary',
    doc: 'How late the event loop came to a timer: in the last five seconds, and since the start.',
    samples: ({ facts: { loopDelay } }) =>
      loopDelay === undefined
        ? []
        : [
            ['{quantile="0.5",}', loopDelay.p50 / 1000],
            ['{quantile="0.99",}', loopDelay.p99 / 1000],
            ['_count', loopDelay.count],
            ['_sum', loopDelay.sum / 1000],
          ],
  },
  {
    name: 'vivarium_fsync_seconds',
    type: 'summary',
    doc: 'Time of a flush of the log, as fsynctime, with more quantiles.',
    samples: ({ view }) => (view === undefined ? [] : summary(view.metrics.fsyncTime, 1000)),
  },
  {
    name: 'vivarium_flush_transactions',
    type: 'summary',
    doc: 'Transactions made durable by one flush, as sync_processor_batch_size.',
    samples: ({ view }) => (view === undefined ? [] : summary(view.metrics.syncBatchSize, 1)),
  },
  {
    name: 'vivarium_step_inputs',
    type: 'summary',
    doc: 'What arrived in one round of reading and was worked off together.',
    samples: ({ facts: { stepInputs } }) =>
      stepInputs === undefined ? [] : summary(stepInputs, 1),
  },
];

function summary(measured: Summary, divisor: number): readonly Sample[] {
  return [
    ...SHARES.map((share): Sample => {
      const value = measured.count === 0 ? Number.NaN : measured.percentile(share) / divisor;
      return [`{quantile="${share}",}`, value];
    }),
    ['_count', measured.count],
    ['_sum', measured.sum / divisor],
  ];
}
