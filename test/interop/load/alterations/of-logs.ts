/** Alterations of what the logs of servers say, and of the trees that they show in the end. */
import { codes } from '@vivarium/core/internal/base/errors';
import { type TxnBody, txnTypes } from '@vivarium/core/internal/wire/txns';
import type { Random } from '../../back-to-back/random.js';
import type { LoggedTxn } from '../server-log.js';
import { type Alter, alterEverywhere, type Copy, one, orderIn } from './copy.js';

/** One server's copy of a transaction has another byte. */
export const otherMeaning: Alter = ({ logs }, random) => {
  const [chain, at] = place(logs.now, random);
  // Of a failed multi Apache logs whatever it likes, and is believed.
  if (chain === undefined || chain[at]!.txn.body.type === txnTypes.multi) return false;
  const bytes = chain[at]!.bytes.slice();
  bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
  chain[at] = { ...chain[at]!, bytes };
  return true;
};

/** A transaction leads to another tree on one server. */
export const otherTree: Alter = ({ logs }, random) => {
  const [chain, at] = place(logs.now, random);
  if (chain === undefined) return false;
  const { txn } = chain[at]!;
  const { digest } = txn;
  if (digest === undefined) return false;
  const comparable = copiesOf(logs.now, txn.header.zxid).filter(
    (each) => each.txn.digest?.version === digest.version,
  );
  if (comparable.length < 2) return false;
  const altered = { ...txn, digest: { ...digest, treeDigest: digest.treeDigest + 1n } };
  chain[at] = { ...chain[at]!, txn: altered };
  return true;
};

/** One server's log lacks a transaction, or its end. */
export const hole: Alter = ({ logs }, random) => {
  const [chain, at] = place(logs.now, random);
  if (chain === undefined) return false;
  if (random.chance(0.7)) {
    chain.splice(at, 1);
    return true;
  }
  // A snapshot of the end does as well as the log, and what nobody else has is no end.
  const last = chain.at(-1)!.zxid;
  const { snapshots } = logs.now.find(({ chains }) => chains.includes(chain))!;
  if (snapshots.some((zxid) => zxid >= last) || copiesOf(logs.now, last).length < 2) return false;
  chain.length = at;
  return true;
};

/** A number that no server has used, in the middle of an epoch. */
export const skipped: Alter = (copy, random) => {
  const order = orderIn(copy);
  const entry = one(
    random,
    order.filter(({ zxid }, at) => order[at + 1]?.zxid === zxid + 1n),
  );
  if (entry === undefined) return false;
  alterEverywhere(copy, entry.zxid, undefined);
  return true;
};

/** All servers have lost the newest transactions. */
export const lostEnd: Alter = (copy, random) => {
  const order = orderIn(copy);
  const from = Math.floor(order.length / 4) + random.below(Math.floor(order.length / 2));
  const last = order[from]!.zxid;
  for (const log of copy.logs.now) {
    log.chains = log.chains
      .map((chain) => chain.filter(({ zxid }) => zxid <= last))
      .filter((chain) => chain.length > 0);
    log.snapshots = log.snapshots.filter((zxid) => zxid <= last);
  }
  return true;
};

/** A server shows no such node in the end, or other data. */
export const lostNode: Alter = ({ dumps }, random) => {
  const dump = dumps.get(random.pick([...dumps.keys()]))!;
  const paths = [...dump.keys()].filter((each) => /^\/(sets|mine|lines)\//.test(each));
  const path = one(random, paths);
  if (path === undefined) return false;
  if (random.chance(0.5)) dump.delete(path);
  else dump.set(path, { ...dump.get(path)!, data: new TextEncoder().encode('lost') });
  return true;
};

/** A server shows in the end what its owner has left behind. */
export const leftBehind: Alter = (copy, random) => {
  const closed = one(random, sessionsEnded(copy));
  if (closed === undefined) return false;
  const dump = copy.dumps.get(random.pick([...copy.dumps.keys()]))!;
  const [, any] = [...dump].find(([path]) => path.startsWith('/sets/'))!;
  const stat = { ...any.stat, ephemeralOwner: closed.txn.header.clientId };
  dump.set(`/brief/left-${random.below(1000)}`, { ...any, stat });
  return true;
};

/** The end of a session that takes another node with it, or leaves one. */
export const otherEnd: Alter = (copy, random) => {
  const closed = one(random, sessionsEnded(copy));
  if (closed?.txn.body.type !== txnTypes.closeSession) return false;
  const paths = [...(closed.txn.body.paths2Delete ?? [])];
  if (paths.length > 0 && random.chance(0.7)) paths.splice(random.below(paths.length), 1);
  else paths.push(`/sets/${random.below(12)}`);
  alterBody(copy, closed, { ...closed.txn.body, paths2Delete: paths });
  return true;
};

/** A session that has ended makes an ephemeral node. */
export const madeAfterEnd: Alter = (copy, random) => {
  const order = orderIn(copy);
  const makings = order.flatMap((entry, at) => {
    const { body, header } = entry.txn;
    if (body.type !== txnTypes.create || !body.ephemeral) return [];
    const own = order.findLastIndex(
      (each, i) => i < at && each.txn.header.clientId === header.clientId,
    );
    return at - own > 1 ? [{ entry, at }] : [];
  });
  const making = one(random, makings);
  if (making === undefined) return false;
  const { clientId } = making.entry.txn.header;
  const before = order[making.at - 1]!;
  const header = { ...before.txn.header, clientId, cxid: 0, type: txnTypes.closeSession };
  const paths2Delete = ownedBefore(order, making.at - 1, clientId);
  const body = { type: txnTypes.closeSession, paths2Delete };
  const txn = { header, body, digest: undefined };
  alterEverywhere(copy, before.zxid, { ...before, txn });
  return true;
};

/** A session begins with the id of another that goes on. */
export const sameSession: Alter = (copy, random) => {
  const order = orderIn(copy);
  const begun = order.filter(({ txn }) => txn.body.type === txnTypes.createSession);
  const entry = one(random, begun.slice(1));
  if (entry === undefined) return false;
  const before = order.filter(({ zxid }) => zxid < entry.zxid);
  const ended = new Set(
    before
      .filter(({ txn }) => txn.body.type === txnTypes.closeSession)
      .map(({ txn }) => txn.header.clientId),
  );
  const other = one(
    random,
    begun.filter(({ zxid, txn }) => zxid < entry.zxid && !ended.has(txn.header.clientId)),
  );
  if (other === undefined) return false;
  const header = { ...entry.txn.header, clientId: other.txn.header.clientId };
  alterEverywhere(copy, entry.zxid, { ...entry, txn: { ...entry.txn, header } });
  return true;
};

/** A session's timeout is not the one that its client was told. */
export const otherTimeout: Alter = (copy, random) => {
  const beginnings = copy.history.connections.filter(({ greeting }) => greeting?.sessionId === 0n);
  const own = new Set(beginnings.map(({ welcome }) => welcome?.sessionId));
  const begun = orderIn(copy).filter(({ txn }) => {
    return txn.body.type === txnTypes.createSession && own.has(txn.header.clientId);
  });
  const entry = one(random, begun);
  if (entry?.txn.body.type !== txnTypes.createSession) return false;
  const timeOut = entry.txn.body.timeOut + 1 + random.below(100);
  alterBody(copy, entry, { ...entry.txn.body, timeOut });
  return true;
};

/** A sequential node has another number in all logs. */
export const loggedNumber: Alter = (copy, random) => {
  const entry = one(
    random,
    orderIn(copy).filter(({ txn: { body } }) => {
      return body.type === txnTypes.create && /\d{10}$/.test(body.path);
    }),
  );
  if (entry?.txn.body.type !== txnTypes.create) return false;
  const { body } = entry.txn;
  const number = Number(body.path.slice(-10)) + 1;
  const path = body.path.slice(0, -10) + String(number).padStart(10, '0');
  alterBody(copy, entry, { ...body, path });
  return true;
};

/** A write that was done is logged as refused for its version. */
export const loggedVersion: Alter = (copy, random) => {
  const entry = one(
    random,
    orderIn(copy).filter(({ txn }) => txn.body.type === txnTypes.setData),
  );
  if (entry === undefined) return false;
  alterBody(copy, entry, { type: txnTypes.error, err: codes.BAD_VERSION });
  return true;
};

function alterBody(copy: Copy, entry: LoggedTxn, body: TxnBody): void {
  const { header } = entry.txn;
  const txn = { ...entry.txn, header: { ...header, type: body.type }, body };
  alterEverywhere(copy, entry.zxid, { ...entry, txn });
}

function sessionsEnded(copy: Copy): readonly LoggedTxn[] {
  return orderIn(copy).filter(({ txn }) => txn.body.type === txnTypes.closeSession);
}

/**
 * Somewhere in the middle of one server's last chain, at what another server has as well: of what
 * one alone has left nobody can tell what it was.
 */
function place(
  logs: Copy['logs']['now'],
  random: Random,
): readonly [LoggedTxn[] | undefined, number] {
  const chain = random.pick(logs).chains.at(-1);
  if (chain === undefined || chain.length < 3) return [undefined, 0];
  const at = 1 + random.below(chain.length - 2);
  return copiesOf(logs, chain[at]!.zxid).length < 2 ? [undefined, 0] : [chain, at];
}

/** A transaction as each of the servers has it that have it. */
function copiesOf(logs: Copy['logs']['now'], zxid: bigint): readonly LoggedTxn[] {
  return logs.flatMap(({ chains }) => chains.flat().filter((txn) => txn.zxid === zxid));
}

/** The ephemeral nodes of a session before the transaction at an index. */
function ownedBefore(order: readonly LoggedTxn[], end: number, session: bigint): string[] {
  const owned = new Map<string, bigint>();
  const apply = (body: TxnBody, clientId: bigint): void => {
    if (body.type === txnTypes.create || body.type === txnTypes.create2) {
      if (body.ephemeral) owned.set(body.path, clientId);
    } else if (body.type === txnTypes.delete) owned.delete(body.path);
    else if (body.type === txnTypes.multi) {
      if (body.txns.every(({ type }) => type !== txnTypes.error)) {
        for (const sub of body.txns) apply(sub, clientId);
      }
    } else if (body.type === txnTypes.closeSession) {
      for (const path of body.paths2Delete ?? []) owned.delete(path);
    }
  };
  for (const { txn } of order.slice(0, end)) apply(txn.body, txn.header.clientId);
  return [...owned].filter(([, owner]) => owner === session).map(([path]) => path);
}
