/** Requests and answers as they stood on the wire, in the words of the model. */
import { createModes } from '@vivarium/core/internal/wire/create-modes';
import { readMultiRequest } from '@vivarium/core/internal/wire/multi';
import { operationOf, operations } from '@vivarium/core/internal/wire/operations';
import { Reader } from '@vivarium/core/internal/wire/reader';
import {
  type Acl,
  CreateRequest,
  CreateTtlRequest,
  DeleteRequest,
  SetAclRequest,
  SetDataRequest,
} from '@vivarium/core/internal/wire/records';
import type { SentRequest } from '../world/history.js';
import type { WriteOp } from './model.js';

type WireOp =
  | {
      readonly op: 'setAcl';
      readonly path: string;
      readonly acl: readonly Acl[] | null;
      readonly version: number;
    }
  | ReturnType<typeof readMultiRequest>[number]
  | { readonly op: 'none'; readonly path: string };

/** The name of what was asked for. */
export function nameOf({ opcode }: SentRequest): string {
  return operationOf(opcode) ?? String(opcode);
}

/** The path that a request begins with, if it begins with one. */
export function pathOf({ body }: SentRequest): string {
  if (body.length < 5) return '';
  const length = new DataView(body.buffer, body.byteOffset).getInt32(0);
  if (length < 1 || length > body.length - 4 || body[4] !== SLASH) return '';
  return decoder.decode(body.subarray(4, 4 + length));
}

const SLASH = 0x2f;
const decoder = new TextDecoder();

/** The writes that a request asks for; undefined when it asks for none. */
export function writesOf({ opcode, body }: SentRequest): readonly WriteOp[] | undefined {
  const from = new Reader(body);
  switch (opcode) {
    case operations.multi.code:
      return readMultiRequest(from).map(writeOf);
    case operations.create.code:
    case operations.create2.code:
      return [writeOf({ op: 'create', ...CreateRequest.read(from) })];
    case operations.createContainer.code:
      return [writeOf({ op: 'createContainer', ...CreateRequest.read(from) })];
    case operations.createTtl.code:
      return [writeOf({ op: 'createTtl', ...CreateTtlRequest.read(from) })];
    case operations.setAcl.code:
      return [writeOf({ op: 'setAcl', ...SetAclRequest.read(from) })];
    case operations.delete.code:
      return [writeOf({ op: 'delete', ...DeleteRequest.read(from) })];
    case operations.setData.code:
      return [writeOf({ op: 'setData', ...SetDataRequest.read(from) })];
    default:
      return undefined;
  }
}

function writeOf(op: WireOp): WriteOp {
  switch (op.op) {
    case 'create':
    case 'create2':
    case 'createContainer':
    case 'createTtl': {
      const mode = Object.values(createModes).find(({ flag }) => flag === op.flags);
      return {
        op: 'create',
        path: op.path,
        data: op.data,
        ephemeral: mode?.ephemeral === true,
        sequential: mode?.sequential === true,
        container: op.op === 'createContainer',
        ttlMs: op.op === 'createTtl' ? Number(op.ttl) : undefined,
        acl: op.acl ?? [],
      };
    }
    case 'delete':
      return { op: 'delete', path: op.path, version: op.version };
    case 'setData':
      return { op: 'set', path: op.path, data: op.data, version: op.version };
    case 'setAcl':
      return { op: 'setAcl', path: op.path, acl: op.acl ?? [], version: op.version };
    case 'check':
      return { op: 'check', path: op.path, version: op.version };
    default:
      throw new Error(`the simulator has no model of ${op.op} at ${op.path}`);
  }
}
