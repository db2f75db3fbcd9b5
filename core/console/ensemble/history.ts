/** What the server has kept of its last fifteen minutes, and what comes after it. */

/** The answer of the command `history`. */
export interface HistoryAnswer {
  readonly interval_ms: number;
  /** Tells one life of the server from the next. */
  readonly began: number;
  readonly last_seq: number;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  readonly events: readonly {
    readonly seq: number;
    readonly unix_ms: number;
    readonly kind: string;
    readonly message: string;
  }[];
}

/** One row, by the names of its columns. */
export interface Sample {
  /** By the server's clock. */
  readonly at: number;
  readonly values: Readonly<Record<string, unknown>>;
}

export interface Mark {
  readonly id: string;
  readonly at: number;
  readonly kind: string;
  readonly message: string;
}

export interface History {
  readonly began: number;
  readonly lastSeq: number;
  readonly intervalMs: number;
  /** Oldest first; of earlier lives of the server, too, while this page was open. */
  readonly samples: readonly Sample[];
  readonly marks: readonly Mark[];
}

const WINDOW_MS = 15 * 60_000;
/** Lengths of time that charts show, each to be told in three parts. */
const SPANS = [3 * 60_000, 6 * 60_000, WINDOW_MS] as const;
/** Events that are kept; the server keeps as many. */
const MARKS = 200;

/**
 * Adds an answer to what is known. Nothing comes back when the server began anew meanwhile, and the
 * answer is to a question about its earlier life: then everything has to be asked for.
 */
export function joined(known: History | undefined, answer: HistoryAnswer): History | undefined {
  if (known !== undefined && known.began !== answer.began && known.lastSeq > 0) return undefined;
  const fresh = answer.rows.map((row) => sampleOf(answer.columns, row));
  const samples = [...(known?.samples ?? []), ...fresh];
  const end = samples.at(-1)?.at ?? 0;
  const marks = answer.events.map(({ seq, unix_ms, kind, message }) => {
    return { id: `${answer.began}-${seq}`, at: unix_ms, kind, message };
  });
  return {
    began: answer.began,
    lastSeq: answer.last_seq,
    intervalMs: answer.interval_ms,
    samples: samples.filter(({ at }) => at >= end - WINDOW_MS),
    marks: [...(known?.marks ?? []), ...marks].slice(-MARKS),
  };
}

/** What is known of an earlier life, to which a new one is added from its start. */
export function afterRestart(known: History): History {
  return { ...known, lastSeq: 0 };
}

/** How much time a chart shows of a history of some length, so that a young one fills it. */
export function spanOf(lengthMs: number): number {
  return SPANS.find((span) => span >= lengthMs) ?? WINDOW_MS;
}

/** A figure of a sample; null where there is none. */
export function figure({ values }: Sample, name: string): number | null {
  const value = values[name];
  return typeof value === 'number' ? value : null;
}

/** Of a leader, how far each learner lags; undefined for everybody else. */
export function lagsOf(
  sample: Sample | undefined,
): Readonly<Record<string, number | null>> | undefined {
  const lag = sample?.values.lag;
  return typeof lag === 'object' && lag !== null
    ? (lag as Readonly<Record<string, number | null>>)
    : undefined;
}

function sampleOf(columns: readonly string[], row: readonly unknown[]): Sample {
  const values = Object.fromEntries(columns.map((name, index) => [name, row[index]]));
  return { at: Number(values.unix_ms), values };
}
