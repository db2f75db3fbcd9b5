import type { WatchEvent } from '@vivarium/core';
import { isZkError, json } from '@vivarium/core';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { errorOf, record } from './observe.js';
import type { Target } from './target.js';
import { rigOf } from './target.js';

export function watchesSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: watches and order`, (test) => {
    test('a one-shot listener hears the first change, before the data that shows it', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      const said: string[] = [];
      const say = (what: string) => (event: WatchEvent) => said.push(`${what} ${event.type}`);
      await zk.exists(`${home}/a`, { watch: say('exists') });
      await zk.children(home, { watch: say('children') });
      await zk.create(`${home}/a`).then(() => said.push('created'));
      assert.equal(said, ['exists nodeCreated', 'children nodeChildrenChanged', 'created']);
      said.length = 0;
      await zk.get(`${home}/a`, { watch: say('get') });
      await Promise.all([
        zk.set(`${home}/a`, 'x').then(() => said.push('set')),
        zk.getData(`${home}/a`).then(() => said.push('read')),
        zk.set(`${home}/a`, 'y').then(() => said.push('set again')),
      ]);
      assert.equal(said, ['get nodeDataChanged', 'set', 'read', 'set again']);
    });

    test('answers reach the code that waits for them in the order of the wire', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      await zk.create(`${home}/a`);
      for (let i = 0; i < 20; i++) {
        const order: string[] = [];
        const note = (what: string) => (): void => {
          order.push(what);
        };
        await Promise.all([
          zk.get(home, { watch: note('event') }).then(note('get')),
          zk.getData(home).then(note('getData')),
          zk.set(home, 'x').then(note('set')),
          zk.exists(`${home}/no`).then(note('exists')),
          zk.delete(`${home}/no`).catch(note('delete')),
          zk.multi([{ op: 'check', path: home }]).then(note('multi')),
          zk.children(home).then(note('children')),
          zk.addWatch(`${home}/a`, 'persistent').then(note('addWatch')),
          zk.sync().then(note('sync')),
        ]);
        assert.is(
          order.join(' ').replace('delete multi', 'multi delete'),
          'get getData event set exists multi delete children addWatch sync',
        );
      }
    });

    test('events carry the zxid of their change', async (t) => {
      const target = await open();
      const { zk, home } = await rigOf(t, target);
      const events = record(t, zk.events$);
      await zk.get(home, { watch: () => {} });
      const { mzxid } = await zk.set(home, 'x');
      assert.is(events.last!.zxid, target.lacks?.includes('zxid-in-events') ? -1n : mzxid);
    });

    test('a listener that was taken back hears nothing, and its watch is gone', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      const events = record(t, zk.events$);
      const listener = () => assert.unreachable('it was taken back');
      await zk.get(home, { watch: listener });
      assert.is(zk.stats().watches, 1);
      zk.unwatch(home, 'data', listener);
      await zk.set(home, 'x');
      assert.equal(events.values, []);
      assert.is(zk.stats().watches, 0);
    });

    test('a read that was aborted leaves no watch, unless a stream needs it', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      const data = record(t, zk.node$(home));
      await data.until(() => true);
      const before = zk.stats().watches;
      for (const path of [home, `${home}/no`]) {
        const aborting = new AbortController();
        const watch = () => assert.unreachable('nobody waits for it');
        const reading = errorOf(zk.exists(path, { watch, signal: aborting.signal }));
        while (zk.stats().inFlight === 0) await Promise.resolve();
        aborting.abort();
        await reading;
      }
      // One to have the answers, and one for the removals that they lead to.
      await zk.sync();
      await zk.sync();
      assert.is(zk.stats().watches, before);
      const events = record(t, zk.events$);
      await zk.create(`${home}/no`);
      assert.equal(events.values, []);
      await zk.set(home, 'x');
      await data.until((seen) => seen.kind === 'present' && seen.stat.version === 1);
    });

    test('persistent watches tell every change, recursive ones below too', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      await zk.create(`${home}/a`);
      await zk.create(`${home}/b`);
      await zk.addWatch(`${home}/a`, 'persistent');
      await zk.addWatch(`${home}/b`, 'persistentRecursive');
      const events = record(t, zk.events$);
      await zk.set(`${home}/a`, '1');
      await zk.set(`${home}/a`, '2');
      await zk.create(`${home}/b/c`);
      await zk.set(`${home}/b/c`, '1');
      const said = events.values.map(({ type, path }) => `${type} ${path.slice(home.length)}`);
      assert.equal(said, [
        'nodeDataChanged /a',
        'nodeDataChanged /a',
        'nodeCreated /b/c',
        'nodeDataChanged /b/c',
      ]);
      await zk.removeWatches(`${home}/a`, 'any');
      await zk.set(`${home}/a`, '3');
      assert.is(events.values.length, 4);
      assert.ok(isZkError(await errorOf(zk.removeWatches(`${home}/a`, 'any')), 'NO_WATCHER'));
    });

    test('data that a codec refuses is told as invalid, and its correction follows', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      await zk.set(home, '{');
      const data = record(t, zk.node$(home, { codec: json() }));
      const seen = await data.until(() => true);
      assert.is(seen.kind, 'invalid');
      if (seen.kind === 'invalid') assert.is(new TextDecoder().decode(seen.bytes), '{');
      await zk.set(home, '{}');
      await data.until(({ kind }) => kind === 'present');
    });
  });
}
