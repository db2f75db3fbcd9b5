import { json, permissions, READ_ACL } from '@vivarium/core';
import { keepNode, pendingCleanups$ } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { cutAtEachPiece, settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;
const told = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

export function keepNodeSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: a kept node`, (test) => {
    test('stands in folders that were missing, changes, and goes when it is released', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk }, { zk: other }] = [await person(), await person()];
      const path = `${home}/status/host`;
      const node = await keepNode(zk, path, 'up');
      assert.is(node.path, path);
      assert.is(node.status, 'kept');
      await other.sync(path);
      const first = await other.get(path);
      assert.is(told(first.data), 'up');
      assert.is(first.stat.ephemeralOwner, zk.session!.id);
      const bytes = new Uint8Array([1, 2]);
      const setting = node.set(bytes);
      bytes[0] = 9;
      await setting;
      await other.sync(path);
      const second = await other.get(path);
      assert.equal([...second.data], [1, 2]);
      assert.is(second.stat.czxid, first.stat.czxid);
      const said = record(t, node.status$);
      const releasing = node.release();
      assert.is(node.release(), releasing);
      assert.is(node.status, 'released');
      await releasing;
      await other.sync(path);
      assert.is(await other.exists(path), undefined);
      assert.equal(said.values, ['kept', 'released']);
      assert.ok(said.isComplete);
      assert.is(errorName(await errorOf(node.set('later'))), 'RELEASED');
      await settle(zk);
      assert.is(zk.stats().watches, 0);
    });

    test('goes with the block that has it by await using', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const path = `${home}/node`;
      {
        await using node = await keepNode(zk, path, null);
        assert.ok(await zk.exists(node.path));
      }
      assert.is(await zk.exists(path), undefined);
    });

    test('is made again when somebody deletes it, with the newest data', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk }, { zk: other }] = [await person(), await person()];
      const node = await keepNode<number>(zk, `${home}/node`, 1, { codec: json<number>() });
      await node.set(2);
      const seen = record(t, other.node$(node.path, { codec: json<number>() }));
      const before = await seen.until(({ kind }) => kind === 'present');
      const said = record(t, node.status$);
      await other.delete(node.path);
      const after = await seen.until(
        (now) =>
          now.kind === 'present' && before.kind === 'present' && now.stat.czxid > before.stat.czxid,
      );
      assert.is(after.kind === 'present' && after.data, 2);
      await said.until((status) => status === 'kept' && said.values.length > 1);
      assert.equal(said.values, ['kept', 'missing', 'kept']);
    });

    test('is what it was when somebody writes into it', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk }, { zk: other }] = [await person(), await person()];
      const node = await keepNode(zk, `${home}/node`, 'ours');
      await other.set(node.path, 'theirs');
      const seen = record(t, other.node$(node.path));
      await seen.until((now) => now.kind === 'present' && now.stat.version === 2);
      const { last } = seen;
      assert.is(last?.kind === 'present' && told(last.data), 'ours');
    });

    test('is made again in the next session, with what was set last while away', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: other }] = [await person(), await person()];
      const node = await keepNode(a.zk, `${home}/node`, '0');
      const said = record(t, node.status$);
      const before = a.zk.session!.id;
      const seen = record(t, other.node$(node.path));
      await a.faults.endSession();
      a.faults.partition();
      const writes = [1, 2, 3].map((value) => node.set(String(value)));
      a.faults.heal();
      await Promise.all(writes);
      const now = await seen.until((each) => each.kind === 'present' && told(each.data) === '3');
      await said.until((status) => status === 'kept');
      const session = a.zk.session!.id;
      assert.is.not(session, before);
      assert.is(now.kind === 'present' && now.stat.ephemeralOwner, session);
      assert.ok(said.values.includes('suspect') && said.values.includes('missing'));
    });

    test('stays where it is when only the connection is replaced', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk, faults } = await person();
      const node = await keepNode(zk, `${home}/node`, 'x');
      const { czxid } = (await zk.exists(node.path))!;
      const said = record(t, node.status$);
      faults.cut();
      await said.until((status) => status === 'kept' && said.values.length > 1);
      assert.equal(said.values, ['kept', 'suspect', 'kept']);
      assert.is((await zk.exists(node.path))!.czxid, czxid);
    });

    test('does not take what somebody else has, unless it is told to wait or to replace', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const path = `${home}/node`;
      const first = await keepNode(a, path, 'first');
      for (const zk of [a, b]) {
        assert.is(errorName(await errorOf(keepNode(zk, path, 'second'))), 'NODE_TAKEN');
      }
      assert.is(told((await a.get(path)).data), 'first');
      const waiting = keepNode(b, path, 'second', { onTaken: 'wait' });
      await settle(b);
      await first.release();
      const second = await waiting;
      const said = record(t, second.status$);
      const third = await keepNode(a, path, 'third', { onTaken: 'replace' });
      await said.until((status) => status === 'displaced');
      await b.sync(path);
      assert.is(told((await b.get(path)).data), 'third');
      await third.release();
      await said.until((status) => status === 'kept');
    });

    test('does not count a node of somebody that is no one’s session as its own', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const path = `${home}/node`;
      await zk.ensure(path);
      assert.is(errorName(await errorOf(keepNode(zk, path, 'x'))), 'NODE_TAKEN');
      const node = await keepNode(zk, path, 'x', { onTaken: 'replace' });
      assert.is((await zk.exists(node.path))!.ephemeralOwner, zk.session!.id);
    });

    for (const lost of ['answers', 'requests'] as const) {
      test(
        `is one, and right, though ${lost} are lost on the way`,
        async (t) => {
          const { home, person } = await stageOf(t, await open());
          const [a, { zk: other }] = [await person(), await person()];
          const path = `${home}/node`;
          await other.ensure(home);
          const stopCutting = cutAtEachPiece(a, lost, 4);
          const node = await keepNode(a.zk, path, 'one');
          stopCutting();
          const stopAgain = cutAtEachPiece(a, lost, 3);
          await node.set('two');
          stopAgain();
          await settle(a.zk, other);
          const { data, stat } = await other.get(path);
          assert.is(told(data), 'two');
          assert.is(stat.ephemeralOwner, a.zk.session!.id);
          assert.is((await other.exists(home))!.cversion, 1);
        },
        { timeoutMs: 25_000 },
      );
    }

    test('is not left behind by who has given up', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: other }] = [await person(), await person()];
      const path = `${home}/node`;
      await other.ensure(home);
      const seen = record(t, other.exists$(path));
      await seen.until((exists) => !exists);
      const giving = new AbortController();
      a.faults.deaf = true;
      const keeping = errorOf(keepNode(a.zk, path, 'x', { signal: giving.signal }));
      await seen.until((exists) => exists);
      giving.abort(new Error('enough'));
      assert.is(((await keeping) as Error).message, 'enough');
      a.faults.deaf = false;
      a.faults.cut();
      await seen.until((exists) => !exists);
      await record(t, pendingCleanups$(a.zk)).until((pending) => pending === 0);
      a.faults.deaf = true;
      const late = keepNode(a.zk, path, 'x', { timeoutMs: 0 });
      assert.is(errorName(await errorOf(late)), 'TIMED_OUT');
    });

    test('tells when the servers do not let it be made again', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk }, { zk: other }] = [await person(), await person()];
      await other.ensure(home);
      const node = await keepNode(zk, `${home}/node`, 'x');
      const said = record(t, node.status$);
      const mayDelete = permissions.read | permissions.delete | permissions.admin;
      await other.setAcl(home, [{ ...READ_ACL[0]!, perms: mayDelete }]);
      assert.is(errorName(await errorOf(keepNode(zk, `${home}/other`, 'x'))), 'NO_AUTH');
      await other.delete(node.path);
      assert.is(errorName(await errorOf(said.until(() => false))), 'NO_AUTH');
      assert.is(node.status, 'released');
      assert.is(errorName(await errorOf(node.set('y'))), 'RELEASED');
    });

    test('ends with its client', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk }, { zk: other }] = [await person(), await person()];
      const node = await keepNode(zk, `${home}/node`, 'x');
      const said = record(t, node.status$);
      await zk.close();
      assert.equal(said.values.at(-1), 'released');
      assert.ok(said.isComplete);
      await node.release();
      await other.sync(home);
      assert.is(await other.exists(node.path), undefined);
      assert.is(errorName(await errorOf(keepNode(zk, node.path, 'x'))), 'SESSION_EXPIRED');
    });

    test('is refused at the call where it cannot be', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      for (const path of ['', 'node', '/', '/a/', '/a/../b', '/zookeeper', '/zookeeper/node']) {
        assert.is(errorName(await errorOf(keepNode(zk, path, 'x'))), 'BAD_ARGUMENTS', path);
      }
      const path = `${home}/node`;
      const odd = 1 as unknown as string;
      assert.is(errorName(await errorOf(keepNode(zk, path, odd))), 'BAD_ARGUMENTS');
      const never = keepNode(zk, path, 'x', { timeoutMs: -1 });
      assert.is(errorName(await errorOf(never)), 'BAD_ARGUMENTS');
      assert.is(await zk.exists(home), undefined);
      const node = await keepNode(zk, path, 'x');
      assert.is(errorName(await errorOf(node.set(odd))), 'BAD_ARGUMENTS');
      assert.is(node.status, 'kept');
    });
  });
}
