import { type Colours, coloursOf } from './colours.js';
import type { NoAnswer, ServerFacts } from './server-facts.js';

/** What a server says, at one time. */
export interface Look {
  /** Milliseconds, by any clock that only goes forward. */
  readonly at: number;
  readonly servers: readonly (ServerFacts | NoAnswer)[];
}

/** One server, beside the others and beside the look before. */
export interface TopRow {
  readonly server: string;
  readonly role: string;
  readonly zxid: string | null;
  /** Transactions behind the newest that any server has; null across epochs or when not told. */
  readonly lag: number | null;
  readonly connections: number | null;
  readonly outstanding: number | null;
  readonly latencyMs: { readonly average: number; readonly most: number } | null;
  /** Since the look before; null for the first one, and after a restart of the server. */
  readonly requestsPerSecond: number | null;
  readonly znodes: number | null;
  readonly watches: number | null;
}

/** Compares what servers say with each other, and with what they said before. */
export function topRows(now: Look, before: Look | undefined): readonly TopRow[] {
  const zxids = now.servers.flatMap((server) => ('zxid' in server ? (server.zxid ?? []) : []));
  const newest = zxids.reduce((most, zxid) => (zxid > most ? zxid : most), 0n);
  return now.servers.map((server) => {
    if (!('zxid' in server)) return { server: server.name, role: server.role, ...UNKNOWN };
    const { zxid, received } = server;
    const earlier = before?.servers.find(({ name }) => name === server.name);
    const was = earlier !== undefined && 'received' in earlier ? earlier.received : undefined;
    const seconds = before === undefined ? 0 : (now.at - before.at) / 1000;
    const hasRate = received !== undefined && was !== undefined && received >= was && seconds > 0;
    const isSameEpoch = zxid !== undefined && zxid >> 32n === newest >> 32n;
    return {
      server: server.name,
      role: server.role,
      zxid: zxid === undefined ? null : `0x${zxid.toString(16)}`,
      lag: isSameEpoch ? Number(newest - zxid) : null,
      connections: server.connections ?? null,
      outstanding: server.outstanding ?? null,
      latencyMs: server.latencyMs ?? null,
      requestsPerSecond: hasRate ? Math.round((received - was) / seconds) : null,
      znodes: server.znodes ?? null,
      watches: server.watches ?? null,
    };
  });
}

const UNKNOWN = {
  zxid: null,
  lag: null,
  connections: null,
  outstanding: null,
  latencyMs: null,
  requestsPerSecond: null,
  znodes: null,
  watches: null,
};

const HEADS = [
  'SERVER',
  'ROLE',
  'ZXID',
  'LAG',
  'CONNS',
  'QUEUED',
  'AVG/MAX ms',
  'REQ/s',
  'ZNODES',
  'WATCHES',
] as const;

/**
 * The rows as a table.
 *
 * @param columns longer lines are cut
 */
export function topLines(
  rows: readonly TopRow[],
  columns: number,
  hasColours: boolean,
): readonly string[] {
  const colours = coloursOf(hasColours);
  const cells = rows.map((row) => [
    row.server,
    row.role,
    row.zxid ?? '-',
    shown(row.lag),
    shown(row.connections),
    shown(row.outstanding),
    row.latencyMs === null ? '-' : `${round(row.latencyMs.average)}/${round(row.latencyMs.most)}`,
    shown(row.requestsPerSecond),
    shown(row.znodes),
    shown(row.watches),
  ]);
  const widths = HEADS.map((head, at) =>
    Math.max(head.length, ...cells.map((line) => line[at]!.length)),
  );
  const line = (parts: readonly string[]) =>
    parts
      .map((part, at) => (at < 2 ? part.padEnd(widths[at]!) : part.padStart(widths[at]!)))
      .join('  ')
      .slice(0, Math.max(20, columns));
  return [
    colours.bold(line(HEADS)),
    ...cells.map((each, at) => painter(rows[at]!, colours)(line(each))),
  ];
}

function painter({ role, lag }: TopRow, { bad, warn, good }: Colours): (text: string) => string {
  if (role === 'down') return bad;
  if (role === 'idle' || role === 'read-only' || (lag ?? 0) > 0) return warn;
  return role === 'leader' || role === 'standalone' ? good : (text) => text;
}

function shown(value: number | null): string {
  return value === null ? '-' : String(value);
}

function round(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}
