import { CREATOR_ALL_ACL, isZkError } from '@vivarium/core';
import { acquireLock, pendingCleanups$, tryLock } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;

export function lockWaitingSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: waiting for a lock`, (test) => {
    test('ends at once when aborted, and leaves nothing behind', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const hold = await acquireLock(a, home);
      const giveUp = new AbortController();
      const waiting = errorOf(acquireLock(b, home, { signal: giveUp.signal }));
      while ((await a.children(home)).children.length < 2) await a.sync();
      const last = acquireLock(a, home);
      giveUp.abort(new Error('enough'));
      assert.is(((await waiting) as Error).message, 'enough');
      await record(t, pendingCleanups$(b)).until((count) => count === 0);
      await settle(b);
      assert.is(b.stats().watches, 0);
      await hold.release();
      await (await last).release();
      assert.equal((await a.children(home)).children, []);
    });

    test('ends when its time is over', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const hold = await acquireLock(zk, home);
      const error = await errorOf(acquireLock(zk, home, { timeoutMs: 50 }));
      assert.is(errorName(error), 'TIMED_OUT');
      await record(t, pendingCleanups$(zk)).until((count) => count === 0);
      assert.is((await zk.children(home)).children.length, 1);
      await hold.release();
    });

    test('never begins when it is aborted already', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const error = await errorOf(acquireLock(zk, home, { signal: AbortSignal.abort('no') }));
      assert.is(error, 'no');
      assert.is(await zk.exists(home), undefined);
    });

    test('goes on at the very end of the queue when the session has ended (5)', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }, { zk: c }] = [await person(), await person(), await person()];
      const hold = await acquireLock(b, home);
      const stand = async () => (await b.children(home)).children.length;
      let requeued = 0;
      const again = acquireLock(a.zk, home, { onRequeued: () => requeued++ });
      while ((await stand()) < 2) await b.sync();
      const behind = acquireLock(c, home);
      while ((await stand()) < 3) await b.sync();
      assert.is(requeued, 0);
      await a.faults.endSession();
      a.faults.cut();
      await hold.release();
      const before = await behind;
      assert.ok(before.isCertain());
      await before.release();
      const late = await again;
      assert.is(late.token.compare(before.token), 1);
      await b.sync();
      assert.is(late.token.session, a.zk.session!.id);
      assert.is((await b.exists(late.path))!.ephemeralOwner, a.zk.session!.id);
      assert.is(requeued, 1);
    });

    test('survives that its node is deleted by somebody', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const hold = await acquireLock(b, home);
      let requeued = 0;
      const again = acquireLock(a, home, { onRequeued: () => requeued++ });
      const names = async () => (await b.children(home)).children;
      while ((await names()).length < 2) await b.sync();
      const waiter = (await names()).find((each) => !hold.path.endsWith(each))!;
      await b.delete(`${home}/${waiter}`);
      await hold.release();
      assert.not((await again).path.endsWith(waiter));
      assert.is(requeued, 1);
    });

    test('needs to read the node ahead, and says so when it may not', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      await a.ensure(home);
      await a.addAuth({ scheme: 'digest', auth: 'a:secret' });
      await acquireLock(a, home, { acl: CREATOR_ALL_ACL });
      const error = await errorOf(acquireLock(b, home));
      assert.is(errorName(error), 'UNREADABLE_PREDECESSOR');
      await record(t, pendingCleanups$(b)).until((count) => count === 0);
      await a.sync();
      assert.is((await a.children(home)).children.length, 1);
    });

    test('ignores nodes of other kinds, and honours those of other clients', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      await a.ensure(`${home}/notes`);
      await a.create(`${home}/lock-abc`);
      const kazoo = `${home}/0123456789abcdef0123456789abcdef__lock__`;
      const { path } = await a.create(kazoo, '', { mode: 'ephemeralSequential' });
      assert.is(await tryLock(b, home), null);
      const waiting = acquireLock(b, home);
      await settle(b, a);
      await a.delete(path);
      await (await waiting).release();
    });

    test('is not done by those who only try', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const hold = await tryLock(a, home);
      assert.is(hold?.status, 'held');
      assert.is(await tryLock(b, home), null);
      assert.is((await b.children(home)).children.length, 1);
      await hold!.release();
      assert.is((await tryLock(b, home))?.status, 'held');
    });

    test('ends when the client is closed', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const hold = await acquireLock(a, home);
      const waiting = errorOf(acquireLock(b, home));
      await settle(b);
      await b.close();
      assert.ok(isZkError(await waiting, 'SESSION_EXPIRED'));
      assert.ok(isZkError(await errorOf(acquireLock(b, home)), 'SESSION_EXPIRED'));
      await a.close();
      assert.is(hold.status, 'lost');
    });
  });
}
