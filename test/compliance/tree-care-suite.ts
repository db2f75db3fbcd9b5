/** Trees with branches that cannot be read, their options, and the watches that they share. */
import type { MirroredNode, TreeOptions, TreeSnapshot } from '@vivarium/core';
import { isZkError, json, permissions, text } from '@vivarium/core';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { errorOf, record } from './observe.js';
import type { Target } from './target.js';
import { rigOf } from './target.js';

const isLive = ({ state }: TreeSnapshot<unknown>) => state === 'live';
const texts: TreeOptions<string> = { codec: text };
const dataAt = (nodes: ReadonlyMap<string, MirroredNode<string>>, path: string) => {
  const node = nodes.get(path);
  return node?.kind === 'present' ? node.data : node?.kind;
};
const onlyAnn = [{ perms: permissions.all, id: { scheme: 'auth', id: '' } }];
const anyone = [{ perms: permissions.all, id: { scheme: 'world', id: 'anyone' } }];

export function treeCareSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: subtrees with a difference`, (test) => {
    test('a branch that may not be read is denied, until a later look finds it open', async (t) => {
      const { zk, faults, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      await writer.addAuth({ scheme: 'digest', auth: 'ann:secret' });
      await writer.create(`${home}/secret`, 'x', { acl: onlyAnn });
      await writer.create(`${home}/secret/below`, 'x');
      await writer.create(`${home}/open`, 'x');
      const tree = record(t, zk.tree$(home, texts));
      const { nodes } = await tree.until(isLive);
      assert.equal([...nodes.keys()].sort(), [home, `${home}/open`, `${home}/secret`]);
      const secret = nodes.get(`${home}/secret`);
      assert.ok(secret?.kind === 'denied' && isZkError(secret.error, 'NO_AUTH'));
      await writer.set(`${home}/open`, 'y');
      await tree.until((now) => dataAt(now.nodes, `${home}/open`) === 'y');
      await writer.setAcl(`${home}/secret`, anyone);
      faults.cut();
      await tree.until((now) => isLive(now) && dataAt(now.nodes, `${home}/secret/below`) === 'x');
      await writer.setAcl(`${home}/secret`, onlyAnn);
      faults.cut();
      await tree.until((now) => isLive(now) && dataAt(now.nodes, `${home}/secret`) === 'denied');
      assert.not(tree.last!.nodes.has(`${home}/secret/below`));
    });

    test('an audit finds what no event tells', async (t) => {
      const { home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      const { zk } = await another({ auditMs: 50 });
      await writer.addAuth({ scheme: 'digest', auth: 'ann:secret' });
      await writer.create(`${home}/a`, 'x');
      const tree = record(t, zk.tree$(home, texts));
      await tree.until(isLive);
      await writer.create(`${home}/secret`, 'x', { acl: onlyAnn });
      await writer.setAcl(`${home}/a`, onlyAnn);
      await tree.until(
        ({ nodes }) =>
          dataAt(nodes, `${home}/a`) === 'denied' && dataAt(nodes, `${home}/secret`) === 'denied',
      );
      await writer.delete(`${home}/secret`);
      await writer.setAcl(`${home}/a`, anyone);
      await tree.until(
        ({ nodes }) => dataAt(nodes, `${home}/a`) === 'x' && !nodes.has(`${home}/secret`),
      );
    });

    test('G10: a root that may not be read is an error, and can be tried again', async (t) => {
      const { zk, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      await writer.addAuth({ scheme: 'digest', auth: 'ann:secret' });
      await writer.create(`${home}/secret`, 'x', { acl: onlyAnn });
      const tree = record(t, zk.tree$(`${home}/secret`, texts));
      const changes = record(t, zk.treeChanges$(`${home}/secret`, texts));
      await tree.until(isLive).catch(() => {});
      assert.ok(isZkError(tree.errors[0], 'NO_AUTH'));
      assert.ok(isZkError(changes.errors[0], 'NO_AUTH'));
      await zk.sync();
      assert.is(zk.stats().watches, 0);
      assert.is(zk.stats().trees, 0);
      await writer.setAcl(`${home}/secret`, anyone);
      const again = record(t, zk.tree$(`${home}/secret`, texts));
      assert.is((await again.until(isLive)).nodes.size, 1);
    });

    test('data that the codec refuses is invalid, and the rest goes on', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      await zk.set(home, '1');
      await zk.create(`${home}/bad`, '{');
      await zk.create(`${home}/bad/good`, '2');
      const tree = record(t, zk.tree$(home, { codec: json<number>() }));
      const { nodes } = await tree.until(isLive);
      const bad = nodes.get(`${home}/bad`);
      assert.ok(bad?.kind === 'invalid' && bad.error instanceof SyntaxError);
      assert.is(bad?.kind === 'invalid' && new TextDecoder().decode(bad.bytes), '{');
      const good = nodes.get(`${home}/bad/good`);
      assert.is(good?.kind === 'present' && good.data, 2);
      await zk.set(`${home}/bad`, '3');
      await tree.until((now) => now.nodes.get(`${home}/bad`)?.kind === 'present');
    });

    test('a node whose answer is too long is unreadable, and the rest goes on', async (t) => {
      const { zk, home, another } = await rigOf(t, await open());
      await zk.create(`${home}/long`, new Uint8Array(4_000));
      await zk.create(`${home}/long/below`);
      await zk.create(`${home}/short`, 'x');
      const { zk: small } = await another({ maxFrameBytes: 1_000 });
      const tree = record(t, small.tree$(home, texts));
      const { nodes } = await tree.until(isLive);
      const long = nodes.get(`${home}/long`);
      assert.ok(long?.kind === 'unreadable' && isZkError(long.error, 'MARSHALLING_ERROR'));
      assert.equal([...nodes.keys()].sort(), [home, `${home}/long`, `${home}/short`]);
      await zk.set(`${home}/long`, 'y');
      await tree.until((now) => dataAt(now.nodes, `${home}/long`) === 'y');
      await tree.until((now) => now.nodes.has(`${home}/long/below`));
    });

    test('filter and depth say what is followed', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      for (const path of ['/a', '/a/b', '/a/b/c', '/skip', '/skip/x']) await zk.create(home + path);
      const asked: string[] = [];
      const filter = (path: string) => {
        asked.push(path.slice(home.length));
        return !path.endsWith('/skip');
      };
      const some = record(t, zk.tree$(home, { filter }));
      const flat = record(t, zk.tree$(home, { depth: 1 }));
      const root = record(t, zk.tree$(home, { depth: 0 }));
      const names = ({ nodes }: TreeSnapshot<unknown>) =>
        [...nodes.keys()].map((path) => path.slice(home.length)).sort();
      assert.equal(names(await some.until(isLive)), ['', '/a', '/a/b', '/a/b/c']);
      assert.equal(names(await flat.until(isLive)), ['', '/a', '/skip']);
      assert.equal(names(await root.until(isLive)), ['']);
      assert.equal(asked.sort(), ['/a', '/a/b', '/a/b/c', '/skip']);
      await zk.create(`${home}/skip/y`);
      await zk.create(`${home}/a/skip`);
      await zk.create(`${home}/a/b/d`);
      await zk.create(`${home}/last`);
      assert.equal(names(await some.until(({ nodes }) => nodes.has(`${home}/last`))), [
        '',
        '/a',
        '/a/b',
        '/a/b/c',
        '/a/b/d',
        '/last',
      ]);
      await flat.until(({ nodes }) => nodes.has(`${home}/last`));
      assert.equal(names(flat.last!), ['', '/a', '/last', '/skip']);
      assert.equal(names(root.last!), ['']);
      assert.is(zk.stats().watches, 1);
    });

    test('a tree that is too large ends with an error that says what to do', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      await zk.create(`${home}/a`);
      const tree = record(t, zk.tree$(home, { maxNodes: 3 }));
      await tree.until(isLive);
      await zk.create(`${home}/b`);
      await tree.until(({ nodes }) => nodes.size === 3);
      await zk.create(`${home}/c`);
      await tree.until(() => false).catch(() => {});
      const [error] = tree.errors;
      assert.ok(isZkError(error, 'QUOTA_EXCEEDED'));
      assert.match(String(error), /more than 3 nodes.*maxNodes.*filter or depth/);
      await zk.sync();
      assert.is(zk.stats().watches, 0);
    });

    test('what filter throws ends the tree, and nothing else', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      await zk.create(`${home}/a`);
      const filter = () => {
        throw new RangeError('mine');
      };
      const bad = record(t, zk.tree$(home, { filter }));
      const good = record(t, zk.tree$(home));
      await good.until(isLive);
      assert.instance(bad.errors[0], RangeError);
    });

    test('bad options are refused at the call', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      const bad: (() => unknown)[] = [
        () => zk.tree$('no/slash'),
        () => zk.childrenData$('no/slash'),
        () => zk.tree$(home, { depth: -1 }),
        () => zk.treeChanges$(home, { maxNodes: 0 }),
        () => zk.tree$(home, { depth: 1.5 }),
        () => zk.tree$(home, { filter: 'x' as never }),
      ];
      for (const call of bad) {
        const error = await errorOf(Promise.resolve().then(call));
        assert.ok(isZkError(error, 'BAD_ARGUMENTS'), String(error));
      }
    });

    test('G12: all who give the same options share one mirror, and all trees of a path one watch', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      await zk.create(`${home}/a`);
      const before = zk.stats().watches;
      const all = Array.from({ length: 20 }, () => [
        record(t, zk.tree$(home)),
        record(t, zk.tree$(home, texts)),
        record(t, zk.treeChanges$(home, texts)),
      ]).flat() as readonly { until(is: () => boolean): Promise<unknown>; unsubscribe(): void }[];
      await Promise.all(all.map((one) => one.until(() => true)));
      const third = record(t, zk.tree$(home, { depth: 1 }));
      await third.until(isLive);
      const { trees, watches, treeNodes } = zk.stats();
      assert.equal([trees, watches - before, treeNodes], [3, 1, 6]);
      for (const one of [...all, third]) one.unsubscribe();
      await zk.sync();
      assert.equal([zk.stats().trees, zk.stats().watches], [0, before]);
      const events = record(t, zk.events$);
      await zk.set(home, 'x');
      await zk.create(`${home}/b`);
      assert.equal(events.values, []);
    });

    test('G12: a tree is kept for as long as its grace lasts', async (t) => {
      const { home, another } = await rigOf(t, await open());
      const { zk } = await another({ graceMs: 60_000 });
      const tree = record(t, zk.tree$(home));
      const first = await tree.until(isLive);
      tree.unsubscribe();
      assert.is(zk.stats().trees, 1);
      const again = record(t, zk.tree$(home));
      assert.equal(
        again.values.map(({ nodes }) => nodes === first.nodes),
        [true],
      );
    });

    test('a watch that the program has set stays when the tree goes', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      await zk.addWatch(home, 'persistentRecursive');
      const tree = record(t, zk.tree$(home));
      await tree.until(isLive);
      tree.unsubscribe();
      const other = `${home}/other`;
      const second = record(t, zk.tree$(other));
      await second.until(isLive);
      await zk.addWatch(other, 'persistentRecursive');
      second.unsubscribe();
      await zk.sync();
      const events = record(t, zk.events$);
      await zk.create(`${home}/a`);
      await zk.create(other);
      await zk.removeWatches(other, 'any');
      await zk.removeWatches(home, 'any');
      await zk.set(home, 'x');
      assert.equal(
        events.values.map(({ path }) => path.slice(home.length)),
        ['/a', '/other'],
      );
    });

    test('a watch that nobody waits for any more is gone, unless a tree needs it', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      for (const needed of [false, true]) {
        const tree = needed ? record(t, zk.tree$(home)) : undefined;
        await tree?.until(isLive);
        const aborting = new AbortController();
        const { signal } = aborting;
        const setting = errorOf(zk.addWatch(home, 'persistentRecursive', { signal }));
        while (zk.stats().inFlight === 0) await Promise.resolve();
        aborting.abort();
        await setting;
        // One to have the answer, and one for the removal that it leads to.
        await zk.sync();
        await zk.sync();
        assert.is(zk.stats().watches, needed ? 1 : 0);
        tree?.unsubscribe();
        await zk.sync();
        assert.is(zk.stats().watches, 0);
      }
      const events = record(t, zk.events$);
      await zk.set(home, 'x');
      await zk.sync();
      assert.equal(events.values, []);
    });

    test('a tree whose watch is removed by hand sets it again', async (t) => {
      const target = await open();
      const { zk, home, another } = await rigOf(t, target);
      const { zk: writer } = await another();
      const tree = record(t, zk.tree$(home, texts));
      await tree.until(isLive);
      const isOld = target.lacks?.includes('watches-side-by-side') === true;
      const types = isOld ? (['any'] as const) : (['persistentRecursive', 'any'] as const);
      for (const [i, type] of types.entries()) {
        await zk.removeWatches(home, type);
        await writer.create(`${home}/n${i}`, 'x');
        await tree.until((now) => isLive(now) && dataAt(now.nodes, `${home}/n${i}`) === 'x');
        await writer.create(`${home}/n${i}/below`, 'x');
        await tree.until((now) => now.nodes.has(`${home}/n${i}/below`));
      }
      assert.is(zk.stats().watches, 1);
    });

    test('trees and other streams of the same paths do not disturb each other', async (t) => {
      const { zk, faults, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      await writer.create(`${home}/a`, '0');
      const isData = (data: string) => (seen: { readonly kind: string; readonly data?: string }) =>
        seen.kind === 'present' && seen.data === data;
      const node = record(t, zk.node$(home, { codec: text }));
      const list = record(t, zk.children$(home));
      await Promise.all([node, list].map((one) => one.until(() => true)));
      const tree = record(t, zk.tree$(home, texts));
      await writer.create(`${home}/first`);
      await list.until((now) => now.kind === 'present' && now.children.includes('first'));
      await tree.until((now) => isLive(now) && now.nodes.has(`${home}/first`));
      const below = record(t, zk.node$(`${home}/a`, { codec: text }));
      await below.until(() => true);
      const heard: string[] = [];
      const watch = ({ type }: { type: string }) => heard.push(type);
      for (let i = 1; i <= 5; i++) {
        heard.length = 0;
        await zk.get(home, { watch });
        await zk.get(`${home}/a`, { watch });
        if (i === 3) {
          faults.cut();
          await zk.sync();
        }
        await writer.set(home, String(i));
        await writer.set(`${home}/a`, String(i));
        await writer.create(`${home}/n${i}`);
        await node.until(isData(String(i)));
        await below.until(isData(String(i)));
        await list.until((now) => now.kind === 'present' && now.children.includes(`n${i}`));
        await tree.until(
          ({ nodes }) => dataAt(nodes, `${home}/a`) === String(i) && nodes.has(`${home}/n${i}`),
        );
        assert.equal(heard, ['nodeDataChanged', 'nodeDataChanged']);
      }
      for (const one of [node, below, list]) one.unsubscribe();
      await writer.create(`${home}/last`);
      await tree.until(({ nodes }) => nodes.has(`${home}/last`));
      await writer.create(`${home}/last/below`);
      await tree.until(({ nodes }) => nodes.has(`${home}/last/below`));
      assert.is(zk.stats().watches, 1);
      const again = record(t, zk.children$(home));
      await again.until(() => true);
      faults.refusing = true;
      faults.cut();
      const away = record(t, zk.exists$(home));
      faults.refusing = false;
      await away.until((exists) => exists);
      await tree.until(isLive);
      await writer.create(`${home}/last/more`);
      await tree.until(({ nodes }) => nodes.has(`${home}/last/more`));
      tree.unsubscribe();
      await writer.delete(`${home}/last/more`);
      await writer.delete(`${home}/last/below`);
      await writer.delete(`${home}/last`);
      await again.until((now) => now.kind === 'present' && !now.children.includes('last'));
    });
  });
}
