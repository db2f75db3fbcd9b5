import { isZkError } from '@vivarium/core';
import {
  acquireAll,
  acquireLock,
  acquirePermits,
  type Hold,
  lock$,
  rwLock,
  tryAcquirePermits,
  tryLock,
  withPermits,
} from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { isSelfDeadlock, namesOf, standing } from './nested-requests.js';
import { stageOf } from './world.js';

export function nestedSharedLocksSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: shared locks asked for by work that has them`, (test) => {
    test('are refused when it reads and would write, not when it would read', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const { withRead, read, write, tryWrite } = rwLock(zk, home);
      const told = await withRead(async (outer) => {
        await isSelfDeadlock(write(), home);
        await isSelfDeadlock(acquireLock(zk, home, { reentrant: true }), home);
        assert.is(await tryWrite(), null);
        await (await read()).release();
        await (await read({ upgradable: true })).release();
        const giveUp = new AbortController();
        const writing = errorOf(write({ detached: true, signal: giveUp.signal }));
        await standing(zk, home, 2);
        // Behind the writer it would wait for us; as a part of ours it need not.
        const inner = await read({ reentrant: true });
        assert.is(inner.path, outer.path);
        giveUp.abort('enough');
        assert.is(await writing, 'enough');
        await inner.release();
        return 'read';
      });
      assert.is(told, 'read');
      await standing(zk, home, 0);
    });

    test('are the same hold to write, with reentrant, for all who read and write', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const { withWrite, withRead, read, write } = rwLock(zk, home);
      await withWrite(async (outer) => {
        await isSelfDeadlock(write(), home);
        await isSelfDeadlock(read(), home);
        const writer = await write({ reentrant: true });
        assert.is(writer.path, outer.path);
        assert.ok(isZkError(await errorOf(writer.downgrade()), 'BAD_ARGUMENTS'));
        assert.ok(writer.isCertain());
        await writer.release();
        const inside = await withRead((hold) => hold.path, { reentrant: true });
        assert.is(inside, outer.path);
        assert.ok(outer.isCertain());
      });
      assert.equal(await namesOf(zk, home), []);
      const last = await write({ reentrant: true });
      await (await last.downgrade()).release();
    });

    test('are refused when they are more permits than there can ever be', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const asks = (permits: number) => acquirePermits(zk, home, { permits });
      let beside: Promise<Hold> | undefined;
      await withPermits(
        zk,
        home,
        async () => {
          await (await asks(1)).release();
          await isSelfDeadlock(asks(2), home);
          assert.is(await tryAcquirePermits(zk, home, { permits: 2 }), null);
          await withPermits(zk, home, async () => await isSelfDeadlock(asks(1), home));
          beside = acquirePermits(zk, home, { permits: 3, detached: true });
          await standing(zk, home, 2);
        },
        { limit: 3, permits: 2 },
      );
      await (await beside!).release();
    });

    test('take no options that are none, or do not go together', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const { read, write, withRead } = rwLock(zk, home);
      const bad: readonly [RegExp, () => Promise<unknown>][] = [
        [/reentrant is string/, () => acquireLock(zk, home, { reentrant: 'yes' as never })],
        [/detached is number/, () => tryLock(zk, home, { detached: 1 as never })],
        [/cannot be reentrant/, () => acquireLock(zk, home, { reentrant: true, detached: true })],
        [/localQueue is number/, () => acquireLock(zk, home, { localQueue: 5 as never })],
        [/maxHandOvers is 0/, () => acquireLock(zk, home, { localQueue: { maxHandOvers: 0 } })],
        [/maxHandOvers is undefined/, () => acquireLock(zk, home, { localQueue: {} as never })],
        [/localQueue: a read-write lock/, () => write({ localQueue: true } as never)],
        [/localQueue: a read-write lock/, () => withRead(() => {}, { localQueue: true } as never)],
        [/reentrant: a hold that may/, () => read({ upgradable: true, reentrant: true } as never)],
        [/upgradable is string/, () => read({ upgradable: 'yes' } as never)],
        [/localQueue: permits/, () => acquirePermits(zk, home, { localQueue: true } as never)],
        [/reentrant: permits/, () => tryAcquirePermits(zk, home, { reentrant: true } as never)],
        [/data is number/, () => acquireLock(zk, home, { localQueue: true, data: 5 as never })],
        [/reentrant is string/, () => acquireAll(zk, [home], { reentrant: 'yes' as never })],
      ];
      for (const [reason, attempt] of bad) {
        const error = await errorOf(attempt());
        assert.ok(isZkError(error, 'BAD_ARGUMENTS'), `${attempt}: ${error}`);
        assert.match(error.message, reason);
      }
      assert.throws(() => lock$(zk, home, { reentrant: 'yes' as never }), /reentrant is string/);
      assert.throws(() => lock$(zk, 'relative'), /BAD_ARGUMENTS/);
      assert.is(await zk.exists(home), undefined);
    });
  });
}
