/** What clients do while a server keeps its audit log: every audited request, done and refused. */
import { createHash } from 'node:crypto';
import { createModes } from '@vivarium/core/internal/wire/create-modes';
import { type MultiOp, writeMultiRequest } from '@vivarium/core/internal/wire/multi';
import {
  type OperationName,
  operations,
  type RequestOf,
  specialXids,
} from '@vivarium/core/internal/wire/operations';
import { OPEN_ACL, permissions } from '@vivarium/core/internal/wire/permissions';
import { AuthPacket } from '@vivarium/core/internal/wire/records';
import type { JuteType } from '@vivarium/core/internal/wire/types';
import { Writer } from '@vivarium/core/internal/wire/writer';
import { type SessionClient, WireClient } from '../wire-client.js';

/** Long enough that it does not end while its client speaks, on a machine that is busy. */
const SHORT_SESSION_MS = 4000;
const LONG_SESSION_MS = 60_000;

const SUPER = 'super:of all';
/** What both servers are told, so that one client can be the super user. */
export const superDigest = `super:${createHash('sha1').update(SUPER).digest('base64')}`;

/** Names of sessions in the lines, by the id as ZooKeeper prints it. */
export type SessionNames = Map<string, string>;

type Ask = <N extends OperationName>(name: N, body: RequestOf<N>) => Promise<number>;

const EXPECTS_ANY = -1;
const open = { data: new Uint8Array(1), acl: OPEN_ACL };

/** Plays the scene on a server, with nodes below `top`; all answers have come when it resolves. */
export async function playScene(
  top: string,
  names: SessionNames,
  port: number,
  host?: string,
): Promise<void> {
  const client = await named('the first', top, names, port, host);
  const ann = await named('that of ann', top, names, port, host);
  const root = await named('that of super', top, names, port, host);
  await authenticate(ann, 'ann:secret');
  await authenticate(root, SUPER);
  await creations(asker(client), top);
  await changes(asker(ann), top);
  await asker(root)('setData', { path: `${top}/closed`, data: null, version: EXPECTS_ANY });
  await multis(client, top);
  await reconfigurations(asker(client));
  await deletions(asker(client), top);
  const brief = await named('the short', top, names, port, host);
  const ephemeral = createModes.ephemeral.flag;
  await asker(brief)('create', { ...open, path: `${top}/brief`, flags: ephemeral });
  brief.destroy();
  await untilGone(asker(root), `${top}/brief`);
  for (const one of [client, ann, root]) {
    await asker(one)('closeSession', {});
    one.destroy();
  }
}

async function named(
  name: string,
  top: string,
  names: SessionNames,
  port: number,
  host: string | undefined,
): Promise<SessionClient> {
  const timeOut = name === 'the short' ? SHORT_SESSION_MS : LONG_SESSION_MS;
  const client = await WireClient.session(port, { timeOut }, host);
  names.set(`0x${client.session.sessionId.toString(16)}`, `${name} of ${top}`);
  return client;
}

/** Asks and says what code was answered. */
function asker(client: SessionClient): Ask {
  return async (name, body) => {
    const { code, request } = operations[name];
    const answer = await client.call(code, request as unknown as JuteType<typeof body>, body);
    return answer.header.err;
  };
}

async function authenticate(client: SessionClient, credentials: string): Promise<void> {
  const auth = new TextEncoder().encode(credentials);
  const { code } = operations.auth;
  const packet = { type: 0, scheme: 'digest', auth };
  const { header } = await client.call(code, AuthPacket, packet, specialXids.auth);
  if (header.err !== 0) throw new Error(`the server refused ${credentials}: ${header.err}`);
}

async function creations(ask: Ask, top: string): Promise<void> {
  const create = (path: string, flags: number) => ask('create', { ...open, path, flags });
  const { persistent, ephemeral, persistentSequential, ephemeralSequential } = createModes;
  await create(top, persistent.flag);
  await create(`${top}/a`, persistent.flag);
  await create(`${top}/a`, persistent.flag);
  await create(`${top}/none/below`, persistent.flag);
  await create(`${top}//twice`, persistent.flag);
  await create(`${top}/one`, ephemeral.flag);
  await create(`${top}/two`, ephemeral.flag);
  await create(`${top}/one/below`, persistent.flag);
  await create(`${top}/s-`, persistentSequential.flag);
  await ask('create2', { ...open, path: `${top}/e-`, flags: ephemeralSequential.flag });
  const container = createModes.container.flag;
  await ask('createContainer', { ...open, path: `${top}/c`, flags: container });
  const ttl = { flags: createModes.persistentTtl.flag, ttl: 600_000n };
  await ask('createTtl', { ...open, path: `${top}/t`, ...ttl });
  await create(`${top}/tab\there`, persistent.flag);
  await ask('exists', { path: `${top}/a`, watch: false });
}

async function changes(ask: Ask, top: string): Promise<void> {
  const path = `${top}/a`;
  await ask('setData', { path, data: new Uint8Array(3), version: 0 });
  await ask('setData', { path, data: null, version: 0 });
  await ask('setData', { path: `${top}/none`, data: null, version: EXPECTS_ANY });
  await ask('create', { ...open, path: `${top}/closed`, flags: createModes.persistent.flag });
  const { all, read, write } = permissions;
  const hash = createHash('sha1').update('bob:word').digest('base64');
  const acls = [
    [{ perms: read | write, id: { scheme: 'world', id: 'anyone' } }],
    [{ perms: all, id: { scheme: 'digest', id: `bob:${hash}` } }],
    [
      { perms: all, id: { scheme: 'auth', id: '' } },
      { perms: read, id: { scheme: 'ip', id: '10.0.0.0/8' } },
    ],
  ];
  await ask('setAcl', { path: `${top}/closed`, acl: acls[2]!, version: EXPECTS_ANY });
  for (const acl of [...acls, [], [{ perms: all, id: { scheme: 'foreign', id: 'x' } }]]) {
    await ask('setAcl', { path: `${top}/closed`, acl, version: 7 });
  }
  await ask('setAcl', { path: `${top}/none`, acl: acls[1]!, version: EXPECTS_ANY });
}

async function multis(client: SessionClient, top: string): Promise<void> {
  const create = (path: string, flags: number): MultiOp => ({
    ...{ op: 'create', ...open, path: `${top}/${path}`, flags },
  });
  const check = (path: string): MultiOp => ({ op: 'check', path, version: EXPECTS_ANY });
  const path = `${top}/m`;
  const lists: readonly (readonly MultiOp[])[] = [
    [
      create('m', createModes.persistent.flag),
      check(path),
      { op: 'setData', path, data: null, version: 0 },
      create('in-multi-', createModes.ephemeralSequential.flag),
      { op: 'delete', path, version: 1 },
    ],
    [create('m', createModes.persistent.flag), check(`${top}/none`)],
    [check(top)],
  ];
  for (const ops of lists) {
    const body = new Writer();
    writeMultiRequest(body, ops);
    const raw = { name: 'raw', read: () => body, write: (to: Writer) => to.raw(body.copy()) };
    await client.call(operations.multi.code, raw as JuteType<Writer>, body);
  }
}

async function reconfigurations(ask: Ask): Promise<void> {
  const none = { joiningServers: null, newMembers: null, curConfigId: -1n };
  await ask('reconfig', { ...none, leavingServers: '7' });
}

async function deletions(ask: Ask, top: string): Promise<void> {
  await ask('delete', { path: top, version: EXPECTS_ANY });
  await ask('delete', { path: `${top}/a`, version: 9 });
  await ask('delete', { path: `${top}/a`, version: EXPECTS_ANY });
  await ask('delete', { path: `${top}/a`, version: EXPECTS_ANY });
}

/** Waits for the end of a session whose node is asked for. */
async function untilGone(ask: Ask, path: string): Promise<void> {
  const deadline = performance.now() + 10 * SHORT_SESSION_MS;
  while ((await ask('exists', { path, watch: false })) === 0) {
    if (performance.now() > deadline) throw new Error(`${path} is still there: no session ended`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
