/** What `childrenData$` promises. */
import type { ChildrenDataSnapshot } from '@vivarium/core';
import { isZkError, json, permissions, text } from '@vivarium/core';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { record } from './observe.js';
import type { Target } from './target.js';
import { rigOf } from './target.js';

/** The children as text: data of those that can be read, of others what is wrong. */
const shown = (now: ChildrenDataSnapshot<unknown> | undefined) =>
  now?.kind === 'present'
    ? [...now.children].map(([name, node]) =>
        node.kind === 'present' ? `${name} ${String(node.data)}` : `${name} ${node.kind}`,
      )
    : now?.kind;
const shows =
  (...expected: readonly string[]) =>
  (now: ChildrenDataSnapshot<unknown>) =>
    JSON.stringify(shown(now)) === JSON.stringify(expected);

export function childrenDataSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: children with their data`, (test) => {
    test('G1, G2: all children are there at once, and then what becomes of them', async (t) => {
      const { zk, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      const folder = `${home}/a`;
      const data = record(t, zk.childrenData$(folder, { codec: text }));
      assert.is(shown(await data.until(() => true)), 'absent');
      await writer.create(folder);
      await data.until(shows());
      for (let i = 0; i < 100; i++) await writer.create(`${folder}/n${100 + i}`, '0');
      const late = record(t, zk.childrenData$(folder, { codec: text }));
      const isAll = (now: ChildrenDataSnapshot<string>) =>
        now.kind === 'present' && now.children.size === 100;
      const first = await late.until(isAll);
      const names = Array.from({ length: 100 }, (_, i) => `n${100 + i}`);
      await Promise.all(names.map((name) => writer.set(`${folder}/${name}`, '1')));
      await data.until(shows(...names.map((name) => `${name} 1`)));
      await Promise.all(names.slice(1).map((name) => writer.delete(`${folder}/${name}`)));
      const last = await data.until(shows('n100 1'));
      const { stat } = await writer.children(folder);
      await data.until((now) => now.kind === 'present' && now.stat.pzxid === stat.pzxid);
      assert.ok(last.asOf >= first.asOf);
      await writer.delete(`${folder}/n100`);
      await writer.delete(folder);
      await data.until(({ kind }) => kind === 'absent');
      for (const [i, { asOf }] of data.values.entries()) {
        assert.ok(i === 0 || asOf >= data.values[i - 1]!.asOf, 'asOf fell');
      }
    });

    test('a snapshot does not change when a later one comes', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      await zk.create(`${home}/a`, '0');
      const data = record(t, zk.childrenData$(home, { codec: text }));
      const first = await data.until(() => true);
      await zk.set(`${home}/a`, '1');
      await zk.create(`${home}/b`, '1');
      await data.until(shows('a 1', 'b 1'));
      assert.equal(shown(first), ['a 0']);
    });

    test('G2, G5, G6: reconnects and new sessions tell what differs, and nothing else', async (t) => {
      const { zk, faults, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      for (const name of ['a', 'b', 'c']) await writer.create(`${home}/${name}`, '0');
      const data = record(t, zk.childrenData$(home, { codec: text }));
      await data.until(shows('a 0', 'b 0', 'c 0'));
      const states = record(t, zk.state$);
      const { generation } = zk;
      faults.cut();
      await states.until(({ type }) => type === 'connected' && zk.generation > generation);
      await zk.sync();
      assert.is(data.values.length, 1);
      await faults.endSession();
      faults.refusing = true;
      faults.cut();
      await writer.set(`${home}/a`, '1');
      await writer.delete(`${home}/b`);
      await writer.delete(`${home}/c`);
      const { stat } = await writer.create(`${home}/c`, '0');
      faults.refusing = false;
      await data.until((now) => {
        const c = now.kind === 'present' ? now.children.get('c') : undefined;
        return shows('a 1', 'c 0')(now) && c?.kind === 'present' && c.stat.czxid === stat.czxid;
      });
    });

    test('G7: whoever comes after a write finds it', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      const standing = record(t, zk.childrenData$(home, { codec: text }));
      await standing.until(() => true);
      const expected: string[] = [];
      for (let i = 10; i < 40; i++) {
        await zk.create(`${home}/n${i}`, '0');
        await zk.set(`${home}/n${i}`, '1');
        expected.push(`n${i} 1`);
        const late = record(t, zk.childrenData$(home, { codec: text }));
        assert.equal(shown(await late.until(() => true)), expected);
        late.unsubscribe();
      }
    });

    test('what cannot be read is marked, asked again later, and the rest goes on', async (t) => {
      const { zk, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      await writer.addAuth({ scheme: 'digest', auth: 'ann:secret' });
      const acl = [{ perms: permissions.all, id: { scheme: 'auth', id: '' } }];
      await writer.create(`${home}/bad`, '{');
      await writer.create(`${home}/good`, '1');
      await writer.create(`${home}/secret`, '2', { acl });
      const data = record(t, zk.childrenData$(home, { codec: json<number>() }));
      const now = await data.until(shows('bad invalid', 'good 1', 'secret denied'));
      const secret = now.kind === 'present' ? now.children.get('secret') : undefined;
      assert.ok(secret?.kind === 'denied' && isZkError(secret.error, 'NO_AUTH'));
      await writer.set(`${home}/bad`, '3');
      await data.until(shows('bad 3', 'good 1', 'secret denied'));
      const anyone = [{ perms: permissions.all, id: { scheme: 'world', id: 'anyone' } }];
      await writer.setAcl(`${home}/secret`, anyone);
      await writer.create(`${home}/new`, '4');
      await data.until(shows('bad 3', 'good 1', 'new 4', 'secret 2'));
    });

    test('G10, G11: it errors for the list alone, and completes with the client', async (t) => {
      const { zk, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      await writer.addAuth({ scheme: 'digest', auth: 'ann:secret' });
      const acl = [{ perms: permissions.all, id: { scheme: 'auth', id: '' } }];
      await writer.create(`${home}/secret`, '2', { acl });
      const secret = record(t, zk.childrenData$(`${home}/secret`));
      await secret.until(() => true).catch(() => {});
      assert.ok(isZkError(secret.errors[0], 'NO_AUTH'));
      await writer.create(`${home}/a`);
      const data = record(t, zk.childrenData$(home));
      await data.until(() => true);
      assert.not(data.isComplete);
      await zk.close();
      assert.ok(data.isComplete);
      assert.ok(record(t, zk.childrenData$(home)).isComplete);
    });

    test('G12: it shares its watches with other streams, and leaves none', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      for (let i = 0; i < 5; i++) await zk.create(`${home}/n${i}`);
      const before = zk.stats().watches;
      const all = Array.from({ length: 10 }, () => record(t, zk.childrenData$(home)));
      const list = record(t, zk.children$(home));
      const node = record(t, zk.node$(`${home}/n0`));
      await Promise.all(all.map((one) => one.until(() => true)));
      await Promise.all([list, node].map((one) => one.until(() => true)));
      assert.is(zk.stats().watches - before, 6);
      assert.is(zk.stats().entries, 6);
      for (const one of [...all, list, node]) one.unsubscribe();
      await zk.sync();
      assert.equal([zk.stats().entries, zk.stats().watches], [0, before]);
    });

    test('G14: it is fresh when the list and all children are', async (t) => {
      const { zk, faults, home } = await rigOf(t, await open());
      await zk.create(`${home}/a`);
      const watching = record(t, zk.childrenData$(home, { freshness: true }));
      const quiet = record(t, zk.childrenData$(home));
      await Promise.all([watching, quiet].map((one) => one.until(({ fresh }) => fresh)));
      faults.refusing = true;
      faults.cut();
      await watching.until(({ fresh }) => !fresh);
      const late = record(t, zk.childrenData$(home));
      assert.equal(
        late.values.map(({ fresh }) => fresh),
        [false],
      );
      const waiting = record(t, zk.childrenData$(home, { whileStale: 'wait' }));
      assert.equal(waiting.values, []);
      faults.refusing = false;
      await watching.until(({ fresh }) => fresh);
      assert.ok((await waiting.until(() => true)).fresh);
      assert.equal([quiet.values.length, watching.values.length], [1, 3]);
    });
  });
}
