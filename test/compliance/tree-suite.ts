/** What `tree$` and `treeChanges$` promise, with all that happens to a tree and to a client. */
import type { MirroredNode, TreeChanges, TreeOptions, TreeSnapshot } from '@vivarium/core';
import { text } from '@vivarium/core';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { record } from './observe.js';
import type { Target } from './target.js';
import { rigOf } from './target.js';
import { apply, assertReplayed, assertSame, seenIn, walk } from './tree-checks.js';

const isLive = ({ state }: TreeSnapshot<unknown>) => state === 'live';
const isSynced = ({ synced }: { readonly synced: boolean }) => synced;
const texts: TreeOptions<string> = { codec: text };

const dataAt = (nodes: ReadonlyMap<string, MirroredNode<string>>, path: string) => {
  const node = nodes.get(path);
  return node?.kind === 'present' ? node.data : node?.kind;
};
/** What each change did, and to which path below `home`. */
const said = (home: string, emissions: readonly TreeChanges<unknown>[]) =>
  emissions.flatMap(({ changes }) =>
    changes.map((one) => {
      const what = one.type === 'changed' && one.replaced ? 'replaced' : one.type;
      return `${what} ${one.path.slice(home.length) || '.'}`;
    }),
  );

export function treeSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: subtrees in memory`, (test) => {
    test('G1: a tree says that it is loading, then how far it is, then what is there', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      const paths = Array.from({ length: 15 }, (_, i) => `${home}/n${i}`);
      await Promise.all(paths.map((path) => zk.create(path, path)));
      const leaves = paths.flatMap((path) => Array.from({ length: 20 }, (_, i) => `${path}/${i}`));
      await Promise.all(leaves.map((path) => zk.create(path, path)));
      const tree = record(t, zk.tree$(home));
      assert.equal(
        tree.values.map(({ state, read, nodes }) => [state, read, nodes.size]),
        [['loading', 0, 0]],
      );
      const { nodes, read } = await tree.until(isLive);
      assert.is(read, 316);
      assertSame(seenIn(nodes), await walk(zk, home));
      const reads = tree.values.map((one) => one.read);
      assert.equal(reads, [0, 100, 200, 300, 316]);
      assert.equal([...new Set(tree.values.map(({ state }) => state))], ['loading', 'live']);
      const late = record(t, zk.tree$(home));
      assert.equal(
        late.values.map(({ state, nodes }) => [state, nodes.size]),
        [['live', 316]],
      );
    });

    test('a tree without a root is empty, until its root is made', async (t) => {
      const { zk, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      const root = `${home}/a/b`;
      const tree = record(t, zk.tree$(root, texts));
      const changes = record(t, zk.treeChanges$(root, texts));
      assert.is((await tree.until(isLive)).nodes.size, 0);
      assert.equal((await changes.until(isSynced)).changes, []);
      await writer.create(`${home}/a`);
      await writer.create(root, 'root');
      await writer.create(`${root}/c`, 'c');
      await tree.until(({ nodes }) => dataAt(nodes, `${root}/c`) === 'c');
      await writer.delete(`${root}/c`);
      await writer.delete(root);
      await tree.until(({ nodes }) => nodes.size === 0);
      await writer.multi([
        { op: 'create', path: root, data: 'again' },
        { op: 'create', path: `${root}/c`, data: 'c again' },
      ]);
      await tree.until(({ nodes }) => dataAt(nodes, `${root}/c`) === 'c again');
      await changes.until(isSynced);
      const replayed = new Map<string, MirroredNode<string>>();
      for (const one of changes.values) apply(replayed, one.changes, root);
      assertReplayed(replayed, tree.last!.nodes);
    });

    test('G2: a tree is in the end what a walk finds', async (t) => {
      const { zk, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      const tree = record(t, zk.tree$(home));
      const changes = record(t, zk.treeChanges$(home));
      const writes: Promise<unknown>[] = [];
      for (let i = 0; i < 60; i++) {
        const path = `${home}/n${i}`;
        writes.push(writer.create(path, '0'), writer.create(`${path}/x`, '0'));
        writes.push(writer.set(`${path}/x`, '1'), writer.create(`${path}/y`));
        if (i % 3 === 0) writes.push(writer.delete(`${path}/x`), writer.delete(`${path}/y`));
        if (i % 6 === 0) writes.push(writer.delete(path));
      }
      await Promise.all(writes);
      await zk.sync();
      const there = await walk(writer, home);
      const { nodes } = await tree.until((now) => now.synced && now.nodes.size === there.size);
      assertSame(seenIn(nodes), there);
      await changes.until(isSynced);
      const replayed = new Map<string, MirroredNode<Uint8Array>>();
      for (const one of changes.values) apply(replayed, one.changes, home);
      assertReplayed(replayed, nodes);
    });

    test('G5: a tree that nothing happened to is stale, then live, and tells no change', async (t) => {
      const { zk, faults, home } = await rigOf(t, await open());
      await zk.create(`${home}/a`);
      const tree = record(t, zk.tree$(home));
      const changes = record(t, zk.treeChanges$(home));
      const before = await tree.until(isLive);
      faults.refusing = true;
      faults.cut();
      assert.equal([tree.last!.state, tree.last!.synced], ['stale', false]);
      const late = record(t, zk.tree$(home));
      assert.is(late.last!.state, 'stale');
      faults.refusing = false;
      const after = await tree.until(isLive);
      assert.is(after.nodes, before.nodes);
      assert.equal(
        tree.values.map(({ state }) => state),
        ['loading', 'live', 'stale', 'live'],
      );
      assert.equal(
        changes.values.map((one) => [one.changes.length, one.synced]),
        [
          [2, true],
          [0, true],
        ],
      );
    });

    test('G2: what happened meanwhile is told as one difference', async (t) => {
      const { zk, faults, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      for (const path of ['/kept', '/set', '/gone', '/gone/below', '/again', '/again/below']) {
        await writer.create(home + path, 'old');
      }
      const tree = record(t, zk.tree$(home, texts));
      const changes = record(t, zk.treeChanges$(home, texts));
      await tree.until(isLive);
      changes.values.length = 0;
      faults.refusing = true;
      faults.cut();
      await writer.set(`${home}/set`, 'new');
      await writer.set(`${home}/set`, 'newer');
      for (const path of ['/gone/below', '/gone', '/again/below', '/again']) {
        await writer.delete(home + path);
      }
      for (const path of ['/again', '/again/below', '/again/new', '/born', '/born/below']) {
        await writer.create(home + path, 'old');
      }
      faults.refusing = false;
      const { nodes } = await tree.until(isLive);
      assert.equal([...nodes.keys()].sort(), [...(await walk(writer, home)).keys()].sort());
      assert.is(changes.values.length, 1);
      assert.ok(isSynced(changes.values[0]!));
      const [first, second, ...others] = said(home, changes.values);
      assert.equal([first, second], ['removed /gone/below', 'removed /gone']);
      assert.equal(others.sort(), [
        'added /again/new',
        'added /born',
        'added /born/below',
        'changed /set',
        'replaced /again',
        'replaced /again/below',
      ]);
    });

    test('a tree outlives a session, whose nodes go', async (t) => {
      const { zk, faults, home } = await rigOf(t, await open());
      await zk.create(`${home}/ours`, '', { mode: 'ephemeral' });
      const tree = record(t, zk.tree$(home));
      const changes = record(t, zk.treeChanges$(home));
      await tree.until((now) => isLive(now) && now.nodes.size === 2);
      await faults.endSession();
      faults.cut();
      await tree.until((now) => isLive(now) && now.nodes.size === 1);
      assert.equal(said(home, changes.values).slice(2), ['removed /ours']);
      await zk.create(`${home}/next`);
      await tree.until(({ nodes }) => nodes.has(`${home}/next`));
    });

    test('G6: a node made again in one transaction is replaced, and what was below is gone', async (t) => {
      const { zk, home, another } = await rigOf(t, await open());
      const { zk: writer } = await another();
      for (const path of ['/a', '/a/b', '/a/b/c']) await writer.create(home + path, 'same');
      const tree = record(t, zk.tree$(home, texts));
      const changes = record(t, zk.treeChanges$(home, texts));
      await tree.until(({ nodes }) => nodes.size === 4);
      changes.values.length = 0;
      await writer.multi([
        { op: 'delete', path: `${home}/a/b/c` },
        { op: 'delete', path: `${home}/a/b` },
        { op: 'delete', path: `${home}/a` },
        { op: 'create', path: `${home}/a`, data: 'same' },
        { op: 'create', path: `${home}/a/d`, data: 'same' },
      ]);
      await tree.until((now) => now.synced && now.nodes.has(`${home}/a/d`));
      assert.not(tree.last!.nodes.has(`${home}/a/b`));
      await changes.until(isSynced);
      const replaced = said(home, changes.values).filter((one) => one.startsWith('replaced'));
      assert.equal(replaced, ['replaced /a']);
    });

    test('G7: whoever comes after a write finds it in the tree', async (t) => {
      const { zk, home } = await rigOf(t, await open());
      await zk.create(`${home}/a`, '0');
      const standing = record(t, zk.tree$(home, texts));
      await standing.until(isLive);
      for (let i = 1; i <= 100; i++) {
        const { mzxid } = await zk.set(`${home}/a`, String(i));
        const late = record(t, zk.tree$(home, texts));
        const first = await late.until(() => true);
        assert.is(dataAt(first.nodes, `${home}/a`), String(i));
        assert.ok(first.asOf >= mzxid);
        late.unsubscribe();
        await zk.create(`${home}/c${i}`);
        await zk.create(`${home}/c${i}/d`);
        const next = record(t, zk.tree$(home, texts));
        const { nodes } = await next.until(() => true);
        assert.ok(nodes.has(`${home}/c${i}/d`));
        next.unsubscribe();
      }
      assert.is(zk.stats().trees, 1);
    });

    test('G11: a tree completes when the client is closed, and only then', async (t) => {
      const { home, another } = await rigOf(t, await open());
      const { zk: other } = await another();
      const tree = record(t, other.tree$(home));
      const changes = record(t, other.treeChanges$(home));
      await tree.until(isLive);
      assert.not(tree.isComplete || changes.isComplete);
      await other.close();
      assert.ok(tree.isComplete && changes.isComplete);
      assert.is(tree.last!.state, 'stale');
      assert.ok(record(t, other.tree$(home)).isComplete);
    });

    test('a tree shows paths inside the chroot', async (t) => {
      const target = await open();
      const { zk, home, another } = await rigOf(t, target);
      await zk.create(`${home}/a`, 'a');
      const chroot = target.connectString.includes('://') ? `#${home}` : home;
      const { zk: inside } = await another({}, target.connectString + chroot);
      const tree = record(t, inside.tree$('/', texts));
      const { nodes } = await tree.until(isLive);
      assert.equal([...nodes.keys()], ['/', '/a']);
      await zk.create(`${home}/a/b`, 'b');
      await tree.until((now) => dataAt(now.nodes, '/a/b') === 'b');
      for (const path of ['/a/b', '/a', '']) await zk.delete(home + path);
      await tree.until(({ nodes }) => nodes.size === 0);
      await zk.create(home, 'again');
      await tree.until((now) => dataAt(now.nodes, '/') === 'again');
      tree.unsubscribe();
      await inside.sync();
      assert.is(inside.stats().watches, 0);
    });
  });
}
