/** The sessions that the server knows, read page by page. */
import { computed, signal } from '@preact/signals';
import { type Answer, ask } from '../ask.js';
import { route } from '../route.js';

/** A row of the command `sessions`; null is what this server does not know. */
export interface SessionRow {
  readonly id: string;
  readonly timeout: number;
  readonly server_id: number | null;
  readonly address: string | null;
  readonly last_heard_ms_ago: number | null;
  readonly ephemerals: number;
  readonly watches: number | null;
  readonly local: boolean;
  readonly closing: boolean;
}

interface SessionsAnswer {
  readonly total: number;
  readonly has_more: boolean;
  readonly sessions: readonly SessionRow[];
}

export type SortKey = 'id' | 'heard' | 'ephemerals' | 'watches';

const PAGE = 500;
/** So many are read without being asked for more. */
const STEP = 20_000;
/** Lists up to so long are read anew again and again. */
const LIVE_UP_TO = PAGE;

export const rows = signal<readonly SessionRow[]>([]);
export const total = signal(0);
/** How many sessions have come of a reading that goes on. */
export const reading = signal<number | undefined>(undefined);
export const readAt = signal<number | undefined>(undefined);
/** Whether there are more behind those that were read. */
export const hasMore = signal(false);
export const missing = signal<Exclude<Answer<never>, { kind: 'answered' }> | undefined>(undefined);

/** How the rows are filtered and sorted: part of the address. */
export const filter = computed(() => route.value.query.q ?? '');
export const sort = computed<SortKey>(() => {
  const { sort: by } = route.value.query;
  return by === 'heard' || by === 'ephemerals' || by === 'watches' ? by : 'id';
});

const orders: Readonly<Record<SortKey, (a: SessionRow, b: SessionRow) => number>> = {
  id: () => 0,
  heard: (a, b) => (b.last_heard_ms_ago ?? -1) - (a.last_heard_ms_ago ?? -1),
  ephemerals: (a, b) => b.ephemerals - a.ephemerals,
  watches: (a, b) => (b.watches ?? -1) - (a.watches ?? -1),
};

/** The rows that are shown. */
export const shown = computed(() => {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  const kept = rows.value.filter((row) => {
    const text = textOf(row);
    return words.every((word) => text.includes(word));
  });
  return sort.value === 'id' ? kept : kept.toSorted(orders[sort.value]);
});

/** What a filter looks at. */
function textOf({ id, address, server_id, local, closing }: SessionRow): string {
  const server = server_id === null ? '' : `server ${server_id}`;
  const marks = `${local ? 'local' : ''} ${closing ? 'closing' : ''}`;
  return `${id} ${address ?? ''} ${server} ${marks}`.toLowerCase();
}

/** Whether the list is short enough to be kept up to date without being asked. */
export function isLive(): boolean {
  return total.peek() <= LIVE_UP_TO;
}

/** Reads the list anew, or goes on behind what is there. What was read stays until then. */
export async function readSessions(how: 'anew' | 'on' = 'anew'): Promise<void> {
  if (reading.peek() !== undefined) return;
  const before = how === 'on' ? rows.peek() : [];
  const found = [...before];
  reading.value = found.length;
  try {
    for (;;) {
      const after = found.at(-1)?.id;
      const query: Record<string, string> = { limit: String(PAGE) };
      if (after !== undefined) query.after = after;
      const answer = await ask<SessionsAnswer>('sessions', query);
      if (answer.kind !== 'answered') {
        missing.value = answer;
        return;
      }
      const { body } = answer;
      found.push(...body.sessions);
      total.value = body.total;
      hasMore.value = body.has_more;
      reading.value = found.length;
      if (!body.has_more || found.length - before.length >= STEP) break;
    }
    missing.value = undefined;
    rows.value = found;
    readAt.value = Date.now();
  } finally {
    reading.value = undefined;
  }
}

/** One session as it is now; undefined when there is none of that id. */
export async function readSession(id: bigint): Promise<Answer<SessionRow | undefined>> {
  // The list goes on behind an id, so the one before it is named.
  const query: Record<string, string> = { limit: '1' };
  if (id !== LOWEST) query.after = (id - 1n).toString();
  const answer = await ask<SessionsAnswer>('sessions', query);
  if (answer.kind !== 'answered') return answer;
  const [first] = answer.body.sessions;
  const isIt = first !== undefined && BigInt.asIntN(64, BigInt(first.id)) === id;
  return { kind: 'answered', body: isIt ? first : undefined };
}

const LOWEST = -(1n << 63n);

/** The nodes that a session owns, sorted. */
export async function readEphemerals(id: bigint): Promise<Answer<readonly string[]>> {
  type Dump = { readonly session_id_to_ephemeral_paths: Record<string, readonly string[]> };
  const answer = await ask<Dump>('dump');
  if (answer.kind !== 'answered') return answer;
  const paths = answer.body.session_id_to_ephemeral_paths[id.toString()] ?? [];
  return { kind: 'answered', body: paths.toSorted() };
}

/** The session that an address or a link names; undefined when it is no id. */
export function sessionId(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^0x[0-9a-f]{1,16}$/i.test(text)) return undefined;
  return BigInt.asIntN(64, BigInt(text));
}
