/** Fills a server with one of everything that a data folder can hold. */
import { utf8 } from '@vivarium/core/internal/base/bytes';
import { createModes } from '@vivarium/core/internal/wire/create-modes';
import { type MultiOp, writeMultiRequest } from '@vivarium/core/internal/wire/multi';
import {
  type OperationName,
  opcodes,
  operations,
  type RequestOf,
  specialXids,
} from '@vivarium/core/internal/wire/operations';
import { type Acl, AuthPacket } from '@vivarium/core/internal/wire/records';
import type { JuteType } from '@vivarium/core/internal/wire/types';
import { Writer } from '@vivarium/core/internal/wire/writer';
import { type Answer, answerOf, requestPayload, type WireClient } from '../wire-client.js';

const OPEN: readonly Acl[] = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }];
const { persistent, ephemeral, container, persistentTtl } = createModes;
const { persistentSequential, ephemeralSequential, persistentSequentialTtl } = createModes;

/** Sends a request and returns its reply, whatever it says. */
function ask<N extends OperationName>(
  client: WireClient,
  name: N,
  body: RequestOf<N>,
): Promise<Answer> {
  const { code, request } = operations[name];
  return client.call(code, request as JuteType<RequestOf<N>> | null, body);
}

/** Sends a request that must be done. @throws when it is refused */
export async function must<N extends OperationName>(
  client: WireClient,
  name: N,
  body: RequestOf<N>,
): Promise<Answer> {
  const answer = await ask(client, name, body);
  const { err } = answer.header;
  if (err !== 0) throw new Error(`${name} ${JSON.stringify(body).slice(0, 80)} gives ${err}`);
  return answer;
}

/** Adds an identity to a connection. */
export async function authenticate(client: WireClient, user: string): Promise<void> {
  const body = { type: 0, scheme: 'digest', auth: utf8(user) };
  const { header } = await client.call(opcodes.auth, AuthPacket, body, specialXids.auth);
  if (header.err !== 0) throw new Error(`authentication gives ${header.err}`);
}

export function create(
  client: WireClient,
  path: string,
  text: string | Uint8Array | null = '',
  flags = 0,
  acl: readonly Acl[] = OPEN,
): Promise<Answer> {
  const data = typeof text === 'string' ? utf8(text) : text;
  return must(client, 'create', { path, data, acl, flags });
}

/** Makes the tree of the first leg; `two` owns ephemeral nodes, `one` does everything else. */
export async function fill(one: WireClient, two: WireClient): Promise<void> {
  await authenticate(one, 'alice:secret');
  await fillData(one);
  await fillAcls(one);
  await fillSpecial(one);
  await create(one, '/live');
  await create(one, '/live/one', 'a', ephemeral.flag);
  await create(one, '/live/one-', 'a', ephemeralSequential.flag);
  await create(two, '/live/two', 'b', ephemeral.flag);
  await create(two, '/live/gone', 'b', ephemeral.flag);
  await must(two, 'delete', { path: '/live/gone', version: -1 });
  await churn(one, 0);
}

/** Goes on in a tree that {@link fill} made, on whatever server has it now. */
export async function goOn(one: WireClient, leg: number): Promise<void> {
  await authenticate(one, 'alice:secret');
  await create(one, '/many/child-', `leg ${leg}`, persistentSequential.flag);
  await create(one, `/live/leg-${leg}`, '', ephemeral.flag);
  await create(one, `/acl/leg-${leg}`, 'later', 0, [
    { perms: 1, id: { scheme: 'ip', id: `10.0.0.${leg}` } },
    { perms: 31, id: { scheme: 'auth', id: '' } },
  ]);
  await must(one, 'setAcl', { path: '/acl/changed', acl: OPEN, version: -1 });
  await must(one, 'setData', { path: '/acl/mine', data: utf8(`leg ${leg}`), version: -1 });
  await must(one, 'createContainer', {
    path: `/special/box-${leg}`,
    data: null,
    acl: OPEN,
    flags: container.flag,
  });
  await create(one, `/special/box-${leg}/child`);
  await churn(one, leg);
}

async function fillData(one: WireClient): Promise<void> {
  await create(one, '/null', null);
  await create(one, '/empty', '');
  await create(one, '/grüße', 'Grüße, 日本, 🐘');
  await create(
    one,
    '/bytes',
    Uint8Array.from({ length: 256 }, (_, i) => i),
  );
  await create(
    one,
    '/large',
    Uint8Array.from({ length: 300_000 }, (_, i) => i % 251),
  );
  let path = '';
  for (let depth = 0; depth < 40; depth++) {
    path += `/d${depth}`;
    await create(one, path, String(depth));
  }
  await create(one, '/many');
  for (let i = 0; i < 250; i++) {
    await create(one, '/many/child-', `number ${i}`, persistentSequential.flag);
  }
  for (let i = 0; i < 250; i += 3) {
    const name = `/many/child-${String(i).padStart(10, '0')}`;
    await must(one, 'delete', { path: name, version: -1 });
  }
}

async function fillAcls(one: WireClient): Promise<void> {
  const digest = (perms: number, id: string) => ({ perms, id: { scheme: 'digest', id } });
  const bob = 'bob:Wsa9nP+QvA0VMiTZz0/CJUwAoBc=';
  await create(one, '/acl');
  await create(one, '/acl/mine', 'only alice', 0, [{ perms: 31, id: { scheme: 'auth', id: '' } }]);
  await create(one, '/acl/bob', 'bob reads', 0, [
    digest(1, bob),
    { perms: 31, id: { scheme: 'auth', id: '' } },
  ]);
  await create(one, '/acl/ip', 'near', 0, [{ perms: 31, id: { scheme: 'ip', id: '127.0.0.0/8' } }]);
  await create(one, '/acl/changed', 'several');
  for (const perms of [31, 30, 29]) {
    const acl = [digest(perms, bob), { perms: 31, id: { scheme: 'auth', id: '' } }];
    await must(one, 'setAcl', { path: '/acl/changed', acl, version: -1 });
  }
}

async function fillSpecial(one: WireClient): Promise<void> {
  await create(one, '/special');
  const kept = { data: utf8('kept'), acl: OPEN };
  await must(one, 'createContainer', { path: '/special/box', ...kept, flags: container.flag });
  await create(one, '/special/box/child');
  const ttl = { ...kept, ttl: 3_600_000n };
  await must(one, 'createTtl', { path: '/special/ttl', ...ttl, flags: persistentTtl.flag });
  const { flag } = persistentSequentialTtl;
  await must(one, 'createTtl', { path: '/special/ttl-', ...ttl, ttl: 1_099_511_627n, flags: flag });
  await create(one, '/zookeeper/quota/many');
  await create(one, '/zookeeper/quota/many/zookeeper_limits', 'count=100000,bytes=-1');
  await create(one, '/zookeeper/quota/many/zookeeper_stats', 'count=0,bytes=0');
}

/** Changes that leave traces in versions and counters, multis among them, some of which fail. */
async function churn(one: WireClient, leg: number): Promise<void> {
  const root = `/churn-${leg}`;
  await create(one, root);
  for (let i = 0; i < 60; i++) {
    const path = `${root}/${i}`;
    const ops: MultiOp[] = [
      { op: 'create', path, data: utf8(String(i)), acl: OPEN, flags: persistent.flag },
      { op: 'setData', path: root, data: utf8(`set ${i}`), version: -1 },
    ];
    if (i % 4 === 3) ops.push({ op: 'delete', path: `${root}/${i - 1}`, version: -1 });
    if (i % 5 === 4) ops.push({ op: 'check', path: root, version: 1_000_000 });
    const writer = new Writer();
    writeMultiRequest(writer, ops);
    one.sendFrame(requestPayload(100_000 + i, opcodes.multi, writer.copy()));
    const frame = await one.next();
    if (frame === undefined || answerOf(frame).header.err !== 0) throw new Error('a multi failed');
    await ask(one, 'delete', { path: `${root}/none`, version: -1 });
  }
}
