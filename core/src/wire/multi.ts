/**
 * Bodies of multi and multiRead: a list whose every element says its own type, ended by a header
 * that says so. All forms both sides need stand here.
 */

import { createModeOf } from './create-modes.js';
import { type OperationName, opcodes, operations } from './operations.js';
import type { Reader } from './reader.js';
import { MalformedError } from './reader.js';
import type {
  CheckVersionRequest,
  CreateRequest,
  CreateTtlRequest,
  DeleteRequest,
  ReadRequest,
  SetDataRequest,
  Stat as StatValue,
} from './records.js';
import { MultiHeader, Stat } from './records.js';
import type { JuteType } from './types.js';
import type { Writer } from './writer.js';

/** One operation of a write multi. */
export type MultiOp =
  | ({ readonly op: 'create' | 'create2' | 'createContainer' } & CreateRequest)
  | ({ readonly op: 'createTtl' } & CreateTtlRequest)
  | ({ readonly op: 'delete' } & DeleteRequest)
  | ({ readonly op: 'setData' } & SetDataRequest)
  | ({ readonly op: 'check' } & CheckVersionRequest);

/** One operation of a multiRead. */
export type MultiReadOp = { readonly op: 'getData' | 'getChildren' } & ReadRequest;

const WRITE_OPS = byCode([
  'create',
  'create2',
  'createContainer',
  'createTtl',
  'delete',
  'setData',
  'check',
]);
const READ_OPS = byCode(['getData', 'getChildren']);

interface OpOf {
  readonly op: OperationName;
  readonly request: JuteType<object>;
}

function byCode(names: readonly OperationName[]): ReadonlyMap<number, OpOf> {
  return new Map(
    names.map((op) => [opcodes[op], { op, request: operations[op].request as JuteType<object> }]),
  );
}

/** One result, of either kind of multi. */
export type MultiResult =
  | { readonly type: 'create'; readonly path: string }
  | { readonly type: 'create2'; readonly path: string; readonly stat: StatValue }
  | { readonly type: 'delete' }
  | { readonly type: 'setData'; readonly stat: StatValue }
  | { readonly type: 'check' }
  | { readonly type: 'getData'; readonly data: Uint8Array | null; readonly stat: StatValue }
  | { readonly type: 'getChildren'; readonly children: readonly string[] }
  | { readonly type: 'error'; readonly err: number };

const ERROR_TYPE = -1;
const END = { type: -1, done: true, err: -1 } as const;

function readOps(from: Reader, allowed: ReadonlyMap<number, OpOf>): { op: OperationName }[] {
  const ops: { op: OperationName }[] = [];
  for (;;) {
    const header = MultiHeader.read(from);
    if (header.done) return ops;
    const known = allowed.get(header.type);
    if (known === undefined) {
      throw new MalformedError(`operation ${header.type} inside a multi`);
    }
    ops.push({ op: known.op, ...known.request.read(from) });
  }
}

/**
 * Like ZooKeeper since 3.9, it takes a create whose flags name no mode of that operation for bytes
 * that are no request, and one without any ACL too, unless it is `createTtl`.
 *
 * @throws MalformedError for that, and for an operation that a write multi cannot hold
 */
export function readMultiRequest(from: Reader): readonly MultiOp[] {
  const ops = readOps(from, WRITE_OPS) as unknown as readonly MultiOp[];
  for (const op of ops) {
    if (!('flags' in op)) continue;
    const mode = createModeOf(op.flags);
    const ttl = op.op === 'createTtl';
    if (mode === undefined || mode.ttl !== ttl || (op.acl === null && !ttl)) {
      throw new MalformedError(`${op.op} with flags ${op.flags} inside a multi`);
    }
  }
  return ops;
}

/** @throws MalformedError for an operation that a multiRead cannot hold */
export function readMultiReadRequest(from: Reader): readonly MultiReadOp[] {
  return readOps(from, READ_OPS) as unknown as readonly MultiReadOp[];
}

export function writeMultiRequest(to: Writer, ops: readonly (MultiOp | MultiReadOp)[]): void {
  for (const op of ops) {
    writeMultiHeader(to, opcodes[op.op], -1);
    (operations[op.op].request as JuteType<unknown>).write(to, op);
  }
  writeMultiEnd(to);
}

/** What stands before each operation and each result. */
export function writeMultiHeader(to: Writer, type: number, err: number): void {
  to.int(type);
  to.boolean(false);
  to.int(err);
}

/** The result of an operation of a multi that was not carried out; its code is there twice. */
export function writeMultiError(to: Writer, err: number): void {
  writeMultiHeader(to, ERROR_TYPE, err);
  to.int(err);
}

/** What stands after the last one. */
export function writeMultiEnd(to: Writer): void {
  MultiHeader.write(to, END);
}

/** Reads the results of a multi; also the form servers before 3.9 use for create2 (type 1). */
export function readMultiResponse(from: Reader): readonly MultiResult[] {
  const results: MultiResult[] = [];
  for (;;) {
    const header = MultiHeader.read(from);
    if (header.done) return results;
    results.push(readResult(from, header.type));
  }
}

function readResult(from: Reader, type: number): MultiResult {
  switch (type) {
    case ERROR_TYPE:
      return { type: 'error', err: from.int() };
    case opcodes.create:
      return { type: 'create', path: from.string() };
    case opcodes.create2:
      return { type: 'create2', path: from.string(), stat: Stat.read(from) };
    case opcodes.delete:
      return { type: 'delete' };
    case opcodes.setData:
      return { type: 'setData', stat: Stat.read(from) };
    case opcodes.check:
      return { type: 'check' };
    case opcodes.getData:
      return { type: 'getData', data: from.bufferOrNull(), stat: Stat.read(from) };
    case opcodes.getChildren: {
      const { children } = operations.getChildren.response!.read(from);
      return { type: 'getChildren', children };
    }
    default:
      throw new MalformedError(`result of type ${type} inside a multi`);
  }
}
