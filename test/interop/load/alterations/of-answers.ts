/** Alterations of what clients were told. */
import { codes } from '@vivarium/core/internal/base/errors';
import { type MultiResult, readMultiResponse } from '@vivarium/core/internal/wire/multi';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { Reader } from '@vivarium/core/internal/wire/reader';
import {
  Create2Response,
  GetChildren2Response,
  GetDataResponse,
  PathResponse,
  type Stat,
  StatResponse,
} from '@vivarium/core/internal/wire/records';
import { txnTypes } from '@vivarium/core/internal/wire/txns';
import { Writer } from '@vivarium/core/internal/wire/writer';
import type { WriteOp } from '../../../sim/judges/model.js';
import { writesOf } from '../../../sim/judges/wire-requests.js';
import type { HeardReply } from '../../../sim/world/history.js';
import { writeMultiResponse } from '../../multi-response.js';
import { type Alter, answers, type Copy, one, orderIn, replace, rewrite } from './copy.js';

const opOf = ({ request }: HeardReply): WriteOp | undefined => {
  const ops = request.opcode === opcodes.multi ? undefined : writesOf(request);
  return ops?.[0];
};
const isDone = (reply: HeardReply) => reply.err === 0;
const isConditional = (op: WriteOp | undefined) =>
  op !== undefined && 'version' in op && op.version !== -1;
const isSequential = (op: WriteOp | undefined) => op?.op === 'create' && op.sequential;
const isOf = (name: keyof typeof opcodes) => (reply: HeardReply) =>
  reply.request.opcode === opcodes[name];

/** A plain write that was told to have failed. */
export const refused: Alter = (copy, random) => {
  const reply = one(
    random,
    answers(copy, (each) => {
      const op = opOf(each);
      return op !== undefined && isDone(each) && !isConditional(op);
    }),
  );
  if (reply === undefined) return false;
  replace(reply, { err: codes.NOT_EMPTY, body: new Uint8Array(0) });
  return true;
};

/** A delete that failed and was told to be done. */
export const done: Alter = (copy, random) => {
  const reply = one(
    random,
    answers(copy, (each) => opOf(each)?.op === 'delete' && !isDone(each)),
  );
  if (reply === undefined) return false;
  replace(reply, { err: 0 });
  return true;
};

/** A write that began after a later one had been acknowledged. */
export const lateWrite: Alter = (copy, random) => {
  const writes = writesIn(copy);
  const { reply, own } = one(random, writes.slice(0, -1)) ?? {};
  if (reply === undefined) return false;
  const later = writes.filter((each) => each.own > own!);
  const other = one(random, later)?.reply;
  if (other === undefined) return false;
  const at = other.at + 1;
  const { request } = reply;
  const { requests } = request.connection;
  const twin = { ...request, at };
  requests[requests.indexOf(request)] = twin;
  const { heard } = request.connection;
  const altered = { ...reply, at: at + 1, request: twin };
  heard[heard.indexOf(reply)] = altered;
  twin.reply = altered;
  return true;
};

/** Two answers of one connection, each in the other's place. */
export const exchanged: Alter = (copy, random) => {
  const connection = one(
    random,
    copy.history.connections.filter(({ heard }) => heard.length > 2),
  );
  if (connection === undefined) return false;
  const at = random.below(connection.heard.length - 1);
  const [first, second] = connection.heard.slice(at, at + 2);
  connection.heard.splice(at, 2, second!, first!);
  return true;
};

/** A write that was answered from a state before its own. */
export const before: Alter = (copy, random) => {
  const zxids = orderIn(copy).map(({ zxid }) => zxid);
  const { reply, own } = one(random, writesIn(copy)) ?? {};
  if (reply === undefined) return false;
  const zxid = one(
    random,
    zxids.filter((each) => each < own!),
  );
  if (zxid === undefined) return false;
  replace(reply, { zxid });
  return true;
};

/** An answer that shows less than one before it did, to a question that tells nothing of it. */
export const backwards: Alter = (copy, random) => {
  const zxids = orderIn(copy).map(({ zxid }) => zxid);
  const reply = one(
    random,
    answers(copy, (each) => {
      const { heard } = each.request.connection;
      const last = heard[heard.indexOf(each) - 1];
      return isReadOfNothing(each) && last !== undefined && last.zxid > zxids[9]!;
    }),
  );
  if (reply === undefined) return false;
  const { heard } = reply.request.connection;
  const last = heard[heard.indexOf(reply) - 1]!.zxid;
  replace(reply, { zxid: zxids.findLast((zxid) => zxid < last)! });
  return true;
};

/** A sync that shows less than had been acknowledged when it began. */
export const staleSync: Alter = (copy, random) => {
  const syncs = answers(copy, (each) => isOf('sync')(each) && isDone(each));
  const reply = one(random, syncs);
  if (reply === undefined) return false;
  // Of what was acknowledged, by the logs: its answer may have shown more.
  const acknowledged = writesIn(copy).filter((each) => each.reply.at < reply.request.at);
  const newest = acknowledged.reduce((max, { own }) => (own > max ? own : max), 0n);
  const older = orderIn(copy).filter(({ zxid }) => zxid < newest);
  const shown = one(random, older.slice(-40));
  if (shown === undefined) return false;
  replace(reply, { zxid: shown.zxid });
  return true;
};

/** Data, or a list of children, that no state had. */
export const invented: Alter = (copy, random) => {
  const reply = one(
    random,
    answers(copy, (each) => {
      return (isOf('getData')(each) || isOf('getChildren2')(each)) && isDone(each);
    }),
  );
  if (reply === undefined) return false;
  if (isOf('getData')(reply)) {
    const data = new TextEncoder().encode(`never written ${random.below(1000)}`);
    rewrite(reply, GetDataResponse, (body) => ({ ...body, data }));
  } else {
    rewrite(reply, GetChildren2Response, (body) => ({
      ...body,
      children: [...body.children, `never-made-${random.below(1000)}`],
    }));
  }
  return true;
};

/** What somebody had read of the same node before a change that its client had been told of. */
export const outdated: Alter = (copy, random) => {
  const reads = answers(copy, (each) => isOf('getData')(each) && isDone(each));
  const reply = one(
    random,
    reads.filter((each) => statOf(each).mzxid <= toldBefore(each)),
  );
  if (reply === undefined) return false;
  const path = pathOf(reply);
  const { mzxid } = statOf(reply);
  const old = one(
    random,
    reads.filter((each) => pathOf(each) === path && statOf(each).mzxid < mzxid),
  );
  if (old === undefined) return false;
  replace(reply, { body: old.body });
  return true;
};

/** A conditional write with the opposite outcome. */
export const otherVersion: Alter = (copy, random) => {
  const reply = one(
    random,
    answers(copy, (each) => {
      return isConditional(opOf(each)) && (isDone(each) || each.err === codes.BAD_VERSION);
    }),
  );
  if (reply === undefined) return false;
  if (isDone(reply)) replace(reply, { err: codes.BAD_VERSION, body: new Uint8Array(0) });
  else replace(reply, { err: codes.NO_NODE });
  return true;
};

/** A part of a multi with another outcome, or left out. */
export const otherPart: Alter = (copy, random) => {
  const reply = one(
    random,
    answers(copy, (each) => isOf('multi')(each) && isDone(each)),
  );
  if (reply === undefined) return false;
  const results: MultiResult[] = [...readMultiResponse(new Reader(reply.body))];
  const at = random.below(results.length);
  const result = results[at]!;
  if (random.chance(0.3)) results.splice(at, 1);
  else if (result.type === 'error') results[at] = { type: 'error', err: result.err === 0 ? -2 : 0 };
  else results[at] = { type: 'error', err: codes.RUNTIME_INCONSISTENCY };
  const writer = new Writer();
  writeMultiResponse(writer, results);
  replace(reply, { body: writer.copy() });
  return true;
};

/** One field of a Stat that is off by one. */
export const otherStat: Alter = (copy, random) => {
  const fields = ['czxid', 'mzxid', 'pzxid', 'version', 'cversion', 'aversion', 'ctime'] as const;
  const field = random.pick(fields);
  const change = <T extends { readonly stat: object }>(body: T): T => {
    const stat = body.stat as Record<string, number | bigint>;
    const value = stat[field]!;
    return {
      ...body,
      stat: { ...stat, [field]: typeof value === 'bigint' ? value - 1n : value + 1 },
    };
  };
  const types = {
    [opcodes.setData]: StatResponse,
    [opcodes.create2]: Create2Response,
    [opcodes.exists]: StatResponse,
  };
  const reply = one(
    random,
    answers(copy, (each) => each.request.opcode in types && isDone(each)),
  );
  if (reply === undefined) return false;
  const type = types[reply.request.opcode] as typeof StatResponse;
  rewrite(reply, type, change);
  return true;
};

/** A sequential node of another number. */
export const otherNumber: Alter = (copy, random) => {
  const reply = one(
    random,
    answers(copy, (each) => isSequential(opOf(each)) && isDone(each) && isOf('create')(each)),
  );
  if (reply === undefined) return false;
  rewrite(reply, PathResponse, ({ path }) => {
    const number = Number(path!.slice(-10)) + 1 + random.below(3);
    return { path: path!.slice(0, -10) + String(number).padStart(10, '0') };
  });
  return true;
};

/** An ephemeral node that was there, in all states that may have been shown, and was not shown. */
export const hidden: Alter = (copy, random) => {
  const reply = one(
    random,
    answers(copy, (each) => {
      if (!isDone(each) || !(isOf('getData')(each) || isOf('exists')(each))) return false;
      return statOf(each).ephemeralOwner !== 0n && toldBefore(each) === each.zxid;
    }),
  );
  if (reply === undefined) return false;
  replace(reply, { err: codes.NO_NODE, body: new Uint8Array(0) });
  return true;
};

/** A session that has not ended is refused by a server. */
export const turnedAway: Alter = ({ history, logs }, random) => {
  const ended = new Set(
    logs.now
      .flatMap(({ chains }) => chains.flat())
      .filter(({ txn }) => txn.body.type === txnTypes.closeSession)
      .map(({ txn }) => txn.header.clientId),
  );
  const connection = one(
    random,
    history.connections.filter(({ welcome }) => welcome !== undefined),
  );
  if (connection?.greeting === undefined) return false;
  const sessionId = [...ended].reduce((a, b) => (a > b ? a : b), 0n) + 1n;
  const { greeting } = connection;
  history.connections.push({
    ...{ client: connection.client, server: connection.server, number: 1_000_000 },
    ...{ requests: [], heard: [] },
    greeting: { ...greeting, sessionId, lastZxidSeen: 0n },
    welcome: { ...connection.welcome!, timeOut: 0, sessionId: 0n },
  });
  return true;
};

function isReadOfNothing(reply: HeardReply): boolean {
  if (reply.err !== codes.NO_NODE) return false;
  return isOf('getData')(reply) || isOf('exists')(reply);
}

function pathOf({ request }: HeardReply): string {
  return new Reader(request.body).string();
}

/** The Stat in the answer to a getData or an exists. */
function statOf(reply: HeardReply): Stat {
  const type = isOf('getData')(reply) ? GetDataResponse : StatResponse;
  return type.read(new Reader(reply.body)).stat;
}

/** What the client had been told of, over this connection, when an answer came: none shows less. */
function toldBefore(reply: HeardReply): bigint {
  const { heard } = reply.request.connection;
  const earlier = heard.slice(0, heard.indexOf(reply));
  return earlier.reduce((max, { zxid }) => (zxid > max ? zxid : max), 0n);
}

/** Plain writes that were done and told to be, with the zxids that they have in the logs. */
function writesIn(copy: Copy): readonly { readonly reply: HeardReply; readonly own: bigint }[] {
  const keyOf = (session: bigint | undefined, cxid: number) => `${session}:${cxid}`;
  const order = new Map(
    orderIn(copy).map(({ zxid, txn: { header } }) => [keyOf(header.clientId, header.cxid), zxid]),
  );
  return answers(copy, (each) => opOf(each) !== undefined && isDone(each)).flatMap((reply) => {
    const { connection, xid } = reply.request;
    const own = order.get(keyOf(connection.welcome?.sessionId, xid));
    return own === undefined ? [] : [{ reply, own }];
  });
}
