import { isZkError, text, type ZkError } from '@vivarium/core';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { errorOf, record } from './observe.js';
import type { Target } from './target.js';
import { rigOf } from './target.js';

export function reconnectSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: reconnecting`, (test) => {
    test('a cut connection is replaced in the same session, ephemeral nodes kept', async (t) => {
      const { zk, faults, home } = await rigOf(t, await open());
      await zk.create(`${home}/e`, '', { mode: 'ephemeral' });
      const session = zk.session!.id;
      const states = record(t, zk.state$);
      faults.cut();
      assert.equal([states.last!.type, states.last!.detail], ['not-connected', 'suspended']);
      await states.until(({ type }) => type === 'connected');
      assert.is(zk.session!.id, session);
      assert.is((await zk.exists(`${home}/e`))!.ephemeralOwner, session);
      assert.is(zk.generation, 2);
    });

    test('requests made while away are done afterwards, in order', async (t) => {
      const { zk, faults, home } = await rigOf(t, await open());
      faults.cut();
      const done = await Promise.all([
        zk.create(`${home}/a`, '1'),
        zk.set(`${home}/a`, '2'),
        zk.getData(`${home}/a`, { codec: text }),
      ]);
      assert.is(done[2], '2');
    });

    test('a request marked ahead goes before those that wait', async (t) => {
      const { zk, faults, home } = await rigOf(t, await open());
      await zk.create(`${home}/a`);
      faults.cut();
      const waiting = zk.exists(`${home}/a`);
      await zk.delete(`${home}/a`, { ahead: true });
      assert.is(await waiting, undefined);
    });

    test('a read that was not answered is asked again', async (t) => {
      const { zk, faults, home } = await rigOf(t, await open());
      await zk.set(home, 'x');
      faults.deaf = true;
      const reading = zk.getData(home, { codec: text });
      const listing = zk.children(home);
      await zk.clock.now();
      await new Promise<void>((resolve) => zk.clock.setTimer(20, resolve));
      faults.deaf = false;
      faults.cut();
      assert.is(await reading, 'x');
      assert.equal((await listing).children, []);
    });

    test('a write that was not answered is not repeated, and says so', async (t) => {
      const { zk, faults, home } = await rigOf(t, await open());
      faults.deaf = true;
      const writing = zk.create(`${home}/a-`, 'x', { mode: 'persistentSequential' });
      const outcome = errorOf(writing);
      await new Promise<void>((resolve) => zk.clock.setTimer(100, resolve));
      faults.deaf = false;
      faults.cut();
      const error = await outcome;
      assert.ok(isZkError(error, 'CONNECTION_LOSS'));
      const { outcome: said, path, operation, request } = error as ZkError;
      assert.equal([said, path, operation], ['unknown', `${home}/a-`, 'create']);
      assert.equal((request as { mode: string }).mode, 'persistentSequential');
      await zk.sync();
      assert.is((await zk.children(home)).children.length, 1);
    });

    test('a session that was ended gives way to a new one', async (t) => {
      const { zk, faults, home } = await rigOf(t, await open());
      const sessions = record(t, zk.session$);
      const states = record(t, zk.state$);
      const first = zk.session!;
      await zk.create(`${home}/e`, '', { mode: 'ephemeral' });
      await faults.endSession();
      faults.cut();
      const bound = errorOf(zk.set(home, 'x', { session: first.id }));
      const write = errorOf(zk.set(home, 'x'));
      const reading = zk.children(home);
      const second = await sessions.until(({ epoch }) => epoch === 2);
      assert.is(second.previous, first.id);
      assert.ok(first.ended.aborted);
      assert.not(second.ended.aborted);
      for (const error of [await bound, await write]) {
        assert.ok(isZkError(error, 'SESSION_EXPIRED'));
        assert.is((error as ZkError).outcome, 'refused');
      }
      assert.equal((await reading).children, []);
      assert.not(zk.isCertain(first.id));
      await states.until(({ type }) => type === 'connected');
      const said = states.values.map(({ type, detail }) => `${type} ${detail ?? ''}`.trim());
      assert.equal(said.slice(1), [
        'not-connected suspended',
        'not-connected lost',
        'connecting',
        'connected',
      ]);
    });

    test('watches hold across a reconnect and across sessions', async (t) => {
      const { zk, faults, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      await writer.create(`${home}/a`);
      await zk.sync();
      const heard: string[] = [];
      await zk.get(`${home}/a`, { watch: ({ type }) => heard.push(`data ${type}`) });
      await zk.exists(`${home}/b`, { watch: ({ type }) => heard.push(`exists ${type}`) });
      await writer.create(`${home}/below`);
      await zk.sync();
      await zk.children(home, { watch: ({ type }) => heard.push(`children ${type}`) });
      await zk.addWatch(`${home}/below`, 'persistentRecursive');
      const events = record(t, zk.events$);
      faults.cut();
      await zk.sync();
      assert.equal(heard, []);
      await faults.endSession();
      faults.cut();
      await zk.sync();
      assert.equal(heard, []);
      faults.refusing = true;
      faults.cut();
      await writer.set(`${home}/a`, 'x');
      faults.refusing = false;
      await zk.sync();
      assert.equal(heard, ['data nodeDataChanged']);
      await writer.create(`${home}/b`);
      await zk.sync();
      assert.equal([...heard].sort(), [
        'children nodeChildrenChanged',
        'data nodeDataChanged',
        'exists nodeCreated',
      ]);
      await writer.create(`${home}/below/c`);
      await events.until(({ path }) => path === `${home}/below/c`);
    });

    test('more watches than one frame holds are set again', async (t) => {
      const { zk, faults, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      const long = 'x'.repeat(200);
      const paths = Array.from({ length: 1_200 }, (_, i) => `${home}/${long}${i}`);
      let heard = 0;
      const watch = () => {
        heard++;
      };
      await Promise.all(paths.map((path) => zk.exists(path, { watch })));
      faults.cut();
      await zk.sync();
      assert.is(heard, 0);
      await Promise.all(paths.map((path) => writer.create(path)));
      await zk.sync();
      assert.is(heard, paths.length);
    });

    test('an answer that is too long costs only its own request', async (t) => {
      const { zk, home, another } = await rigOf(t, await open());
      await zk.set(home, new Uint8Array(4_000));
      const { zk: small } = await another({ maxFrameBytes: 1_000 });
      const reading = errorOf(small.get(home));
      const other = small.exists(home);
      const error = await reading;
      assert.ok(isZkError(error, 'MARSHALLING_ERROR'));
      assert.match((error as ZkError).message, /\d{4} bytes, and maxFrameBytes is 1000/);
      assert.is((await other)!.dataLength, 4_000);
      assert.is(small.generation, 1);
    });
  });
}
