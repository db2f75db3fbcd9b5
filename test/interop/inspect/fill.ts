/** Writes of every kind, so many that a server begins several logs and takes several snapshots. */
import { utf8 } from '@vivarium/core/internal/base/bytes';
import { createModes } from '@vivarium/core/internal/wire/create-modes';
import { type MultiOp, writeMultiRequest } from '@vivarium/core/internal/wire/multi';
import {
  type OperationName,
  opcodes,
  operations,
  type RequestOf,
} from '@vivarium/core/internal/wire/operations';
import type { Acl } from '@vivarium/core/internal/wire/records';
import { encode, type JuteType } from '@vivarium/core/internal/wire/types';
import { Writer } from '@vivarium/core/internal/wire/writer';
import { answerOf, requestPayload, WireClient } from '../wire-client.js';

const OPEN: readonly Acl[] = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }];
const TWO: readonly Acl[] = [
  { perms: 1, id: { scheme: 'world', id: 'anyone' } },
  { perms: 31, id: { scheme: 'ip', id: '127.0.0.1' } },
];
const { persistent, ephemeral, container, persistentTtl } = createModes;
const CHILDREN = 120;
/** Requests on their way together. */
const AT_ONCE = 20;

/** Fills a server; one session is closed in good order, and leaves an ephemeral node behind it. */
export async function fillFiles(port: number): Promise<void> {
  const [one, two] = [await WireClient.session(port), await WireClient.session(port)];
  try {
    await all(two, [create('/of-two', 'x', ephemeral.flag, OPEN)]);
    await all(one, requests());
    await all(two, [requestPayload(9999, opcodes.closeSession, new Uint8Array(0))]);
    await all(one, [create('/last', 'the end')]);
  } finally {
    one.destroy();
    two.destroy();
  }
}

function requests(): readonly Uint8Array[] {
  const list = [
    create('/null', null),
    create('/empty', ''),
    create('/text', 'some text'),
    create('/mine', 'mine', 0, TWO),
    create('/live', 'x', ephemeral.flag),
    create('/many', ''),
    request('createContainer', { path: '/box', data: null, acl: OPEN, flags: container.flag }),
    request('createTtl', {
      path: '/ttl',
      data: utf8('t'),
      acl: OPEN,
      flags: persistentTtl.flag,
      ttl: 3_600_000n,
    }),
    request('create2', { path: '/two', data: utf8('2'), acl: OPEN, flags: 0 }),
    request('setAcl', { path: '/text', acl: TWO, version: -1 }),
  ];
  for (let i = 0; i < CHILDREN; i++) {
    list.push(create(`/many/child-${i}`, `number ${i}`.padEnd(20 + (i % 50), '.')));
    if (i % 3 === 0)
      list.push(request('setData', { path: '/text', data: utf8(`${i}`), version: -1 }));
    if (i % 10 === 4) list.push(request('delete', { path: `/many/child-${i}`, version: -1 }));
    if (i % 10 === 5) list.push(request('delete', { path: '/none', version: -1 }));
    if (i % 10 === 6) list.push(multi(i, i % 20 === 6));
  }
  return list;
}

function create(path: string, text: string | null, flags = 0, acl = OPEN): Uint8Array {
  const data = text === null ? null : utf8(text);
  return request('create', { path, data, acl, flags });
}

function request<N extends OperationName>(name: N, body: RequestOf<N>): Uint8Array {
  const { code, request: type } = operations[name];
  return requestPayload(1, code, encode(type as unknown as JuteType<RequestOf<N>>, body));
}

function multi(i: number, fails: boolean): Uint8Array {
  const ops: MultiOp[] = [
    { op: 'create', path: `/many/m-${i}`, data: utf8('m'), acl: OPEN, flags: persistent.flag },
    { op: 'setData', path: '/text', data: utf8(`multi ${i}`), version: -1 },
    { op: 'check', path: '/empty', version: fails ? 1_000_000 : 0 },
    { op: 'delete', path: `/many/child-${i - 1}`, version: -1 },
  ];
  const writer = new Writer();
  writeMultiRequest(writer, ops);
  return requestPayload(1, opcodes.multi, writer.copy());
}

async function all(client: WireClient, list: readonly Uint8Array[]): Promise<void> {
  for (let at = 0; at < list.length; at += AT_ONCE) {
    const some = list.slice(at, at + AT_ONCE);
    client.sendFrames(some);
    for (const _ of some) {
      const frame = await client.next(60_000);
      if (frame === undefined) throw new Error('the server closed the connection');
      answerOf(frame);
    }
  }
}
