import type { Millis, WallMillis } from '../base/ids.js';
import { percentileOf } from '../base/percentile.js';
import type { Summary } from '../peer/metrics.js';
import type { PeerView } from '../peer/view.js';
import { hex } from './facts.js';
import { type AdminObject, type AdminValue, Double } from './values.js';

/** How the event loop of the process did since the sample before, in milliseconds. */
export interface LoopDelay {
  readonly p50: Millis;
  readonly p99: Millis;
  readonly max: Millis;
}

/** What the host saw when it took a sample. */
export interface Look {
  readonly view: PeerView;
  readonly now: Millis;
  readonly wall: WallMillis;
  readonly loop: LoopDelay;
}

/** Something to be marked in a chart. */
export interface NotableEvent {
  readonly wall: WallMillis;
  /** A row of {@link notableEvents}. */
  readonly kind: NotableKind;
  readonly message: string;
}

/** Log events that are kept beside the samples, and what kind of mark each is. */
export const notableEvents = {
  'boot.ready': 'start',
  'member.looking': 'election',
  'member.serving': 'role',
  'member.read-only': 'role',
  'leader.learner-serves': 'learner-serves',
  'leader.learner-left': 'learner-left',
  'snapshot.taken': 'snapshot',
  'log.slow-flush': 'slow-fsync',
  'storage.relearn': 'damage',
  'digest.mismatch': 'damage',
  'server.halted': 'halt',
} as const;

export type NotableKind = (typeof notableEvents)[keyof typeof notableEvents];

/** Time between two samples. */
export const HISTORY_INTERVAL_MS = 5_000;
/** Samples that are kept: those of fifteen minutes. */
const ROWS = 180;
/** Events that are kept, and how much of what each says. */
const EVENTS = 200;
const MESSAGE_LENGTH = 240;

/** What was read at the sample before, to tell what was added since. */
interface Mark {
  readonly now: Millis;
  readonly received: number;
  readonly sent: number;
  readonly latencies: number;
  readonly flushes: number;
}

interface Interval {
  readonly look: Look;
  readonly seconds: number;
  readonly received: number;
  readonly sent: number;
  readonly latency: readonly number[];
  readonly latencyMax: number;
  readonly fsync: readonly number[];
  readonly fsyncMax: number;
}

/** Figures lie side by side in one array; NaN stands for none. The rest is kept as it is shown. */
type Column = { readonly name: string; readonly doc: string } & (
  | { readonly kind: 'decimal' | 'whole'; readonly read: (interval: Interval) => number }
  | { readonly kind: 'other'; readonly read: (interval: Interval) => AdminValue }
);

/** What a row of the history says after its sequence number and its time, in this order. */
export const historyColumns: readonly Column[] = [
  {
    name: 'received_per_second',
    kind: 'decimal',
    doc: 'Requests taken in.',
    read: ({ received, seconds }) => rate(received, seconds),
  },
  {
    name: 'sent_per_second',
    kind: 'decimal',
    doc: 'Replies and watch events sent.',
    read: ({ sent, seconds }) => rate(sent, seconds),
  },
  {
    name: 'latency_p50_ms',
    kind: 'decimal',
    doc: 'Time from taking a request in to its reply; `null` when there was none.',
    read: ({ latency }) => percentile(latency, 0.5),
  },
  {
    name: 'latency_p99_ms',
    kind: 'decimal',
    doc: 'Of the same. Of more than 1,024 requests the newest count.',
    read: ({ latency }) => percentile(latency, 0.99),
  },
  {
    name: 'latency_max_ms',
    kind: 'decimal',
    doc: 'Of all of them.',
    read: ({ latency, latencyMax }) => (latency.length === 0 ? Number.NaN : latencyMax),
  },
  {
    name: 'outstanding',
    kind: 'whole',
    doc: 'Requests taken in and not yet answered.',
    read: ({ look: { view } }) => view.outstanding,
  },
  {
    name: 'connections',
    kind: 'whole',
    doc: 'Client connections.',
    read: ({ look: { view } }) => view.connectionCount,
  },
  {
    name: 'watches',
    kind: 'whole',
    doc: 'Watches.',
    read: ({ look: { view } }) => view.watchCount,
  },
  {
    name: 'znodes',
    kind: 'whole',
    doc: 'Nodes, as `znode_count`.',
    read: ({ look: { view } }) => view.nodeCount,
  },
  {
    name: 'data_bytes',
    kind: 'whole',
    doc: 'Bytes of all paths and data, as `approximate_data_size`.',
    read: ({ look: { view } }) => view.approximateDataSize,
  },
  {
    name: 'loop_p50_ms',
    kind: 'decimal',
    doc: 'How late the event loop of the process came to a timer.',
    read: ({ look: { loop } }) => loop.p50,
  },
  {
    name: 'loop_p99_ms',
    kind: 'decimal',
    doc: 'Of the same.',
    read: ({ look: { loop } }) => loop.p99,
  },
  {
    name: 'fsync_p50_ms',
    kind: 'decimal',
    doc: 'Time of a flush of the log; `null` when there was none.',
    read: ({ fsync }) => percentile(fsync, 0.5),
  },
  {
    name: 'fsync_p99_ms',
    kind: 'decimal',
    doc: 'Of the same.',
    read: ({ fsync }) => percentile(fsync, 0.99),
  },
  {
    name: 'fsync_max_ms',
    kind: 'decimal',
    doc: 'Of the same.',
    read: ({ fsync, fsyncMax }) => (fsync.length === 0 ? Number.NaN : fsyncMax),
  },
  {
    name: 'zxid',
    kind: 'other',
    doc: 'The last transaction applied, hexadecimal with `0x`.',
    read: ({ look: { view } }) => `0x${hex(view.lastZxid)}`,
  },
  {
    name: 'epoch',
    kind: 'other',
    doc: 'The epoch of that transaction.',
    read: ({ look: { view } }) => Number(BigInt.asUintN(64, view.lastZxid) >> 32n),
  },
  {
    name: 'role',
    kind: 'other',
    doc: 'As `server_state` of `mntr`.',
    read: ({ look: { view } }) => view.mode,
  },
  {
    name: 'lag',
    kind: 'other',
    doc:
      'Of a leader: for each learner by its number, how many transactions it has not acknowledged; ' +
      '`null` while it is brought up to date, and for observers, who acknowledge nothing.',
    read: ({ look: { view } }) => lagOf(view),
  },
];

interface Kept {
  readonly seq: number;
}

interface Row extends Kept {
  readonly wall: WallMillis;
  /** Where its figures begin. */
  readonly at: number;
  readonly others: readonly AdminValue[];
}

interface Mentioned extends Kept {
  readonly event: NotableEvent;
}

/**
 * The last fifteen minutes of a server, for charts: a row every five seconds and what happened in
 * between. A row takes some 400 bytes, with what a leader of seven says of the others; an event
 * with a long message as much: full, all of it takes 110 KiB.
 *
 * Rows and events have numbers from one sequence, so that whoever asks again gets what is new.
 */
export class History {
  readonly #began: WallMillis;
  readonly #rows: Row[] = [];
  readonly #figures = new Float64Array(ROWS * historyColumns.length);
  #samples = 0;
  readonly #events: Mentioned[] = [];
  #seq = 0;
  #mark: Mark | undefined = undefined;

  /** @param began tells one life of a server from the next */
  constructor(began: WallMillis) {
    this.#began = began;
  }

  /** Adds a row. */
  sample(look: Look): void {
    const interval = this.#intervalOf(look);
    const at = (this.#samples++ % ROWS) * historyColumns.length;
    const others: AdminValue[] = [];
    for (const [i, column] of historyColumns.entries()) {
      if (column.kind === 'other') others.push(column.read(interval));
      else this.#figures[at + i] = column.read(interval);
    }
    this.#rows.push({ seq: ++this.#seq, wall: Math.round(look.wall), at, others });
    if (this.#rows.length > ROWS) this.#rows.shift();
  }

  /** Adds an event. */
  note(event: NotableEvent): void {
    const message = event.message.slice(0, MESSAGE_LENGTH);
    this.#events.push({ seq: ++this.#seq, event: { ...event, message } });
    if (this.#events.length > EVENTS) this.#events.shift();
  }

  /**
   * What came after the row or event of a number; all, when no such number was given yet, as after
   * a restart of the server.
   */
  since(seq: number): AdminObject {
    const after = seq > this.#seq ? 0 : seq;
    return {
      interval_ms: HISTORY_INTERVAL_MS,
      began: Math.round(this.#began),
      last_seq: this.#seq,
      columns: ['seq', 'unix_ms', ...historyColumns.map(({ name }) => name)],
      rows: newer(this.#rows, after).map((row) => this.#rowOf(row)),
      events: newer(this.#events, after).map(({ seq: own, event }) => ({
        seq: own,
        unix_ms: Math.round(event.wall),
        kind: event.kind,
        message: event.message,
      })),
    };
  }

  #rowOf({ seq, wall, at, others }: Row): readonly AdminValue[] {
    let other = 0;
    const values = historyColumns.map(({ kind }, i) =>
      kind === 'other' ? others[other++]! : shown(this.#figures[at + i]!, kind),
    );
    return [seq, wall, ...values];
  }

  #intervalOf(look: Look): Interval {
    const { metrics } = look.view;
    const { requestLatency, fsyncTime } = metrics;
    const before = this.#mark;
    const mark: Mark = {
      now: look.now,
      received: metrics.packetsReceived.value,
      sent: metrics.packetsSent.value,
      latencies: requestLatency.count,
      flushes: fsyncTime.count,
    };
    this.#mark = mark;
    return {
      look,
      seconds: before === undefined ? 0 : (look.now - before.now) / 1000,
      received: added(mark.received, before?.received),
      sent: added(mark.sent, before?.sent),
      latency: newest(requestLatency, added(mark.latencies, before?.latencies)),
      latencyMax: requestLatency.takePeak(),
      fsync: newest(fsyncTime, added(mark.flushes, before?.flushes)),
      fsyncMax: fsyncTime.takePeak(),
    };
  }
}

/** How much a count has grown; what was counted before a reset is not known. */
function added(now: number, before: number | undefined): number {
  if (before === undefined) return 0;
  return now < before ? now : now - before;
}

function newest(summary: Summary, count: number): readonly number[] {
  return count === 0 ? [] : summary.newest(count).sort((a, b) => a - b);
}

function percentile(sorted: readonly number[], share: number): number {
  return percentileOf(sorted, share) ?? Number.NaN;
}

function rate(count: number, seconds: number): number {
  return seconds === 0 ? Number.NaN : count / seconds;
}

/** Decimals to the thousandth: milliseconds to the microsecond. */
function shown(value: number, kind: 'decimal' | 'whole'): AdminValue {
  if (Number.isNaN(value)) return null;
  return kind === 'whole' ? value : new Double(Math.round(value * 1000) / 1000);
}

function lagOf({ quorum, lastZxid }: PeerView): AdminValue {
  const learners = quorum?.leading?.learners();
  if (learners === undefined) return null;
  return Object.fromEntries(
    learners.map(({ serverId, ackedZxid }) => {
      const lag = ackedZxid === undefined ? null : Number(lastZxid - ackedZxid);
      return [String(serverId), lag === null ? null : Math.max(0, lag)];
    }),
  );
}

/** The tail of a list in which numbers grow. */
function newer<K extends Kept>(kept: readonly K[], after: number): readonly K[] {
  let from = kept.length;
  while (from > 0 && kept[from - 1]!.seq > after) from--;
  return kept.slice(from);
}
