import type { Acl, Credential, MultiOp, WatchEvent, WatchListener } from '@vivarium/core';
import { connect, isZkError, json, OPEN_ACL, permissions, text, ZkError } from '@vivarium/core';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { errorOf, record } from './observe.js';
import type { Target } from './target.js';
import { rigOf } from './target.js';

const ANYONE = { scheme: 'world', id: 'anyone' };
const bytes = (value: string) => new TextEncoder().encode(value);

export function requestsSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: requests`, (test) => {
    test('a client that has connected has a session and is certain of it', async (t) => {
      const { zk } = await rigOf(t, await open());
      assert.is(zk.state.type, 'connected');
      assert.is.not(zk.session?.id, 0n);
      assert.ok(zk.session!.timeoutMs > 0);
      assert.ok(zk.isCertain(zk.session!.id));
      assert.not(zk.isCertain(zk.session!.id + 1n));
    });

    test('every mode creates its kind of node', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      const plain = await zk.create(`${home}/plain`, 'x');
      assert.is(plain.path, `${home}/plain`);
      assert.is(plain.stat.ephemeralOwner, 0n);
      assert.is(plain.stat.dataLength, 1);
      const ephemeral = await zk.create(`${home}/e`, null, { mode: 'ephemeral' });
      assert.is(ephemeral.stat.ephemeralOwner, zk.session!.id);
      const first = await zk.create(`${home}/s-`, 'x', { mode: 'persistentSequential' });
      const second = await zk.create(`${home}/s-`, 'x', { mode: 'ephemeralSequential' });
      const number = (path: string) => Number(path.slice(-10));
      assert.match(first.path, /\/s-\d{10}$/);
      assert.is(number(second.path), number(first.path) + 1);
      assert.match(
        (await zk.create(`${home}/`, '', { mode: 'persistentSequential' })).path,
        /\/\d{10}$/,
      );
      const container = await zk.create(`${home}/c`, undefined, { mode: 'container' });
      assert.is(container.stat.ephemeralOwner, 0n);
      const lasting = await zk.create(`${home}/t`, 'x', { mode: 'persistentTtl', ttlMs: 60_000 });
      assert.is(lasting.path, `${home}/t`);
    });

    test('data is read as it was written, empty and null included', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      const all = Uint8Array.from({ length: 256 }, (_, i) => i);
      await zk.create(`${home}/a`, all);
      assert.equal(await zk.getData(`${home}/a`), all);
      const stat = await zk.set(`${home}/a`, null);
      const nothing = await zk.get(`${home}/a`);
      assert.is(nothing.bytes, null);
      assert.equal(nothing.data, new Uint8Array(0));
      assert.equal(nothing.stat, stat);
      await zk.set(`${home}/a`, { b: [1] }, { codec: json() });
      assert.equal(await zk.getData(`${home}/a`, { codec: json() }), { b: [1] });
      await zk.set(`${home}/a`, 'grün', { codec: text });
      assert.is(await zk.getData(`${home}/a`, { codec: text }), 'grün');
    });

    test('a value that a codec makes of the data is given as it is, null included', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      await zk.set(home, null, { codec: json<null>() });
      assert.is(await zk.getData(home, { codec: json() }), null);
      assert.is((await zk.get(home, { codec: json() })).data, null);
      const nothing = { name: 'nothing', encode: () => new Uint8Array(0), decode: () => undefined };
      assert.is(await zk.getData(home, { codec: nothing }), undefined);
    });

    test('many large requests may be made at once', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      const paths = Array.from({ length: 8 }, (_, i) => `${home}/large-${i}`);
      await Promise.all(paths.map((path) => zk.create(path, new Uint8Array(900_000))));
      const read = await Promise.all(paths.map((path) => zk.getData(path)));
      for (const { length } of read) assert.is(length, 900_000);
    });

    test('what was read is a copy that nobody else changes', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      await zk.create(`${home}/a`, 'aaaa');
      const [one, two] = await Promise.all([zk.getData(`${home}/a`), zk.getData(`${home}/a`)]);
      one.fill(0);
      assert.equal(two, bytes('aaaa'));
      assert.is(one.buffer.byteLength, 4);
    });

    test('what was given to write may be changed after the call', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      const data = bytes('aaaa');
      const writing = zk.create(`${home}/a`, data);
      data.fill(0);
      await writing;
      assert.equal(await zk.getData(`${home}/a`), bytes('aaaa'));
    });

    test('refusals name what, on what, and that nothing happened', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      await zk.create(`${home}/a`, 'x');
      await zk.create(`${home}/e`, 'x', { mode: 'ephemeral' });
      const cases: readonly [Promise<unknown>, string, string][] = [
        [zk.get(`${home}/no`), 'NO_NODE', 'getData'],
        [zk.create(`${home}/a`), 'NODE_EXISTS', 'create'],
        [zk.create(`${home}/no/a`), 'NO_NODE', 'create'],
        [zk.create(`${home}/e/a`), 'NO_CHILDREN_FOR_EPHEMERALS', 'create'],
        [zk.set(`${home}/a`, 'y', { version: 7 }), 'BAD_VERSION', 'setData'],
        [zk.delete(`${home}/a`, { version: 7 }), 'BAD_VERSION', 'delete'],
        [zk.delete(home), 'NOT_EMPTY', 'delete'],
        [zk.children(`${home}/no`), 'NO_NODE', 'getChildren2'],
        [zk.create(`${home}/b`, 'x', { acl: [] }), 'INVALID_ACL', 'create'],
      ];
      for (const [promise, code, operation] of cases) {
        const error = await errorOf(promise);
        assert.instance(error, ZkError);
        assert.ok(isZkError(error, code as 'NO_NODE'), `${code}, not ${String(error)}`);
        const { path, outcome, operation: said } = error as ZkError;
        assert.is(outcome, 'refused');
        assert.is(said, operation);
        assert.ok(path?.startsWith(home));
      }
    });

    test('bad arguments are refused at the call', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      const before = zk.lastZxidSeen;
      const circle: { self?: unknown } = {};
      circle.self = circle;
      for (const promise of [
        zk.create('a'),
        zk.get(`${home}/`),
        zk.exists(`${home}//a`),
        zk.children(`${home}/../a`),
        zk.set(home, 'x', { version: 1.5 }),
        zk.delete(home, { version: -2 }),
        // @ts-expect-error what is no data needs a codec, and the compiler says so
        zk.set(home, 7),
        // @ts-expect-error
        zk.create(`${home}/t`, { some: 'thing' }),
        zk.set(home, circle, { codec: json() }),
        zk.create(`${home}/t`, 'x', { mode: 'persistentTtl' }),
        zk.create(`${home}/t`, 'x', { ttlMs: 5 }),
        zk.create(`${home}/t`, 'x', { mode: 'other' as 'persistent' }),
        zk.multi([{ op: 'delete', path: 'x' }]),
        zk.multi([{ op: 'other' as 'delete', path: home }]),
        zk.multi([null as unknown as MultiOp]),
        zk.multi(undefined as unknown as []),
        zk.multi([{ op: 'create', path: `${home}/t`, acl: [{ perms: 31 } as Acl] }]),
        zk.multiRead([{ op: 'set' as 'get', path: home }]),
        zk.multiRead(undefined as unknown as []),
        zk.create(`${home}/t`, '', { acl: [{ perms: 'all' as unknown as number, id: ANYONE }] }),
        zk.create(`${home}/t`, '', { acl: [{ perms: 32, id: ANYONE }] }),
        zk.setAcl(home, undefined as unknown as []),
        zk.set(home, 7, { codec: { ...json<number>(), encode: (n) => n as never } }),
        zk.get(home, { watch: true as unknown as WatchListener }),
        zk.addAuth({ scheme: 5 as unknown as string, auth: 'x' }),
        zk.addAuth({ scheme: 'digest' } as Credential),
        zk.addAuth(undefined as unknown as Credential),
        zk.set(home, new Uint8Array(2 ** 20)),
      ]) {
        assert.ok(isZkError(await errorOf(promise), 'BAD_ARGUMENTS'));
      }
      assert.throws(
        () => zk.node$('x'),
        (e: unknown) => isZkError(e, 'BAD_ARGUMENTS'),
      );
      assert.is(zk.lastZxidSeen, before);
    });

    test('exists tells a node from none', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      assert.is((await zk.exists(home))!.numChildren, 0);
      assert.is(await zk.exists(`${home}/no`), undefined);
    });

    test('children come sorted, with the stat of their parent', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      for (const child of ['b', 'ü', 'a', 'Z']) await zk.create(`${home}/${child}`);
      const { children, stat } = await zk.children(home);
      assert.equal(children, ['Z', 'a', 'b', 'ü']);
      assert.is(stat.numChildren, 4);
      assert.is(await zk.allChildrenNumber(home), 4);
    });

    test('an ACL is kept and obeyed', async (t) => {
      const { zk, home, another } = await rigOf(t, await open());
      await zk.addAuth({ scheme: 'digest', auth: 'ann:secret' });
      const acl = [{ perms: permissions.all, id: { scheme: 'auth', id: '' } }];
      await zk.create(`${home}/mine`, 'x', { acl });
      const kept = await zk.getAcl(`${home}/mine`);
      assert.is(kept.acl.length, 1);
      assert.is(kept.acl[0]!.id.scheme, 'digest');
      const { zk: bob } = await another();
      assert.ok(isZkError(await errorOf(bob.get(`${home}/mine`)), 'NO_AUTH'));
      assert.ok(isZkError(await errorOf(bob.setAcl(`${home}/mine`, OPEN_ACL)), 'NO_AUTH'));
      await bob.addAuth({ scheme: 'digest', auth: 'ann:secret' });
      assert.equal(await bob.getData(`${home}/mine`), bytes('x'));
      assert.ok((await bob.whoAmI()).some(({ authScheme }) => authScheme === 'digest'));
    });

    test('members are not changed where the ensemble has none to change', async (t) => {
      const { zk } = await rigOf(t, await open());
      const error = await errorOf(zk.reconfigure({ leaving: '9', version: 0n }));
      assert.ok(isZkError(error, 'RECONFIG_DISABLED'), String(error));
      assert.is(error.outcome, 'refused');
    });

    test('a refused credential is told, and the client goes on without it', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      const session = zk.session!.id;
      const error = await errorOf(zk.addAuth({ scheme: 'nonsense', auth: 'x' }));
      assert.ok(isZkError(error, 'AUTH_FAILED'));
      assert.ok(await zk.exists(home));
      assert.is(zk.session!.id, session);
    });

    test('a refused credential of connect is an error of connect', async (t) => {
      const target = await open();
      const { faults, another } = await rigOf(t, target);
      const auth = [{ scheme: 'digest', auth: 'ann:secret' }];
      const { zk: ann } = await another({ auth });
      assert.ok((await ann.whoAmI()).some(({ authScheme }) => authScheme === 'digest'));
      const wrong = [...auth, { scheme: 'nonsense', auth: 'x' }];
      const connecting = connect(target.connectString, { host: faults, auth: wrong });
      assert.ok(isZkError(await errorOf(connecting), 'AUTH_FAILED'));
    });

    test('a multi happens as a whole, with a result for each operation', async (t) => {
      const target = await open();
      const { zk, home } = await rigOf(t, target);
      const [created, set, gone, checked, deleted] = await zk.multi([
        { op: 'create', path: `${home}/a-`, data: 'x', mode: 'ephemeralSequential' },
        { op: 'set', path: home, data: 'y' },
        { op: 'create', path: `${home}/gone` },
        { op: 'check', path: home, version: 1 },
        { op: 'delete', path: `${home}/gone` },
      ]);
      assert.match(created.path, /a-\d{10}$/);
      if (!target.lacks?.includes('stat-in-multi')) {
        assert.is(created.stat!.ephemeralOwner, zk.session!.id);
      }
      assert.is(set.version, 1);
      assert.is(gone.path, `${home}/gone`);
      assert.is(checked, undefined);
      assert.is(deleted, undefined);
      assert.equal(await zk.multi([]), []);
    });

    test('a refused multi names the operation, and nothing of it happened', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      const error = await errorOf(
        zk.multi([
          { op: 'create', path: `${home}/a` },
          { op: 'set', path: `${home}/no`, data: 'x' },
          { op: 'create', path: `${home}/b` },
        ]),
      );
      assert.ok(isZkError(error, 'NO_NODE'));
      assert.is((error as ZkError).index, 1);
      assert.is((error as ZkError).path, `${home}/no`);
      assert.equal((await zk.children(home)).children, []);
    });

    test('a multiRead answers each part by itself', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      await zk.create(`${home}/a`, 'x');
      const [data, no, children] = await zk.multiRead([
        { op: 'get', path: `${home}/a` },
        { op: 'get', path: `${home}/no` },
        { op: 'children', path: home },
      ]);
      assert.ok(data.ok && data.data.length === 1);
      assert.ok(!no.ok && isZkError(no.error, 'NO_NODE'));
      assert.ok(children.ok);
      if (children.ok) assert.equal(children.children, ['a']);
    });

    test('getEphemerals lists what this session owns, below the prefix only', async (t) => {
      const { zk, home, another } = await rigOf(t, await open());
      const { zk: other } = await another();
      await zk.create(`${home}/a`);
      await zk.create(`${home}/a/e`, '', { mode: 'ephemeral' });
      await zk.create(`${home}/ab`, '', { mode: 'ephemeral' });
      await other.create(`${home}/a/f`, '', { mode: 'ephemeral' });
      assert.equal(await zk.getEphemerals(`${home}/a`), [`${home}/a/e`]);
      assert.equal([...(await zk.getEphemerals(home))].sort(), [`${home}/a/e`, `${home}/ab`]);
    });

    test('ensure makes a path and its ancestors, and is content when they are there', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      await zk.ensure(`${home}/a/b/c`);
      await zk.ensure(`${home}/a/b/c`);
      await Promise.all([zk.ensure(`${home}/x/y`), zk.ensure(`${home}/x/z`)]);
      assert.is(await zk.allChildrenNumber(home), 6);
    });

    test('a chroot is added to and taken from every path', async (t) => {
      const target = await open();
      const { zk, home } = await rigOf(t, target);
      const chroot = target.connectString.includes('://') ? `#${home}` : home;
      const inside = await connect(`${target.connectString}${chroot}`, { host: target.host });
      t.cleanup(() => inside.close());
      assert.is(inside.chroot, home);
      const events: WatchEvent[] = [];
      await inside.exists('/a', { watch: (event) => events.push(event) });
      assert.is((await inside.create('/a', 'x')).path, '/a');
      assert.is(events[0]!.path, '/a');
      await zk.sync();
      assert.ok(await zk.exists(`${home}/a`));
      assert.equal((await inside.children('/')).children, ['a']);
      const [made] = await inside.multi([{ op: 'create', path: '/e', mode: 'ephemeral' }]);
      assert.is(made.path, '/e');
      assert.equal(await inside.getEphemerals(), ['/e']);
    });

    test('requests are done in the order of the calls', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      await zk.create(`${home}/n`, '');
      const order: number[] = [];
      const all: Promise<unknown>[] = [];
      for (let i = 0; i < 300; i++) {
        all.push(zk.set(`${home}/n`, String(i)).then(({ version }) => order.push(version)));
        all.push(
          zk.getData(`${home}/n`, { codec: text }).then((value) => assert.is(value, String(i))),
        );
      }
      await Promise.all(all);
      assert.equal(
        order,
        Array.from({ length: 300 }, (_, i) => i + 1),
      );
    });

    test('a call ends with the reason of its signal', async (t) => {
      const { zk, faults, home } = await rigOf(t, await open());
      const reason = new Error('enough');
      assert.is(await errorOf(zk.get(home, { signal: AbortSignal.abort(reason) })), reason);
      faults.deaf = true;
      const aborting = new AbortController();
      const writing = zk.set(home, 'x', { signal: aborting.signal });
      aborting.abort(reason);
      assert.is(await errorOf(writing), reason);
      faults.deaf = false;
      faults.cut();
      assert.ok(await zk.exists(home));
    });

    test('close ends the session with its ephemeral nodes, and what was sent before', async (t) => {
      const { zk, home, another } = await rigOf(t, await open());
      const { zk: other } = await another();
      const states = record(t, other.state$);
      const creating = Array.from({ length: 10 }, (_, i) =>
        other.create(`${home}/e${i}`, '', { mode: 'ephemeral' }),
      );
      const { ended } = other.session!;
      await other.close();
      await Promise.all(creating);
      await zk.sync();
      assert.equal((await zk.children(home)).children, []);
      assert.is(states.last!.type, 'closed');
      assert.ok(states.isComplete);
      assert.ok(ended.aborted);
      const error = await errorOf(other.get(home));
      assert.ok(isZkError(error, 'SESSION_EXPIRED'));
      assert.is((error as ZkError).outcome, 'refused');
      await other.close();
    });
  });
}
