import type { ErrorName } from '../base/errors.js';
import { errorNameOf } from '../base/errors.js';
import type { Reader } from '../wire/reader.js';
import { MalformedError } from '../wire/reader.js';
import { GetChildren2Response, GetDataResponse, ReadRequest } from '../wire/records.js';
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

type Answer =
  | { readonly type: 'value'; readonly seen: Seen }
  | { readonly type: 'there' }
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
    ask(driver, path, kind, (value) => {
      if (value.type !== 'missing') done(resultOf(kind, value, undefined));
      else ask(driver, path, 'exists', (exists) => done(resultOf(kind, value, exists)));
    });
    return;
  }
  let first: Answer | undefined;
  ask(driver, path, 'exists', (exists) => {
    first = exists;
  });
  // Answers come in the order of the questions, so the second one finds the first.
  ask(driver, path, kind, (value) => done(resultOf(kind, value, first)));
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

function ask(
  driver: Driver,
  path: string,
  what: EntryKind | 'exists',
  answered: (answer: Answer) => void,
): void {
  const operation = { data: 'getData', children: 'getChildren2', exists: 'exists' } as const;
  const facts = { operation: operation[what], path };
  const token = {
    replied(body: Reader, asOf: bigint) {
      answered(what === 'exists' ? { type: 'there' } : valueIn(what, body, asOf, facts));
    },
    refused(code: number, asOf: bigint) {
      const name = errorNameOf(code);
      if (name === 'NO_NODE') answered({ type: 'missing', asOf });
      else if (name !== undefined && PASSING.includes(name)) answered({ type: 'passing' });
      else answered({ type: 'failed', error: errorOfCode(code, facts) });
    },
    failed(name: ErrorName, _outcome: unknown, reason: string) {
      if (PASSING.includes(name)) answered({ type: 'passing' });
      else answered({ type: 'failed', error: new ZkError(name, { ...facts, reason }) });
    },
  };
  const request = requestOf(
    {
      operation: operation[what],
      payload: encode(ReadRequest, { path, watch: true }),
      watch: { path, kind: what === 'children' ? 'child' : 'data' },
    },
    token,
  );
  driver.submit({ type: 'request', request });
}

function valueIn(kind: EntryKind, body: Reader, asOf: bigint, facts: ErrorFacts): Answer {
  try {
    return { type: 'value', seen: seenIn(kind, body, asOf) };
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    const reason = `the answer cannot be read: ${error.message}`;
    const about = { ...facts, cause: error, reason };
    return { type: 'failed', error: new ZkError('MARSHALLING_ERROR', about) };
  }
}

function seenIn(kind: EntryKind, body: Reader, asOf: bigint): Seen {
  if (kind === 'data') {
    const { data, stat } = GetDataResponse.read(body);
    // The bytes are a view of a larger piece that the connection brought.
    return { kind: 'present', asOf, stat, value: data === null ? null : data.slice() };
  }
  const { children, stat } = GetChildren2Response.read(body);
  return { kind: 'present', asOf, stat, value: [...children].sort() };
}
