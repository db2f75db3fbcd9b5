/** C4, C11: what a read was told is what the tree held at the zxid of its answer. */
import { codes } from '@vivarium/core/internal/base/errors';
import { readMultiReadRequest, readMultiResponse } from '@vivarium/core/internal/wire/multi';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { Reader } from '@vivarium/core/internal/wire/reader';
import {
  GetAclResponse,
  GetAllChildrenNumberResponse,
  GetChildren2Response,
  GetChildrenResponse,
  GetDataResponse,
  GetEphemeralsRequest,
  GetEphemeralsResponse,
  PathRequest,
  ReadRequest,
  type Stat,
  StatResponse,
} from '@vivarium/core/internal/wire/records';
import { demand } from '../violation.js';
import type { HeardReply } from '../world/history.js';
import type { Bytes, Model, Node } from './model.js';
import { permissions, permits, sameAcl, withoutSecrets } from './permissions.js';
import { nameOf } from './wire-requests.js';

/** @throws Violation */
export function judgeRead(model: Model, reply: HeardReply, session: bigint): void {
  const { request, err } = reply;
  if (err === codes.SESSION_EXPIRED || err === codes.UNKNOWN_SESSION) return;
  const told = `${nameOf(request)} ${request.xid} of ${request.connection.client} at ${reply.zxid}`;
  const asked = new Reader(request.body);
  const from = new Reader(reply.body);
  const found = (path: string, wanted: number = permissions.read) => {
    const node = model.nodes.get(path);
    const due = errorOf(node, wanted, request.isKnown);
    demand(err === due, blame(reply, node), () => {
      return `${told}: ${path} was answered with ${err}, not ${due}`;
    });
    return due === 0 ? node : undefined;
  };
  switch (request.opcode) {
    case opcodes.getData: {
      const { path } = ReadRequest.read(asked);
      const node = found(path);
      if (node === undefined) return;
      const { data, stat } = GetDataResponse.read(from);
      demand(sameBytes(data, node.data), 'C4', () => `${told}: other data at ${path}`);
      demandStat(stat, model.statOf(path), `${told}: ${path}`);
      return;
    }
    case opcodes.exists: {
      const { path } = ReadRequest.read(asked);
      if (found(path) === undefined) return;
      demandStat(StatResponse.read(from).stat, model.statOf(path), `${told}: ${path}`);
      return;
    }
    case opcodes.getChildren:
    case opcodes.getChildren2: {
      const { path } = ReadRequest.read(asked);
      const node = found(path);
      if (node === undefined) return;
      const isLong = request.opcode === opcodes.getChildren2;
      const { children } = isLong
        ? GetChildren2Response.read(from)
        : GetChildrenResponse.read(from);
      demandSame(children, [...node.children], `${told}: ${path}`);
      return;
    }
    case opcodes.getAllChildrenNumber: {
      const path = PathRequest.read(asked).path ?? '/';
      if (found(path) === undefined) return;
      const { totalNumber } = GetAllChildrenNumberResponse.read(from);
      const prefix = path === '/' ? '/' : `${path}/`;
      const due = [...model.nodes.keys()].filter((each) => each.startsWith(prefix) && each !== '/');
      demand(totalNumber === due.length, 'C4', () => `${told}: ${totalNumber} below ${path}`);
      return;
    }
    case opcodes.getEphemerals: {
      const prefix = GetEphemeralsRequest.read(asked).prefixPath ?? '/';
      const { ephemerals } = GetEphemeralsResponse.read(from);
      const owned = [...model.nodes].filter(([, { owner }]) => owner === session && owner !== 0n);
      const due = owned.map(([path]) => path).filter((path) => path.startsWith(prefix));
      demandSame(ephemerals, due, told);
      return;
    }
    case opcodes.getAcl: {
      const path = PathRequest.read(asked).path ?? '/';
      const node = found(path, permissions.read | permissions.admin);
      if (node === undefined) return;
      const { acl, stat } = GetAclResponse.read(from);
      const isAdmin = permits(node.acl, permissions.admin, request.isKnown);
      const due = isAdmin ? node.acl : withoutSecrets(node.acl);
      demand(sameAcl(acl, due), 'C11', () => `${told}: another access list at ${path}`);
      demandStat(stat, model.statOf(path), `${told}: ${path}`);
      return;
    }
    case opcodes.multiRead:
      judgeMultiRead(model, reply, told);
  }
}

/** The property that an outcome other than due is against. */
function blame({ request, err, body }: HeardReply, node: Node | undefined): string {
  if (err === codes.NO_NODE && node !== undefined && node.owner !== 0n) return 'E3';
  if (err !== 0 || node !== undefined) return 'C4';
  const from = new Reader(body);
  const isData = request.opcode === opcodes.getData;
  if (!isData && request.opcode !== opcodes.exists) return 'C4';
  const { stat } = isData ? GetDataResponse.read(from) : StatResponse.read(from);
  return stat.ephemeralOwner === 0n ? 'C4' : 'E2';
}

function errorOf(node: Node | undefined, wanted: number, isKnown: boolean): number {
  if (node === undefined) return codes.NO_NODE;
  return permits(node.acl, wanted, isKnown) ? 0 : codes.NO_AUTH;
}

function judgeMultiRead(model: Model, { request, body }: HeardReply, told: string): void {
  const ops = readMultiReadRequest(new Reader(request.body));
  const results = readMultiResponse(new Reader(body));
  demand(results.length === ops.length, 'C4', () => `${told}: ${results.length} results`);
  for (const [at, { path }] of ops.entries()) {
    const result = results[at]!;
    const node = model.nodes.get(path);
    const due = errorOf(node, permissions.read, request.isKnown);
    const got = result.type === 'error' ? result.err : 0;
    demand(got === due, 'C4', () => `${told}: ${path} was answered with ${got}, not ${due}`);
    if (node === undefined || got !== 0) continue;
    if (result.type === 'getData') {
      demand(sameBytes(result.data, node.data), 'C4', () => `${told}: other data at ${path}`);
      demandStat(result.stat, model.statOf(path), `${told}: ${path}`);
    } else if (result.type === 'getChildren') {
      demandSame(result.children, [...node.children], `${told}: ${path}`);
    }
  }
}

function demandSame(got: readonly string[], due: readonly string[], told: string): void {
  const sorted = (names: readonly string[]) => [...names].sort().join();
  demand(
    sorted(got) === sorted(due),
    'C4',
    () => `${told}: [${sorted(got)}], not [${sorted(due)}]`,
  );
}

function sameBytes(a: Bytes, b: Bytes): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/** @throws Violation unless each field is as it should be */
export function demandStat(got: Stat, due: Stat | undefined, told: string, property = 'C9'): void {
  demand(due !== undefined, property, () => `${told}: there is no such node`);
  for (const field of Object.keys(due) as (keyof Stat)[]) {
    demand(got[field] === due[field], property, () => {
      return `${told}: ${field} is ${got[field]}, not ${due[field]}`;
    });
  }
}
