/** What the server tells of the past, and how it is asked. */
import { signal } from '@preact/signals';
import { type Answer, askAs, order } from '../ask.js';
import { timeText } from '../format.js';

export type Failure = Exclude<Answer<never>, { kind: 'answered' }>;

/** Bytes as the server writes them. */
export interface PastData {
  readonly length: number;
  readonly content?: string | null;
  readonly encoding?: 'text' | 'base64';
}

export interface PastAcl {
  readonly perms: string;
  readonly scheme: string;
  readonly id: string;
}

/** What a transaction did to one node. */
export interface Part {
  readonly type: string;
  readonly path?: string;
  readonly version?: number;
  readonly data?: PastData;
  readonly acl?: readonly PastAcl[];
  readonly ephemeral?: boolean;
  readonly ttl?: number;
  readonly error?: number;
}

export interface Transaction {
  readonly zxid: string;
  readonly time: number;
  readonly session: string;
  readonly cxid: number;
  readonly type: string;
  readonly error: number | null;
  readonly error_name: string | null;
  readonly timeout?: number;
  readonly parts: readonly Part[];
  readonly part_count: number;
}

/** Where transactions are missing. */
export interface Gap {
  readonly after: string | null;
  readonly before: string | null;
}

export interface TransactionsAnswer {
  readonly transactions: readonly Transaction[];
  readonly gaps: readonly Gap[];
  readonly next: string | null;
  readonly read_bytes: number;
}

/** A node as it was. */
export interface PastNode {
  readonly path: string;
  readonly czxid: string;
  readonly mzxid: string;
  readonly pzxid: string;
  readonly ctime: number;
  readonly mtime: number;
  readonly version: number;
  readonly cversion: number;
  readonly aversion: number;
  readonly owner: string;
  readonly num_children: number;
  readonly data: PastData;
  readonly acl: readonly PastAcl[] | null;
}

export interface PastChild {
  readonly name: string;
  readonly num_children: number;
  readonly owner: string;
}

export interface NodeAnswer {
  readonly zxid: string;
  readonly time: number | null;
  readonly node: PastNode | null;
  readonly children: readonly PastChild[];
  readonly next: number | null;
}

export interface ChangeAnswer {
  readonly before_zxid: string | null;
  readonly before: PastNode | null;
  readonly after: PastNode | null;
}

export interface Side {
  readonly czxid: string;
  readonly version: number;
  readonly aversion: number;
  readonly length: number;
}

export interface Difference {
  readonly kind: 'created' | 'deleted' | 'recreated' | 'changed';
  readonly path: string;
  readonly what: readonly string[];
  readonly before: Side | null;
  readonly after: Side | null;
}

export interface DifferencesAnswer {
  readonly from_zxid: string;
  readonly from_time: number | null;
  readonly to_zxid: string;
  readonly to_time: number | null;
  readonly differences: readonly Difference[];
  readonly visited: number;
  readonly next: number | null;
}

export interface Span {
  readonly first_zxid: string | null;
  readonly first_time: number | null;
  readonly last_zxid: string | null;
  readonly last_time: number | null;
  readonly exact_from: string | null;
}

/** From where to where the log goes, as the server said it last. */
export const span = signal<Span | undefined>(undefined);
/** Why that is not known. */
export const noSpan = signal<Failure | undefined>(undefined);

const AGAIN_MS = 200;
/** What passes is waited for so long, and so many times. */
const PASSING_MS = 2_000;
const MOST_TIMES = 5;

/**
 * Whether the same question may be answered a little later: the server has too much to do, or files
 * changed while it read them, which it says itself.
 */
function isPassing(answer: Answer<unknown>): boolean {
  if (answer.kind === 'silent') return true;
  return answer.kind === 'refused' && (answer.status === 429 || answer.words.includes('ask again'));
}

/**
 * Asks what an answer says it is still working on, until it is done or nobody wants it. What passes
 * is asked again a few times before somebody is bothered with it.
 */
async function whole<T>(
  once: () => Promise<Answer<T & { readonly preparing?: true }>>,
  isWanted: () => boolean,
): Promise<Answer<T> | undefined> {
  for (let passed = 0; ; ) {
    const answer = await once();
    if (!isWanted()) return undefined;
    const isWorking = answer.kind === 'answered' && answer.body.preparing === true;
    if (!isWorking) {
      // Silence has been waited for already.
      passed += answer.kind === 'silent' ? MOST_TIMES : 1;
      if (!isPassing(answer) || passed > MOST_TIMES) return answer;
    }
    await new Promise((resolve) => setTimeout(resolve, isWorking ? AGAIN_MS : PASSING_MS));
  }
}

/** Reads the span anew. */
export async function readSpan(): Promise<void> {
  const answer = await whole(
    () => askAs<Span>('log_span', {}),
    () => true,
  );
  if (answer === undefined) return;
  if (answer.kind === 'answered') span.value = answer.body;
  noSpan.value = answer.kind === 'answered' ? undefined : answer;
}

type Words = Readonly<Record<string, string>>;
type IsWanted = () => boolean;

/** A page of transactions; undefined when it is not wanted any more, as below. */
export function readTransactions(query: Words, isWanted: IsWanted) {
  return whole(() => askAs<TransactionsAnswer>('transactions', query), isWanted);
}

/** A node of a moment, which is a zxid or a time. */
export function readNode(moment: string, query: Words, isWanted: IsWanted) {
  const at = isTime(moment) ? { time: moment } : { zxid: moment };
  return whole(() => order<NodeAnswer>('node_at', { ...at, ...query }), isWanted);
}

/** A node before and after a transaction. */
export function readChange(zxid: string, path: string, isWanted: IsWanted) {
  return whole(() => order<ChangeAnswer>('change', { zxid, path }), isWanted);
}

/** Nodes that differ between two moments. */
export function readDifferences(from: string, to: string, query: Words, isWanted: IsWanted) {
  const moments = {
    [isTime(from) ? 'from_time' : 'from']: from,
    [isTime(to) ? 'to_time' : 'to']: to,
  };
  return whole(() => order<DifferencesAnswer>('differences', { ...moments, ...query }), isWanted);
}

/** Moments are written as zxids, `0x…`, or as milliseconds since 1970. */
export function isTime(moment: string): boolean {
  return !moment.startsWith('0x');
}

/** The moment that a typed text means: a zxid, or a time by the clock of whoever reads this. */
export function momentOf(typed: string): string | undefined {
  const text = typed.trim();
  if (/^0x[0-9a-f]{1,16}$/i.test(text)) return text.toLowerCase();
  if (!/^\d{4}-\d\d-\d\d/.test(text)) return undefined;
  const at = new Date(text.replace(' ', 'T')).getTime();
  return Number.isNaN(at) || at < 0 ? undefined : String(at);
}

/** What is wrong with a typed text that means no moment. */
export const WRONG_MOMENT = 'A zxid is 0x and hexadecimal digits; a time is 2026-11-30 08:15:02.';

/** How a moment is written where one can be typed; nothing for none. */
export function momentText(moment: string | undefined): string {
  if (moment === undefined) return '';
  return isTime(moment) ? timeText(Number(moment)) : moment;
}

/** The bytes that the server has told. */
export function bytesOf({ content, encoding }: PastData): Uint8Array {
  if (content === undefined || content === null) return new Uint8Array();
  if (encoding !== 'base64') return new TextEncoder().encode(content);
  return Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
}
