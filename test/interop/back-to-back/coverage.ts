/** Counts what runs have met: opcodes by error code, and the rows of the watch tables. */
import { codes } from '@vivarium/core/internal/base/errors';
import { readMultiResponse } from '@vivarium/core/internal/wire/multi';
import { opcodes, operationOf } from '@vivarium/core/internal/wire/operations';
import { Reader } from '@vivarium/core/internal/wire/reader';
import type { Item } from './lane.js';
import type { StepContext } from './run.js';
import { WatchCoverage } from './watch-coverage.js';

/** What was counted, as JSON keeps it. */
export type Counts = {
  /** `getData NO_NODE`, `multi/create NODE_EXISTS`, `connect …`. */
  readonly cells: { readonly [cell: string]: number };
  readonly watches: { readonly [row: string]: number };
};

const nameOfCode = new Map<number, string>(
  Object.entries(codes).map(([name, code]) => [code as number, name]),
);

/** Name of an error code as tables show it. */
function errorName(err: number): string {
  return err === 0 ? 'OK' : (nameOfCode.get(err) ?? String(err));
}

/** Counts over one or several runs; both servers agree, so it looks at the reference only. */
export class Coverage {
  readonly #cells = new Map<string, number>();
  readonly #watches = new Map<string, number>();

  /** What `RunOptions.watch` of one run is to call. */
  follow(): (context: StepContext) => void {
    const watches = new WatchCoverage((row) => add(this.#watches, row, 1));
    return (context) => {
      watches.note(context);
      this.#cellsOf(context);
    };
  }

  /** Adds what another process or an earlier slice has counted. */
  merge({ cells, watches }: Counts): void {
    for (const [cell, count] of Object.entries(cells)) add(this.#cells, cell, count);
    for (const [row, count] of Object.entries(watches)) add(this.#watches, row, count);
  }

  get counts(): Counts {
    return { cells: sorted(this.#cells), watches: sorted(this.#watches) };
  }

  #cellsOf({ step, theirOutcome }: StepContext): void {
    const own = theirOutcome.get(step.connection) ?? [];
    const closed = own.some(({ text }) => text.startsWith('closed'));
    if (step.type === 'raw') add(this.#cells, `bytes ${closed ? 'closed' : 'kept open'}`, 1);
    if (step.type === 'connect')
      add(this.#cells, `connect ${connectResult(own[0]?.text ?? '')}`, 1);
    for (const [connection, items] of theirOutcome) {
      for (const item of items) this.#cell(item);
      if (connection !== step.connection && items.some(({ text }) => text.startsWith('closed'))) {
        add(this.#cells, `connect took over from another connection`, 1);
      }
    }
  }

  #cell({ request, reply, frame }: Item): void {
    if (request === undefined || reply === undefined) return;
    const name = operationOf(request.code) ?? 'unknown';
    add(this.#cells, `${name} ${errorName(reply.err)}`, 1);
    const many = request.code === opcodes.multi || request.code === opcodes.multiRead;
    if (!many || reply.err !== 0 || frame === undefined) return;
    const results = readMultiResponse(new Reader(frame, 16));
    if (results.length === 0) add(this.#cells, `${name}/nothing OK`, 1);
    for (const [index, result] of results.entries()) {
      const asked = request.about?.multi?.[index]?.code;
      const inner = asked === undefined ? 'unknown' : operationOf(asked);
      const err = result.type === 'error' ? result.err : 0;
      const how = result.type === 'error' && err === 0 ? 'undone' : errorName(err);
      add(this.#cells, `${name}/${inner} ${how}`, 1);
    }
  }
}

/** A markdown table with a row per operation and a column per error that any row has. */
export function cellTable(cells: Counts['cells']): readonly (readonly string[])[] {
  const rows = new Map<string, Map<string, number>>();
  const columns = new Set<string>();
  for (const [cell, count] of Object.entries(cells)) {
    const cut = cell.indexOf(' ');
    const row = cell.slice(0, cut);
    if (row === 'connect' || row === 'bytes') continue;
    const column = cell.slice(cut + 1);
    columns.add(column);
    if (!rows.has(row)) rows.set(row, new Map());
    rows.get(row)!.set(column, count);
  }
  const ordered = [...columns].sort((a, b) => codeOf(b) - codeOf(a));
  const line = ([row, counts]: [string, Map<string, number>]) => [
    row,
    ...ordered.map((column) => String(counts.get(column) ?? '')),
  ];
  const order = (a: [string, unknown], b: [string, unknown]) => (a[0] < b[0] ? -1 : 1);
  return [['', ...ordered], ...[...rows].sort(order).map(line)];
}

function codeOf(column: string): number {
  return column === 'OK' ? 1 : ((codes as Record<string, number>)[column] ?? 0);
}

function connectResult(text: string): string {
  if (text.startsWith('closed')) return 'closed unanswered';
  if (text.includes('timeout 0')) return 'refused';
  return text.includes('id new') ? 'new session' : 'session taken up';
}

function add(counts: Map<string, number>, key: string, amount: number): void {
  counts.set(key, (counts.get(key) ?? 0) + amount);
}

function sorted(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
