/** The writes of the crash load: each chosen by a seed, each recognisable in a log. */
import { equalBytes } from '@vivarium/core/internal/base/bytes';
import { createModes } from '@vivarium/core/internal/wire/create-modes';
import { type MultiOp, writeMultiRequest } from '@vivarium/core/internal/wire/multi';
import { operations } from '@vivarium/core/internal/wire/operations';
import type { TxnBody } from '@vivarium/core/internal/wire/txns';
import { encode } from '@vivarium/core/internal/wire/types';
import { Writer } from '@vivarium/core/internal/wire/writer';
import type { Random } from '../back-to-back/random.js';

/** What stands in a request; a multi holds several. */
export type Write = MultiOp | { readonly op: 'multi'; readonly ops: readonly MultiOp[] };

/** Where everything happens. The first client makes these. */
export const places = ['/sets', '/mine', '/lines', '/brief', '/all'] as const;
export const SHARED_NODES = 12;
const OPEN_ACL = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }];

/** A client's own view, from which it chooses what to write next. */
export interface Owned {
  /** Part of every path and value of this session. */
  readonly name: string;
  /** Paths it asked to create and has not asked to delete. */
  readonly paths: string[];
  count: number;
}

export function createOf(path: string, text: string, flags: number): MultiOp {
  return { op: 'create', path, data: bytesOf(text), acl: OPEN_ACL, flags };
}

/** The next write of a client. Some of them fail, as they should. */
export function chooseWrite(random: Random, owned: Owned): Write {
  const text = `${owned.name}/${++owned.count}`;
  const fresh = (): string => {
    const path = `/mine/${owned.name}-${owned.count}`;
    owned.paths.push(path);
    return path;
  };
  const stale = (): string => {
    if (owned.paths.length === 0) return '/mine/never-made';
    return owned.paths.splice(random.below(owned.paths.length), 1)[0]!;
  };
  const shared = () => `/sets/${random.below(SHARED_NODES)}`;
  const { persistent, ephemeral, persistentSequential, ephemeralSequential } = createModes;
  const set = (): MultiOp => ({
    op: 'setData',
    path: shared(),
    data: bytesOf(`${text} ${'x'.repeat(random.below(200))}`),
    version: random.chance(0.9) ? -1 : random.below(50),
  });
  return random.weighted<() => Write>([
    [40, set],
    [14, () => createOf(fresh(), text, persistent.flag)],
    [14, () => ({ op: 'delete', path: stale(), version: -1 })],
    [6, () => ({ ...createOf(fresh(), text, persistent.flag), op: 'create2' }) as MultiOp],
    [4, () => createOf(`/lines/${owned.name}-`, text, persistentSequential.flag)],
    [4, () => createOf(`/brief/${owned.name}-${owned.count}`, text, ephemeral.flag)],
    [3, () => createOf('/all/n-', text, ephemeralSequential.flag)],
    [2, () => createOf('/nowhere/at/all', text, persistent.flag)],
    [
      8,
      () => {
        const check = {
          op: 'check',
          path: shared(),
          version: random.chance(0.8) ? -1 : 7,
        } as const;
        const path = fresh();
        const remove = { op: 'delete', path: stale(), version: -1 } as const;
        return { op: 'multi', ops: [check, createOf(path, text, 0), set(), remove] };
      },
    ],
  ])();
}

/** The request's opcode and body. */
export function encodeWrite(write: Write): { readonly code: number; readonly body: Uint8Array } {
  if (write.op === 'multi') {
    const writer = new Writer();
    writeMultiRequest(writer, write.ops);
    return { code: operations.multi.code, body: writer.copy() };
  }
  const { code, request } = operations[write.op];
  return { code, body: encode(request as Parameters<typeof encode>[0], write) };
}

/** Whether a transaction is what a write asked for, done or refused. */
export function isOf(write: Write, body: TxnBody): boolean {
  if (body.type === -1) return true;
  switch (write.op) {
    case 'multi': {
      if (body.type !== 14 || body.txns.length !== write.ops.length) return false;
      return body.txns.every((sub, i) => isOf(write.ops[i]!, sub));
    }
    case 'create':
    case 'create2': {
      if (body.type !== 1 && body.type !== 15) return false;
      const sequential = write.flags === 2 || write.flags === 3;
      const path = sequential ? body.path.replace(/\d{10}$/, '') : body.path;
      const ephemeral = write.flags === 1 || write.flags === 3;
      return path === write.path && body.ephemeral === ephemeral && same(write.data, body.data);
    }
    case 'delete':
      return body.type === 2 && body.path === write.path;
    case 'setData':
      return body.type === 5 && body.path === write.path && same(write.data, body.data);
    case 'check':
      return body.type === 13 && body.path === write.path;
    default:
      return false;
  }
}

/** The error that a transaction tells, 0 when it did something. */
export function errorIn(body: TxnBody): number {
  if (body.type === -1) return body.err;
  if (body.type !== 14) return 0;
  const failed = body.txns.find((sub) => sub.type === -1 && sub.err !== 0);
  return failed?.type === -1 ? failed.err : 0;
}

function same(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : equalBytes(a, b);
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
