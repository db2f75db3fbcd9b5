import type { ErrorName } from '../base/errors.js';
import { errorNameOf } from '../base/errors.js';
import type { Reader } from '../wire/reader.js';
import { MalformedError } from '../wire/reader.js';
import type { Stat } from '../wire/records.js';
import {
  GetChildren2Response,
  GetDataResponse,
  ReadRequest,
  StatResponse,
} from '../wire/records.js';
import { encode } from '../wire/types.js';
import { requestOf } from './call.js';
import type { Driver } from './driver.js';
import type { ErrorFacts } from './errors.js';
import { errorOfCode, ZkError } from './errors.js';
import type { EntryKind, Seen } from './hub-entry.js';

/** What reading a path and watching it came to. */
export type PathReadResult =
  | {
      readonly type: 'seen';
      readonly seen: Seen;
      /** The kind of watch that will tell of the next change. */
      readonly armed: EntryKind;
      /** A watch on the data was left that nobody asked for. */
      readonly leftDataWatch: boolean;
    }
  /** The node came or went between two questions. */
  | { readonly type: 'moving' }
  /** No answer, or one that says nothing about the path. */
  | { readonly type: 'passing' }
  | { readonly type: 'failed'; readonly error: ZkError };

/** Refusals that say nothing about the path. */
const PASSING: readonly ErrorName[] = [
  'CONNECTION_LOSS',
  'SESSION_EXPIRED',
  'SESSION_MOVED',
  'OPERATION_TIMEOUT',
  'REQUEST_TIMEOUT',
  'THROTTLED_OP',
];

/** The answer to one question about a path. */
export type Answer =
  | { readonly type: 'value'; readonly seen: Seen & { readonly kind: 'present' } }
  | { readonly type: 'there'; readonly stat: Stat; readonly asOf: bigint }
  | { readonly type: 'missing'; readonly asOf: bigint }
  | { readonly type: 'passing' }
  | { readonly type: 'failed'; readonly error: ZkError };

/**
 * Reads a path and leaves one watch, in one request where the node exists. Reading a missing node
 * leaves no watch, so `exists` is asked then, which does. With `expectAbsent` both go out together,
 * so that a node that has come back costs one round trip.
 */
export function readPath(
  driver: Driver,
  path: string,
  kind: EntryKind,
  expectAbsent: boolean,
  done: (result: PathReadResult) => void,
): void {
  if (!expectAbsent) {
    askPath(driver, path, kind, 'watch', (value) => {
      if (value.type !== 'missing') done(resultOf(kind, value, undefined));
      else {
        askPath(driver, path, 'exists', 'watch', (exists) => {
          done(resultOf(kind, value, exists));
        });
      }
    });
    return;
  }
  let first: Answer | undefined;
  askPath(driver, path, 'exists', 'watch', (exists) => {
    first = exists;
  });
  // Answers come in the order of the questions, so the second one finds the first.
  askPath(driver, path, kind, 'watch', (value) => done(resultOf(kind, value, first)));
}

function resultOf(kind: EntryKind, value: Answer, exists: Answer | undefined): PathReadResult {
  if (value.type === 'failed' || value.type === 'passing') return value;
  if (exists?.type === 'failed' || exists?.type === 'passing') return exists;
  if (value.type === 'value') {
    const leftDataWatch = kind === 'children' && exists?.type === 'there';
    return { type: 'seen', seen: value.seen, armed: kind, leftDataWatch };
  }
  if (exists?.type !== 'missing') return { type: 'moving' };
  const seen: Seen = { kind: 'absent', asOf: exists.asOf };
  return { type: 'seen', seen, armed: 'data', leftDataWatch: false };
}

/** Whether an error says nothing about the path: it has to be asked again. */
export function isPassing(name: ErrorName | undefined): boolean {
  return name !== undefined && PASSING.includes(name);
}

/** What can be asked about a path. */
export type Question = EntryKind | 'exists';

/**
 * Asks one question about a server path. With `watch` it leaves a one-shot watch, and is asked
 * again on the next connection when this one is lost; with `once` neither.
 */
export function askPath(
  driver: Driver,
  path: string,
  what: Question,
  how: 'watch' | 'once',
  answered: (answer: Answer) => void,
): void {
  const operation = { data: 'getData', children: 'getChildren2', exists: 'exists' } as const;
  const facts = { operation: operation[what], path };
  const token = {
    replied: (body: Reader, asOf: bigint) => answered(answerIn(what, body, asOf, facts)),
    refused(code: number, asOf: bigint) {
      const name = errorNameOf(code);
      if (name === 'NO_NODE') answered({ type: 'missing', asOf });
      else if (isPassing(name)) answered({ type: 'passing' });
      else answered({ type: 'failed', error: errorOfCode(code, facts) });
    },
    failed(name: ErrorName, _outcome: unknown, reason: string) {
      if (isPassing(name)) answered({ type: 'passing' });
      else answered({ type: 'failed', error: new ZkError(name, { ...facts, reason }) });
    },
  };
  const payload = encode(ReadRequest, { path, watch: how === 'watch' });
  const call = { operation: operation[what], payload };
  if (how === 'once') {
    const request = requestOf(call, token);
    const once = { ...request, onLoss: 'fail', outlivesSession: false } as const;
    driver.submit({ type: 'request', request: once });
    return;
  }
  const watch = { path, kind: what === 'children' ? 'child' : 'data' } as const;
  driver.submit({ type: 'request', request: requestOf({ ...call, watch }, token) });
}

function answerIn(what: Question, body: Reader, asOf: bigint, facts: ErrorFacts): Answer {
  try {
    if (what !== 'exists') return { type: 'value', seen: seenIn(what, body, asOf) };
    return { type: 'there', stat: StatResponse.read(body).stat, asOf };
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    const reason = `the answer cannot be read: ${error.message}`;
    const about = { ...facts, cause: error, reason };
    return { type: 'failed', error: new ZkError('MARSHALLING_ERROR', about) };
  }
}

function seenIn(kind: EntryKind, body: Reader, asOf: bigint): Seen & { readonly kind: 'present' } {
  if (kind === 'data') {
    const { data, stat } = GetDataResponse.read(body);
    // The bytes are a view of a larger piece that the connection brought.
    return { kind: 'present', asOf, stat, value: data === null ? null : data.slice() };
  }
  const { children, stat } = GetChildren2Response.read(body);
  return { kind: 'present', asOf, stat, value: [...children].sort() };
}
