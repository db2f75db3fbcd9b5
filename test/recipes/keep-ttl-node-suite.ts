import { json } from '@vivarium/core';
import { keepTtlNode } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { cutAtEachPiece, settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;
const told = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
/** Short enough to be touched twice a second, and never in danger when that is late. */
const ttlMs = 1_500;

export function keepTtlNodeSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: a kept node with a time to live`, (test) => {
    test('is made with its touch in one transaction, and touched again and again', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk }, { zk: other }] = [await person(), await person()];
      const path = `${home}/jobs/7`;
      const node = await keepTtlNode(zk, path, 'half done', { ttlMs });
      assert.is(node.path, path);
      assert.is(node.status, 'kept');
      const stats = record(t, other.node$(`${path}/touch`));
      await other.sync(path);
      const { data, stat } = await other.get(path);
      assert.is(told(data), 'half done');
      assert.is(stat.ephemeralOwner, 0n);
      const now = await stats.until((each) => each.kind === 'present' && each.stat.version >= 3);
      assert.is(now.kind === 'present' && now.stat.czxid, stat.czxid);
      // Those who watch the data are not woken by a touch.
      assert.is((await other.exists(path))!.mzxid, stat.mzxid);
      const said = record(t, node.status$);
      await node.release();
      await node.release();
      assert.equal(said.values, ['kept', 'released']);
      assert.ok(said.isComplete);
      assert.is(errorName(await errorOf(node.set('later'))), 'RELEASED');
      await settle(zk);
      assert.is(zk.stats().watches, 0);
      assert.is(zk.stats().subscribers, 0);
    });

    test('is taken over as it is, or with other data, from who had it before', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const path = `${home}/node`;
      const codec = json<number>();
      {
        await using _ = await keepTtlNode<number>(zk, path, 1, { ttlMs: 60_000, codec });
      }
      const { czxid } = (await zk.exists(path))!;
      await using second = await keepTtlNode<number>(zk, path, undefined, { ttlMs, codec });
      assert.is(await zk.getData(path, { codec }), 1);
      await using third = await keepTtlNode<number>(zk, path, 3, { ttlMs, codec });
      assert.is(await zk.getData(path, { codec }), 3);
      await second.set(2);
      await zk.sync(path);
      assert.is(await zk.getData(path, { codec }), 2);
      await third.set(2);
      const { stat } = await zk.get(path);
      assert.equal([stat.czxid, stat.version, stat.numChildren], [czxid, 2, 1]);
    });

    test('is made again when somebody deletes it, with what was set last', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk }, { zk: other }] = [await person(), await person()];
      const path = `${home}/node`;
      // No touch is due before the test is over: the watch alone tells.
      await using node = await keepTtlNode(zk, path, '1', { ttlMs: 600_000 });
      await node.set('2');
      const said = record(t, node.status$);
      const seen = record(t, other.node$(path));
      const before = await seen.until(({ kind }) => kind === 'present');
      // The marker of what was set goes a moment later.
      const list = record(t, other.children$(path));
      await list.until((now) => now.kind === 'present' && now.children.length === 1);
      await other.multi([
        { op: 'delete', path: `${path}/touch` },
        { op: 'delete', path },
      ]);
      const after = await seen.until(
        (now) =>
          now.kind === 'present' && before.kind === 'present' && now.stat.czxid > before.stat.czxid,
      );
      assert.is(after.kind === 'present' && told(after.data), '2');
      await said.until((status) => status === 'kept' && said.values.length > 1);
      assert.equal(said.values, ['kept', 'missing', 'kept']);
      await other.delete(`${path}/touch`);
      await said.until((status) => status === 'kept' && said.values.length > 3);
      await other.sync(path);
      assert.ok(await other.exists(`${path}/touch`));
      await node.set('3');
      await other.sync(path);
      assert.is(told((await other.get(path)).data), '3');
    });

    test('is the same one after the end of a session', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk, faults } = await person();
      const path = `${home}/node`;
      await using node = await keepTtlNode(zk, path, 'x', { ttlMs });
      const { czxid } = (await zk.exists(path))!;
      const said = record(t, node.status$);
      const { id } = zk.session!;
      await faults.endSession();
      await said.until((status) => status === 'kept' && said.values.length > 1);
      assert.is.not(zk.session!.id, id);
      assert.equal(said.values, ['kept', 'suspect', 'kept']);
      const touched = record(t, zk.node$(`${path}/touch`));
      const first = await touched.until(({ kind }) => kind === 'present');
      const version = first.kind === 'present' ? first.stat.version : 0;
      await touched.until((now) => now.kind === 'present' && now.stat.version >= version + 2);
      assert.is((await zk.exists(path))!.czxid, czxid);
    });

    for (const lost of ['answers', 'requests'] as const) {
      test(
        `is one, and written once, though ${lost} are lost on the way`,
        async (t) => {
          const { home, person } = await stageOf(t, await open());
          const [a, { zk: other }] = [await person(), await person()];
          const path = `${home}/node`;
          await other.ensure(home);
          const stopCutting = cutAtEachPiece(a, lost, 4);
          await using node = await keepTtlNode(a.zk, path, '1', { ttlMs: 600_000 });
          stopCutting();
          const stopAgain = cutAtEachPiece(a, lost, 4);
          await node.set('2');
          stopAgain();
          await settle(a.zk, other);
          const { data, stat } = await other.get(path);
          assert.is(told(data), '2');
          assert.is(stat.version, 1);
          assert.is((await other.exists(home))!.cversion, 1);
          assert.equal((await other.children(path)).children, ['touch']);
        },
        { timeoutMs: 25_000 },
      );
    }

    test('is kept no more when the servers refuse it, which is told', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk }, { zk: other }] = [await person(), await person()];
      const path = `${home}/node`;
      const node = await keepTtlNode(zk, path, 'x', { ttlMs });
      const said = record(t, node.status$);
      await other.setAcl(`${path}/touch`, [{ perms: 1, id: { scheme: 'world', id: 'anyone' } }]);
      assert.is(errorName(await errorOf(said.until(() => false))), 'NO_AUTH');
      assert.is(node.status, 'released');
      const again = keepTtlNode(zk, path, 'x', { ttlMs });
      assert.is(errorName(await errorOf(again)), 'NO_AUTH');
      await node.release();
    });

    test('ends with its client, and with the patience of who wants it', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk, faults }, { zk: other }] = [await person(), await person()];
      const node = await keepTtlNode(zk, `${home}/node`, 'x', { ttlMs });
      faults.partition();
      const late = keepTtlNode(zk, `${home}/late`, 'x', { ttlMs, timeoutMs: 10 });
      assert.is(errorName(await errorOf(late)), 'TIMED_OUT');
      const waiting = errorOf(node.set('y'));
      const said = record(t, node.status$);
      await zk.close();
      assert.is(errorName(await waiting), 'SESSION_EXPIRED');
      assert.is(said.last, 'released');
      assert.ok(said.isComplete);
      assert.ok(await other.exists(node.path));
      assert.is(await other.exists(`${home}/late`), undefined);
    });

    test('is refused at the call where it cannot be', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      for (const path of ['', 'node', '/', '/a/', '/zookeeper/node']) {
        const error = await errorOf(keepTtlNode(zk, path, 'x', { ttlMs }));
        assert.is(errorName(error), 'BAD_ARGUMENTS', path);
      }
      for (const bad of [0, -1, 1.5, Number.NaN, 2 ** 31, undefined as unknown as number]) {
        const error = await errorOf(keepTtlNode(zk, `${home}/node`, 'x', { ttlMs: bad }));
        assert.is(errorName(error), 'BAD_ARGUMENTS', String(bad));
      }
      assert.is(await zk.exists(home), undefined);
      await zk.ensure(home);
      await zk.create(`${home}/ephemeral`, '', { mode: 'ephemeral' });
      const below = keepTtlNode(zk, `${home}/ephemeral/node`, 'x', { ttlMs });
      assert.is(errorName(await errorOf(below)), 'NO_CHILDREN_FOR_EPHEMERALS');
    });
  });
}
