/**
 * A history that nobody recorded: one that every judge takes for healthy, made step by step, for
 * tests of what is altered in histories.
 */
import { codes } from '@vivarium/core/internal/base/errors';
import { createModes } from '@vivarium/core/internal/wire/create-modes';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import {
  CreateRequest,
  DeleteRequest,
  GetDataResponse,
  PathRequest,
  PathResponse,
  ReadRequest,
  SetDataRequest,
  StatResponse,
} from '@vivarium/core/internal/wire/records';
import { type TxnBody, txnTypes, writeTxn } from '@vivarium/core/internal/wire/txns';
import { encode } from '@vivarium/core/internal/wire/types';
import { Writer } from '@vivarium/core/internal/wire/writer';
import { Model } from '../../../sim/judges/model.js';
import { writesOf } from '../../../sim/judges/wire-requests.js';
import type { ConnectionHistory, SentRequest } from '../../../sim/world/history.js';
import type { DumpedNode } from '../../tree-dump.js';
import type { LoadEvidence } from '../judge-all.js';
import type { LoggedTxn } from '../server-log.js';

const ACL = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }];
const TIMEOUT_MS = 15_000;
const NO_BYTES = new Uint8Array(0);

export class MadeUp {
  readonly #connections: ConnectionHistory[] = [];
  readonly #log: LoggedTxn[] = [];
  readonly #model = new Model();
  #time = 0;

  /** Begins a session. */
  open(client: string): ConnectionHistory {
    const at = ++this.#time;
    const sessionId = 0x100n + BigInt(this.#connections.length);
    const passwd = new Uint8Array(16);
    this.#append(sessionId, 0, { type: txnTypes.createSession, timeOut: TIMEOUT_MS });
    this.#model.createSession(sessionId, TIMEOUT_MS);
    const hello = { protocolVersion: 0, timeOut: TIMEOUT_MS, passwd, readOnly: false };
    const connection: ConnectionHistory = {
      ...{ client, server: 's1', number: this.#connections.length, requests: [], heard: [] },
      greeting: { ...hello, at, sessionId: 0n, lastZxidSeen: 0n },
      welcome: { ...hello, at, sessionId },
    };
    this.#connections.push(connection);
    return connection;
  }

  create(by: ConnectionHistory, path: string, mode: keyof typeof createModes = 'persistent'): void {
    const { flag: flags } = createModes[mode];
    const data = new TextEncoder().encode(path);
    const body = encode(CreateRequest, { path, data, acl: ACL, flags });
    const request = this.#ask(by, opcodes.create, body);
    const [made] = this.#apply(request);
    const parentCVersion = 0;
    const ephemeral = flags === createModes.ephemeral.flag;
    const name = { path: made!.path!, data, acl: ACL, ephemeral, parentCVersion };
    this.#write(request, { type: txnTypes.create, ...name });
    this.#answer(request, encode(PathResponse, { path: made!.path! }));
  }

  set(by: ConnectionHistory, path: string, text: string): void {
    const data = new TextEncoder().encode(text);
    const request = this.#ask(
      by,
      opcodes.setData,
      encode(SetDataRequest, { path, data, version: -1 }),
    );
    const [done] = this.#apply(request);
    const stat = done!.stat!;
    this.#write(request, { type: txnTypes.setData, path, data, version: stat.version });
    this.#answer(request, encode(StatResponse, { stat }));
  }

  delete(by: ConnectionHistory, path: string): void {
    const request = this.#ask(by, opcodes.delete, encode(DeleteRequest, { path, version: -1 }));
    this.#apply(request);
    this.#write(request, { type: txnTypes.delete, path });
    this.#answer(request, NO_BYTES);
  }

  get(by: ConnectionHistory, path: string): void {
    const request = this.#ask(by, opcodes.getData, encode(ReadRequest, { path, watch: false }));
    const node = this.#model.nodes.get(path);
    if (node === undefined) this.#answer(request, NO_BYTES, codes.NO_NODE);
    else {
      const stat = this.#model.statOf(path)!;
      this.#answer(request, encode(GetDataResponse, { data: node.data, stat }));
    }
  }

  sync(by: ConnectionHistory): void {
    const body = encode(PathRequest, { path: '/' });
    this.#answer(this.#ask(by, opcodes.sync, body), body);
  }

  /** Ends a session. */
  close(by: ConnectionHistory): void {
    const request = this.#ask(by, opcodes.closeSession, NO_BYTES);
    const { sessionId } = by.welcome!;
    const owned = [...this.#model.nodes].filter(([, { owner }]) => owner === sessionId);
    const paths2Delete = owned.map(([path]) => path);
    const zxid = this.#write(request, { type: txnTypes.closeSession, paths2Delete });
    this.#model.closeSession(sessionId, this.#place(zxid, sessionId), paths2Delete);
    this.#answer(request, NO_BYTES);
  }

  /**
   * What there is to judge.
   *
   * @param lacking how many of the first transactions each server has given up for a snapshot
   */
  evidence(lacking: readonly number[]): LoadEvidence {
    const nodes = [...this.#model.nodes].map(([path, { data, acl }]): [string, DumpedNode] => {
      return [path, { data, acl, stat: this.#model.statOf(path)! }];
    });
    const now = lacking.map((count, at) => ({
      server: at + 1,
      chains: [this.#log.slice(count)],
      snapshots: count === 0 ? [] : [this.#log[count - 1]!.zxid],
    }));
    const dumps = new Map(now.map(({ server }) => [server, new Map(nodes)]));
    return { history: { connections: this.#connections }, logs: { now, before: [] }, dumps };
  }

  get #last(): bigint {
    return this.#log.at(-1)?.zxid ?? 0x1_0000_0000n;
  }

  #ask(connection: ConnectionHistory, opcode: number, body: Uint8Array): SentRequest {
    const at = ++this.#time;
    const xid = 1 + connection.requests.length;
    const request = { connection, at, xid, opcode, body, isKnown: false, reply: undefined };
    connection.requests.push(request);
    return request;
  }

  #answer(request: SentRequest, body: Uint8Array, err = 0): void {
    const at = ++this.#time;
    request.reply = { type: 'reply', at, request, zxid: this.#last, err, body };
    request.connection.heard.push(request.reply);
  }

  #place(zxid: bigint, session: bigint) {
    return { zxid, session, time: Number(zxid & 0xffffn), isKnown: false };
  }

  #apply(request: SentRequest) {
    const session = request.connection.welcome!.sessionId;
    return this.#model.apply(writesOf(request)!, this.#place(this.#last + 1n, session));
  }

  #write({ connection, xid }: SentRequest, body: TxnBody): bigint {
    return this.#append(connection.welcome!.sessionId, xid, body);
  }

  #append(clientId: bigint, cxid: number, body: TxnBody): bigint {
    const zxid = this.#last + 1n;
    const { time } = this.#place(zxid, clientId);
    const header = { clientId, cxid, zxid, time, type: body.type };
    const digest = { version: 2, treeDigest: zxid * 7n };
    const writer = new Writer();
    writeTxn(writer, { header, body, digest: undefined });
    this.#log.push({ zxid, txn: { header, body, digest }, bytes: writer.copy() });
    return zxid;
  }
}
