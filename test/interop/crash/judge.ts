/**
 * Judges what a server kept. The log of a data folder is the one order of all writes; everything
 * that clients sent and heard, and the tree that the server shows, must agree with it.
 */
import { equalBytes } from '@vivarium/core/internal/base/bytes';
import { errorNameOf } from '@vivarium/core/internal/base/errors';
import { type Txn, txnTypes } from '@vivarium/core/internal/wire/txns';
import type { DumpedNode } from '../tree-dump.js';
import { isAcknowledged, type LoadClient, type Sent } from './load-client.js';
import { Model } from './model.js';
import { errorIn, isOf } from './writes.js';

export interface Findings {
  acknowledged: number;
  /** Acknowledged and not in the log. */
  lost: number;
  /** Never answered; the log says what became of them. */
  unknownKept: number;
  unknownGone: number;
  transactions: number;
  /** Sessions that the server ended by itself. */
  expired: number;
  /** Anything else that is wrong, in words. */
  readonly problems: string[];
}

export interface Evidence {
  readonly txns: readonly Txn[];
  readonly clients: readonly LoadClient[];
  /** Sessions opened by the proof itself, which do not write. */
  readonly ownSessions: ReadonlySet<bigint>;
  /** Connects that were not answered, each of which may have made a session. */
  readonly unansweredConnects: number;
}

/** Compares the log with all that was sent and heard. The model is what the log makes. */
export function judgeLog({ txns, clients, ownSessions, unansweredConnects }: Evidence): {
  readonly findings: Findings;
  readonly model: Model;
} {
  const problems: string[] = [];
  const findings: Findings = {
    acknowledged: 0,
    lost: 0,
    unknownKept: 0,
    unknownGone: 0,
    transactions: txns.length,
    expired: 0,
    problems,
  };
  const model = new Model();
  const bySession = new Map(clients.map((client) => [client.session, client]));
  const found = new Map<LoadClient, Map<number, Txn>>(clients.map((one) => [one, new Map()]));
  let strangers = 0;
  for (const txn of txns) {
    const { clientId, cxid, zxid, type } = txn.header;
    if (zxid !== model.lastZxid + 1n) {
      problems.push(`zxid ${zxid} follows ${model.lastZxid} in the log`);
    }
    try {
      model.apply(txn);
    } catch (error) {
      problems.push(`zxid ${zxid}: ${(error as Error).message}`);
    }
    const client = bySession.get(clientId);
    if (client === undefined) {
      const known = ownSessions.has(clientId);
      if (type === txnTypes.createSession && !known) strangers++;
      else if (!known && type !== txnTypes.closeSession) {
        problems.push(`zxid ${zxid}: type ${type} of session ${clientId}, which nobody has`);
      }
      continue;
    }
    if (type === txnTypes.createSession) continue;
    const sent = client.history[cxid - 1];
    if (type === txnTypes.closeSession && sent?.write !== 'closeSession') {
      findings.expired++;
      const silentMs = txn.header.time - client.heardSince;
      if (silentMs < client.timeoutMs) {
        problems.push(`${client.name} expired ${silentMs} ms after it was heard`);
      }
      continue;
    }
    if (found.get(client)!.has(cxid)) problems.push(`${client.name} #${cxid} is done twice`);
    found.get(client)!.set(cxid, txn);
    if (sent === undefined) problems.push(`${client.name} #${cxid} was never sent`);
    else if (sent.write !== 'closeSession' && !isOf(sent.write, txn.body)) {
      problems.push(`zxid ${zxid} is not what ${client.name} #${cxid} asked for`);
    }
  }
  if (strangers > unansweredConnects) problems.push(`${strangers} sessions that nobody opened`);
  for (const client of clients) judgeClient(client, found.get(client)!, model, findings);
  return { findings, model };
}

/**
 * Adds what was found after one more crash. The log is judged anew each time, from its beginning;
 * what was ever wrong stays wrong, even if the next start shows nothing of it.
 */
export function addFindings(all: Findings, found: Findings, tree: readonly string[]): void {
  const lost = Math.max(all.lost, found.lost);
  const problems = new Set([...all.problems, ...found.problems, ...tree]);
  Object.assign(all, found, { lost, problems: [...problems] });
}

function judgeClient(
  client: LoadClient,
  found: ReadonlyMap<number, Txn>,
  model: Model,
  findings: Findings,
): void {
  const { problems } = findings;
  problems.push(...client.problems);
  if (client.seenZxid > model.lastZxid) {
    problems.push(`${client.name} was told of zxid ${client.seenZxid}, which is gone`);
  }
  let gapOn = 0;
  let lastZxid = 0n;
  for (const sent of client.history) {
    const txn = found.get(sent.xid);
    const name = `${client.name} #${sent.xid}`;
    if (txn === undefined) {
      if (isAcknowledged(sent)) {
        findings.acknowledged++;
        findings.lost++;
      } else if (sent.reply === undefined) {
        findings.unknownGone++;
        gapOn = sent.connection;
      }
      continue;
    }
    if (txn.header.zxid <= lastZxid) problems.push(`${name} is out of order`);
    lastZxid = txn.header.zxid;
    if (gapOn === sent.connection) problems.push(`${name} is kept, but one sent before it is not`);
    if (sent.reply === undefined) findings.unknownKept++;
    else judgeReply(name, sent, txn, findings);
  }
}

function judgeReply(name: string, sent: Sent, txn: Txn, findings: Findings): void {
  const { problems } = findings;
  const reply = sent.reply!;
  const { zxid } = txn.header;
  if (isAcknowledged(sent)) findings.acknowledged++;
  const told = reply.results?.find((result) => result.type === 'error' && result.err !== 0);
  const error = told?.type === 'error' ? told.err : reply.err;
  if (error !== errorIn(txn.body)) {
    const names = [error, errorIn(txn.body)].map((code) => errorNameOf(code) ?? 'OK');
    problems.push(`${name} was told ${names[0]} and logged as ${names[1]}`);
  }
  if (reply.zxid < zxid) problems.push(`${name} was answered before its own zxid ${zxid}`);
  const { body } = txn;
  if (reply.path !== undefined && 'path' in body && body.path !== reply.path) {
    problems.push(`${name} was told ${reply.path} and made ${body.path}`);
  }
  if (reply.stat !== undefined && reply.stat.mzxid !== zxid) {
    problems.push(`${name} was told mzxid ${reply.stat.mzxid} and has ${zxid}`);
  }
}

/** Compares the tree that a server shows with what its log makes. */
export function judgeTree(dump: ReadonlyMap<string, DumpedNode>, model: Model): readonly string[] {
  const problems: string[] = [];
  for (const [path, node] of model.nodes) {
    if (path === '/') continue;
    const shown = dump.get(path);
    if (shown === undefined) {
      problems.push(`${path} is in the log, and not shown`);
      continue;
    }
    const { stat, data } = shown;
    const same =
      stat.czxid === node.czxid &&
      stat.mzxid === node.mzxid &&
      stat.pzxid === node.pzxid &&
      stat.version === node.version &&
      stat.ephemeralOwner === node.owner &&
      stat.numChildren === node.children &&
      stat.cversion === 2 * node.creations - node.children &&
      (data === null || node.data === null ? data === node.data : equalBytes(data, node.data));
    if (!same) problems.push(`${path} is shown with other data or another stat than logged`);
  }
  for (const path of dump.keys()) {
    const own = path === '/' || path.startsWith('/zookeeper');
    if (!own && !model.nodes.has(path)) problems.push(`${path} is shown, and not in the log`);
  }
  return problems;
}
