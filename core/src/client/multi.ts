import { codes, OK } from '../base/errors.js';
import { withChroot, withoutChroot } from '../session/chroot.js';
import * as wire from '../wire/multi.js';
import { OPEN_ACL } from '../wire/permissions.js';
import type { Reader } from '../wire/reader.js';
import { Writer } from '../wire/writer.js';
import type { MultiOp, MultiReadOp } from './api.js';
import { aclOf, checkOps, checkPath, encoded, modeOf, oneOf, versionOf } from './arguments.js';
import type { ErrorFacts } from './errors.js';
import { errorOfCode } from './errors.js';

/** The body of a multi. @throws BAD_ARGUMENTS naming the operation that is wrong */
export function encodeMulti(ops: readonly MultiOp[], chroot: string): Uint8Array {
  checkOps(ops, { operation: 'multi' });
  const writer = new Writer();
  wire.writeMultiRequest(
    writer,
    ops.map((op, index) => wireOp(op, chroot, { ...factsOf(op), index })),
  );
  return writer.copy();
}

function wireOp(op: MultiOp, chroot: string, facts: ErrorFacts): wire.MultiOp {
  switch (op.op) {
    case 'create': {
      const { flag: flags, mode, ttlMs } = modeOf(op.mode, op.ttlMs, facts);
      checkPath(op.path, facts, mode.includes('equential'));
      const path = withChroot(chroot, op.path);
      const data = encoded(op.data, undefined, facts);
      const created = { path, data, acl: aclOf(op.acl ?? OPEN_ACL, facts), flags };
      if (op.ttlMs !== undefined) return { op: 'createTtl', ...created, ttl: BigInt(ttlMs) };
      return { op: mode === 'container' ? 'createContainer' : 'create2', ...created };
    }
    case 'delete':
    case 'check': {
      checkPath(op.path, facts);
      const path = withChroot(chroot, op.path);
      return { op: op.op, path, version: versionOf(op.version, facts) };
    }
    case 'set': {
      checkPath(op.path, facts);
      const data = encoded(op.data, undefined, facts);
      const path = withChroot(chroot, op.path);
      return { op: 'setData', path, data, version: versionOf(op.version, facts) };
    }
    default:
      oneOf((op as MultiOp).op, OPS, 'operation', facts);
      throw errorOfCode(codes.BAD_ARGUMENTS, facts);
  }
}

/**
 * The results of a multi, one for each operation.
 *
 * @throws ZkError of the operation that failed: those before it are reported as fine and those
 *   after it as inconsistent, and none of them happened
 */
export function decodeMulti(ops: readonly MultiOp[], chroot: string, body: Reader): unknown[] {
  const results = wire.readMultiResponse(body);
  const index = results.findIndex((result) => result.type === 'error' && result.err !== OK);
  const failed = results[index];
  if (failed?.type === 'error') {
    throw errorOfCode(failed.err, { ...factsOf(ops[index]), index, request: ops });
  }
  return results.map((result) => {
    switch (result.type) {
      case 'create':
        return { path: withoutChroot(chroot, result.path), stat: undefined };
      case 'create2':
        return { path: withoutChroot(chroot, result.path), stat: result.stat };
      case 'setData':
        return result.stat;
      default:
        return undefined;
    }
  });
}

/** The body of a multiRead. @throws BAD_ARGUMENTS naming the operation that is wrong */
export function encodeMultiRead(ops: readonly MultiReadOp[], chroot: string): Uint8Array {
  checkOps(ops, { operation: 'multiRead' });
  const writer = new Writer();
  wire.writeMultiRequest(
    writer,
    ops.map(({ op, path }, index) => {
      const facts = { operation: 'multiRead', path, index };
      oneOf(op, READ_OPS, 'operation', facts);
      checkPath(path, facts);
      const name = op === 'get' ? 'getData' : 'getChildren';
      return { op: name, path: withChroot(chroot, path), watch: false };
    }),
  );
  return writer.copy();
}

/** The results of a multiRead: each by itself a value or an error. */
export function decodeMultiRead(ops: readonly MultiReadOp[], body: Reader): unknown[] {
  return wire.readMultiResponse(body).map((result, index) => {
    const path = ops[index]?.path;
    switch (result.type) {
      case 'getData':
        return { ok: true, data: (result.data ?? NOTHING).slice(), stat: result.stat };
      case 'getChildren':
        return { ok: true, children: [...result.children].sort() };
      default: {
        const err = result.type === 'error' ? result.err : codes.MARSHALLING_ERROR;
        return { ok: false, error: errorOfCode(err, { operation: 'multiRead', path, index }) };
      }
    }
  });
}

function factsOf(op: MultiOp | undefined): ErrorFacts {
  return { operation: `multi ${op?.op ?? ''}`.trimEnd(), path: op?.path, request: op };
}

const OPS: Readonly<Record<MultiOp['op'], true>> = {
  create: true,
  delete: true,
  set: true,
  check: true,
};
const READ_OPS: Readonly<Record<MultiReadOp['op'], true>> = { get: true, children: true };
const NOTHING = new Uint8Array(0);
