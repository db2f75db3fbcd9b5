import type { ChildLook, NodeLook } from '@vivarium/core/internal/layouts/node-look';
import { recognise } from '@vivarium/core/internal/layouts/recognise';
import { foldersOf, type Recognised } from '@vivarium/core/internal/layouts/recognised';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const OURS = '_c_01a21105-7378-0035-0000-000000000001';
const CURATOR = '_c_3c96a29a-a673-485b-87c2-2c6f744df157';
const UUID = '3c96a29a-a673-485b-87c2-2c6f744df157';
const HEX = '681c17270f2f4ca59843dac499d76089';
const SESSION = 0x01a2_1105_7378_0035n;
const CONTAINER = 0x8000_0000_0000_0000n;
const TTL = (0xffn << 56n) | 60_000n;

const bytes = (text: string) => new TextEncoder().encode(text);
const ephemeral = (data = ''): ChildLook => ({ owner: SESSION, data: bytes(data) });

/** A look at a node, of which nothing is known but what is given. */
function look(facts: Partial<NodeLook>): NodeLook {
  const none = { data: new Uint8Array(), names: [], children: new Map(), folders: new Map() };
  return { path: '/some/node', owner: 0n, ...none, ...facts };
}

function kinds(facts: Partial<NodeLook>): string {
  return recognise(look(facts))
    .map(({ kind, sure }) => `${kind} ${sure}`)
    .join(', ');
}

function first(facts: Partial<NodeLook>): Recognised {
  const [found] = recognise(look(facts));
  assert.ok(found);
  return found;
}

function withChildren(
  entries: readonly (readonly [string, ChildLook])[],
  facts: Partial<NodeLook> = {},
) {
  return { ...facts, names: entries.map(([name]) => name), children: new Map(entries) };
}

suite('locks and elections', (test) => {
  test('are told by the names of every library', () => {
    for (const name of [
      `${OURS}-lock-0000000041`,
      `${CURATOR}-lock-0000000042`,
      `${HEX}__lock__0000000044`,
      'x-72057594037927936-0000000045',
      'lock-0000000001',
    ]) {
      assert.is(kinds({ names: [name] }), 'lock sure', name);
    }
    for (const name of [`${OURS}-latch-0000000007`, `${HEX}-latch-0000000008`, 'n_0000000009']) {
      assert.is(kinds({ names: [name] }), 'election sure', name);
    }
    for (const name of [
      `${CURATOR}-__READ__0000000001`,
      `${OURS}-__WRIT__0000000001`,
      `${OURS}-up-__READ__0000000001`,
      `${HEX}__rlock__0000000001`,
    ]) {
      assert.is(kinds({ names: [name] }), 'readWriteLock sure', name);
    }
  });

  test('say by what they were recognised', () => {
    const { by, why } = first({ names: [`${OURS}-lock-0000000041`] });
    assert.is(by, 'names');
    assert.is(why, 'names end as in lock-0000000041');
    assert.match(first({ names: [`${OURS}-__READ__-2147483648`] }).why, /__READ__-2147483648$/);
  });

  test('are less sure among many other names, and words that end like them are none', () => {
    const others = ['a', 'b', 'c', 'd'];
    assert.is(kinds({ names: [...others, `${OURS}-lock-0000000041`] }), 'lock likely');
    for (const name of ['block-0000000001', 'version_0000000001', 'a-0000000001', 'lock-1']) {
      assert.is(kinds({ names: [name] }), '', name);
    }
  });
});

suite('permits', (test) => {
  test('are told by names, by a limit, and by the folders of Curator', () => {
    assert.is(kinds({ names: [`${OURS}-3-permit-0000000008`] }), 'permits sure');
    assert.match(first({ names: [`${OURS}-3-permit-0000000008`] }).why, / 3-permit-0000000008 /);
    assert.is(kinds({ owner: CONTAINER, data: bytes('{"limit":5}') }), 'permits likely');
    assert.is(kinds({ data: bytes('{"limit":5,"unit":"mb"}') }), '');
    assert.is(kinds({ data: bytes('{"limit":"5"}') }), '');
    const names = ['leases', 'locks'];
    assert.is(kinds({ names }), 'permits likely');
    const folders = new Map([['leases', [`${CURATOR}-lease-0000000001`]]]);
    assert.is(kinds({ names, folders }), 'permits sure');
    assert.is(kinds({ names: [...names, 'houses'] }), '');
    assert.equal(foldersOf(first({ names })), names);
  });

  test('of kazoo are a number and random names', () => {
    const children = withChildren([[HEX, ephemeral('worker1')]], { data: bytes('2') });
    assert.is(kinds(children), 'permits likely');
    assert.is(kinds({ ...children, data: bytes('0') }).includes('permits'), false);
  });
});

suite('queues', (test) => {
  test('are told by the names of their items', () => {
    for (const name of [
      `_c_${UUID}-500-0-0-job-0000000007`,
      'job-0000000003',
      'queue-0000000001',
      'queue-1000000050000000001',
      'queue-|order 7|0000000001',
      'queue-|19ABCDEF012|0000000001',
      'qn-0000000001',
      'entry-100-0000000001',
    ]) {
      assert.is(kinds({ names: [name] }), 'queue sure', name);
    }
    for (const name of [
      'queue-7',
      'queue-x0000000001',
      'entry-1-0000000001',
      'my-queue-0000000001',
    ]) {
      assert.is(kinds({ names: [name] }), '', name);
    }
  });

  test('are told by their folders', () => {
    const names = ['jobs', 'claims', 'takers', 'proofs', 'dead'];
    assert.is(kinds({ names }), 'queue sure');
    assert.is(first({ names }).arrangement, 'jobs');
    assert.is(kinds({ names: ['jobs', 'claims'] }), '');
    const folders = new Map([['entries', ['entry-100-0000000001']]]);
    assert.is(kinds({ names: ['entries', 'taken'], folders }), 'queue sure');
    assert.is(first({ names: ['entries', 'taken'] }).arrangement, 'entries');
  });
});

suite('barriers and latches', (test) => {
  test('of ours are told by names and by data', () => {
    assert.is(kinds({ names: [`${OURS}-m-0000000012`] }), 'doubleBarrier sure');
    assert.is(kinds({ names: [`l-${OURS}-m-0000000012`] }), 'doubleBarrier sure');
    const state = '{"size":2,"generation":7,"cohort":[],"lost":[]}';
    assert.is(kinds({ data: bytes(state) }), 'doubleBarrier sure');
    assert.is(kinds({ data: bytes('{"count":3}'), names: ['cache-2'] }), 'latch likely');
    assert.is(kinds({ data: bytes('{"count":3,"isOpen":true}') }), 'latch sure');
    assert.is(kinds({ data: bytes('{"count":3,"of":"apples"}') }), '');
  });

  test('of Curator and kazoo are likely with a node called ready', () => {
    assert.is(kinds({ names: [UUID, 'ready'] }), 'doubleBarrier likely');
    assert.is(kinds({ names: [HEX, 'ready'] }), 'doubleBarrier likely');
    assert.is(kinds({ names: ['ready'] }), '');
    const waiting = kinds(withChildren([[UUID, ephemeral()]]));
    assert.is(waiting, 'members possible, doubleBarrier possible');
  });

  test('that are one empty node are told by what people call them, and no more than possible', () => {
    assert.is(kinds({ path: '/barriers/migration' }), 'barrier possible');
    assert.is(kinds({ path: '/jobs/start-barrier' }), 'barrier possible');
    assert.is(kinds({ path: '/jobs/start' }), '');
    assert.is(kinds({ path: '/barriers/migration', data: bytes('x') }), '');
  });
});

suite('members and services', (test) => {
  test('are ephemeral children with names of their own', () => {
    const group = withChildren([
      ['worker17', ephemeral('{}')],
      [`${HEX}-worker18`, ephemeral()],
    ]);
    assert.is(kinds(group), 'members likely');
    assert.is(kinds({ names: [`${HEX}__party__0000000001`] }), 'members sure');
    const mixed = withChildren([
      ['worker17', ephemeral()],
      ['settings', { owner: 0n, data: bytes('x') }],
    ]);
    assert.is(kinds(mixed), '');
    assert.is(kinds(withChildren([['event-0000000001', ephemeral()]])), '');
    assert.is(kinds({ names: ['a', 'b'] }), '');
  });

  test('are a service when the data says so', () => {
    const json = (name: string, id: string) =>
      JSON.stringify({ name, id, address: 'a', port: 1, payload: null, serviceType: 'DYNAMIC' });
    const children = [['host-7', ephemeral(json('payments', 'host-7'))]] as const;
    const facts = withChildren(children, { path: '/services/payments' });
    assert.is(kinds(facts), 'service sure');
    assert.is(kinds({ ...facts, path: '/services/orders' }), 'members likely');
    const other = withChildren([['host-7', ephemeral(json('payments', 'host-8'))]]);
    assert.is(kinds({ ...other, path: '/services/payments' }), 'members likely');
  });
});

suite('numbers, leases and nodes with a time to live', (test) => {
  test('are numbers when the bytes are, and possible when they may be text', () => {
    const long = (value: bigint) => {
      const data = new Uint8Array(8);
      new DataView(data.buffer).setBigInt64(0, value);
      return data;
    };
    assert.is(kinds({ data: long(42n) }), 'counter likely');
    assert.is(kinds({ data: long(-1n) }), 'counter likely');
    assert.is(kinds({ data: Uint8Array.of(0, 0, 1, 0) }), 'counter likely');
    const marker = '_op_01a21105-7378-0035-0000-000000000001';
    assert.is(kinds({ data: long(42n), names: [marker] }), 'counter sure');
    assert.is(kinds({ data: long(42n), names: ['child'] }), '');
    assert.is(kinds({ data: long(0x4142_4344_4546_ff48n) }), 'counter possible');
    assert.is(kinds({ data: bytes('42') }), 'counter possible');
    for (const text of ['', 'abc', 'null', 'eight ch', '007', '1e5', '1'.repeat(30)]) {
      assert.is(kinds({ data: bytes(text) }), '', text);
    }
    assert.is(kinds({ owner: SESSION, data: long(42n) }), '');
  });

  test('are leases by a clock and a lease', () => {
    assert.is(kinds({ names: ['clock', `lease-${UUID}`] }), 'lease sure');
    assert.is(kinds({ names: ['clock'] }), 'lease possible');
    assert.is(kinds({ names: ['clock', 'calendar'] }), '');
    assert.is(kinds({ names: [`lease-${UUID}`] }), '');
  });

  test('are touched nodes by their touch', () => {
    const touched = withChildren([['touch', { owner: TTL, data: new Uint8Array() }]]);
    assert.is(kinds({ ...touched, owner: CONTAINER }), 'ttlNode sure');
    assert.is(kinds({ owner: CONTAINER, names: ['touch'] }), 'ttlNode likely');
    assert.is(kinds({ names: ['touch'] }), '');
  });
});

suite('a very long list', (test) => {
  test('is recognised by its ends, without looking at the rest', () => {
    const number = (at: number) => String(at).padStart(10, '0');
    const lists = [
      [(at: number) => `item ${at}`, ''],
      [(at: number) => `${OURS}-lock-${number(at)}`, 'lock sure'],
      [(at: number) => `queue-${number(at)}`, 'queue sure'],
    ] as const;
    for (const [name, kind] of lists) {
      let looked = 0;
      const names = new Proxy(
        Array.from({ length: 200_000 }, (_, at) => name(at)),
        {
          get(target, key) {
            if (typeof key === 'string' && /^\d+$/.test(key)) looked++;
            return Reflect.get(target, key);
          },
        },
      );
      assert.is(kinds({ names }), kind);
      // All of it took up to six seconds.
      assert.ok(looked > 0 && looked <= 2_000, String(looked));
    }
  });
});

suite('nodes that are nothing special', (test) => {
  test('are not recognised, whatever hostile names and data they have', () => {
    const texts = ['', '{', '{"limit":1e999}', '[1]', 'null', '{"count":-1}', '\u0000'.repeat(7)];
    for (const text of texts) assert.is(kinds({ data: bytes(text) }), '', text);
    assert.is(kinds({ names: ['config', 'app', '<script>', '__proto__'] }), '');
    assert.is(kinds({ data: Uint8Array.of(0x7b, 0xff, 0xfe) }), '');
    assert.is(kinds({}), '');
  });
});
