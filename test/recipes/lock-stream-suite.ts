import { READ_ACL, text } from '@vivarium/core';
import {
  acquireLock,
  type Hold,
  lock$,
  lockQueue$,
  pendingCleanups$,
  rwLock,
} from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;
const isHeld = (hold: Hold | undefined) => hold !== undefined;

export function lockStreamSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: a lock as a stream`, (test) => {
    test('is wanted by each subscriber by itself, and given back by leaving', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const wanted = lock$(a, home, { data: 'me' });
      assert.is(await b.exists(home), undefined);
      const first = record(t, wanted);
      const hold = (await first.until(isHeld))!;
      assert.is(await b.getData(hold.path, { codec: text }), 'me');
      const second = record(t, lock$(b, home));
      const third = record(t, wanted);
      await settle(b, a);
      assert.equal(second.values, [undefined]);
      // Who leaves the queue is passed over.
      third.unsubscribe();
      first.unsubscribe();
      const next = (await second.until(isHeld))!;
      assert.is(errorName(hold.signal.reason), 'RELEASED');
      assert.is(next.token.compare(hold.token), 1);
      assert.equal(first.values, [undefined, hold]);
      second.unsubscribe();
      for (const zk of [a, b]) {
        await record(t, pendingCleanups$(zk)).until((count) => count === 0);
      }
      await settle(a);
      assert.equal((await a.children(home)).children, []);
    });

    test('is wanted again at the end of the queue when it was lost or released', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      const seen = record(t, lock$(a.zk, home));
      const first = (await seen.until(isHeld))!;
      const queue = record(t, b.children$(home));
      const other = acquireLock(b, home);
      await queue.until((now) => now.kind === 'present' && now.children.length === 2);
      await first.release();
      const theirs = await other;
      assert.is(seen.last, undefined);
      await queue.until((now) => now.kind === 'present' && now.children.length === 2);
      await theirs.release();
      const second = (await seen.until(isHeld))!;
      await a.faults.endSession();
      await seen.until((hold) => hold !== undefined && hold !== second);
      assert.is(errorName(second.signal.reason), 'HOLD_LOST');
      assert.equal(
        seen.values.map((hold) => hold !== undefined),
        [false, true, false, true, false, true],
      );
    });

    test('completes with its client, and errors when it is impossible', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const seen = record(t, lock$(a, `${home}/x`));
      await seen.until(isHeld);
      await b.create(`${home}/y`, '', { acl: READ_ACL });
      const refused = record(t, lock$(b, `${home}/y`));
      assert.is(errorName(await errorOf(refused.until(() => false))), 'NO_AUTH');
      await a.close();
      assert.match(String(await errorOf(seen.until(() => false))), /never came to it/);
      assert.ok(seen.isComplete);
      assert.is(seen.last, undefined);
    });

    test('has a queue that all can see', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const queue = record(t, lockQueue$(b, home));
      await queue.until((list) => list.length === 0);
      const locks = rwLock(a, home);
      const reader = await locks.read({ data: 'r' });
      const writing = locks.write({ data: 'w' });
      await queue.until((now) => now.length === 2);
      const plain = acquireLock(b, home, { data: 'l' });
      const list = await queue.until((now) => now.length === 3);
      const first = list[0]!;
      assert.equal(
        list.map(({ wants }) => wants),
        ['read', 'write', 'write'],
      );
      assert.is(first.data, 'r');
      assert.is(first.error, undefined);
      assert.equal([first.path, first.czxid], [reader.path, reader.token.zxid]);
      assert.is(first.session, a.session!.id);
      await reader.release();
      await (await writing).release();
      await queue.until((now) => now.length === 1 && now[0]!.data === 'l');
      await (await plain).release();
      await queue.until((now) => now.length === 0);
    });
  });
}
