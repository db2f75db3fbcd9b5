/** The transactions that are listed: read page by page, back from the newest. */
import { computed, signal } from '@preact/signals';
import { administrator } from '../ask.js';
import { route } from '../route.js';
import { sessionId } from '../sessions/sessions.js';
import {
  type Failure,
  type Gap,
  isTime,
  noSpan,
  readSpan,
  readTransactions,
  span,
  type Transaction,
} from './past.js';
import { allKinds, kinds } from './words.js';

/** Rows that are read at a time. */
const PAGE = 200;
/** So many rows are wanted before the reading stops by itself, of so many questions at most. */
const STEP = 100;
const MOST_QUESTIONS = 25;

/** What is listed: part of the address. */
export const chosen = computed(() => {
  const { path, query } = route.value;
  const words = query.kinds?.split(' ') ?? [];
  const some = allKinds.filter((kind) => words.includes(kind));
  return {
    path,
    // The root is in nobody's way: its history is that of all, unless somebody wants it alone.
    withBelow: query.below === undefined ? path === '/' : query.below === 'yes',
    session: query.session ?? '',
    /** The moment of the newest that is listed; undefined for the present. */
    until: query.until,
    kinds: some.length === 0 ? allKinds : some,
  };
});

export const rows = signal<readonly Transaction[]>([]);
export const gaps = signal<readonly Gap[]>([]);
/** Where the reading goes on; null at the beginning of the log, undefined before it was asked. */
export const next = signal<string | null | undefined>(undefined);
export const isReading = signal(false);
export const readBytes = signal(0);
export const missing = signal<Failure | undefined>(undefined);
/** How many rows have come before those that were read at first. */
export const newer = signal(0);
/** More has come at once than is read along. */
export const isBehind = signal(false);

/** Up to here everything was read. */
let head: string | undefined;

let turn = 0;

/** Why a typed session is none; undefined when it is one, or nothing. */
export function sessionProblem(text: string): string | undefined {
  if (text === '' || sessionId(text) !== undefined) return undefined;
  return 'A session id is hexadecimal with 0x.';
}

/** Begins anew with what is chosen now. */
export function readAnew(): Promise<void> {
  rows.value = [];
  gaps.value = [];
  readBytes.value = 0;
  next.value = undefined;
  missing.value = undefined;
  newer.value = 0;
  isBehind.value = false;
  head = span.peek()?.last_zxid ?? undefined;
  return read(undefined);
}

/** Goes on behind what is there. */
export async function readOn(): Promise<void> {
  const from = next.peek();
  if (isReading.peek() || from === null) return;
  await read(from);
}

/** Puts before the list what has happened since. */
export async function readNewer(): Promise<void> {
  if (isReading.peek() || isBehind.peek()) return;
  // Whoever was silent is asked again, from where it was.
  if (missing.peek()?.kind === 'silent') return read(next.peek() ?? undefined);
  if (missing.peek() !== undefined) return;
  if (chosen.peek().until !== undefined) return;
  await readSpan();
  if (noSpan.peek() !== undefined) return heed(noSpan.peek());
  const last = span.peek()?.last_zxid ?? undefined;
  if (isReading.peek() || !isAfter(last, head)) return;
  const own = turn;
  if (sessionProblem(chosen.peek().session) !== undefined) return;
  const isWanted = () => own === turn;
  const known = rows.peek()[0]?.zxid ?? head;
  const found: Transaction[] = [];
  let from: string | undefined;
  for (let question = 0; ; question++) {
    const answer = await readTransactions(queryFrom(from), isWanted);
    // What cannot be read now is asked for at the next turn.
    if (answer?.kind !== 'answered') return heed(answer);
    const { transactions, next: on } = answer.body;
    found.push(...transactions.filter(({ zxid }) => isAfter(zxid, known)));
    gaps.value = withNew(gaps.peek(), answer.body.gaps);
    readBytes.value += answer.body.read_bytes;
    if (on === null || !isAfter(on, head)) break;
    from = on;
    if (question < MOST_QUESTIONS) continue;
    isBehind.value = true;
    return;
  }
  head = last;
  rows.value = [...found, ...rows.peek()];
  newer.value += found.length;
}

function isAfter(zxid: string | undefined, other: string | undefined): boolean {
  return BigInt(zxid ?? 0) > BigInt(other ?? 0);
}

async function read(first: string | undefined): Promise<void> {
  const own = ++turn;
  if (sessionProblem(chosen.peek().session) !== undefined) return;
  const isWanted = () => own === turn;
  isReading.value = true;
  let from = first;
  let found = 0;
  for (let question = 0; question < MOST_QUESTIONS && found < STEP; question++) {
    const answer = await readTransactions(queryFrom(from), isWanted);
    if (answer === undefined) return;
    if (answer.kind !== 'answered') {
      heed(answer);
      missing.value = answer;
      break;
    }
    const { body } = answer;
    missing.value = undefined;
    rows.value = [...rows.peek(), ...body.transactions];
    gaps.value = withNew(gaps.peek(), body.gaps);
    readBytes.value += body.read_bytes;
    next.value = body.next;
    found += body.transactions.length;
    if (body.next === null) break;
    from = body.next;
  }
  isReading.value = false;
}

/** A password that is not taken any more is not sent again and again. */
function heed(failure: Failure | undefined): void {
  if (failure?.kind === 'refused' && failure.status === 401) administrator.value = undefined;
}

function queryFrom(from: string | undefined): Record<string, string> {
  const { path, withBelow, session, kinds: some, until } = chosen.peek();
  const query: Record<string, string> = { limit: String(PAGE) };
  // Everything below the root is everything, with what has no path at all.
  if (path !== '/' || !withBelow) query.path = path;
  if (withBelow) query.below = 'true';
  if (session !== '') query.session = session;
  if (some.length < allKinds.length) query.types = some.flatMap((kind) => kinds[kind]).join(',');
  if (from !== undefined) query.from = from;
  else if (until !== undefined) query[isTime(until) ? 'time' : 'from'] = until;
  return query;
}

function withNew(known: readonly Gap[], told: readonly Gap[]): readonly Gap[] {
  const isKnown = (gap: Gap) =>
    known.some(({ after, before }) => {
      return after === gap.after && before === gap.before;
    });
  return [...known, ...told.filter((gap) => !isKnown(gap))];
}
