import { acquireAll, acquireLock, pendingCleanups$, tryLock } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;

export function acquireAllSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: several locks at once`, (test) => {
    test('never block each other, whatever the order they are asked in (scenario 39)', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const paths = [`${home}/x`, `${home}/y`, `${home}/z`];
      let inside = 0;
      const cycle = async (zk: typeof a, order: readonly string[]) => {
        for (let round = 0; round < 20; round++) {
          const all = await acquireAll(zk, order);
          assert.is(++inside, 1);
          assert.ok(all.isCertain());
          await zk.sync();
          inside--;
          await all.release();
        }
      };
      await Promise.all([cycle(a, paths), cycle(b, [...paths].reverse())]);
      for (const path of paths) assert.equal((await a.children(path)).children, []);
    });

    test('are all given back when one of them does not come in time', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const taken = await acquireLock(a, `${home}/y`);
      const began = b.clock.now();
      const paths = ['z', 'y', 'x'].map((each) => `${home}/${each}`);
      const error = await errorOf(acquireAll(b, paths, { timeoutMs: 50 }));
      assert.is(errorName(error), 'TIMED_OUT');
      assert.ok(b.clock.now() - began < 5_000);
      await record(t, pendingCleanups$(b)).until((count) => count === 0);
      assert.ok(await tryLock(a, `${home}/x`));
      assert.is(await a.exists(`${home}/z`), undefined);
      await taken.release();
    });

    test('end together, and guard together', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      await using all = await acquireAll(a, [`${home}/x`, `${home}/y`, `${home}/x`]);
      assert.equal([...all.holds.keys()], [`${home}/x`, `${home}/y`]);
      const write = { op: 'create', path: `${home}/done` } as const;
      const guarded = all.guard([write]);
      assert.is(guarded.length, 3);
      await b.delete(all.holds.get(`${home}/y`)!.path);
      const refused = await errorOf(a.multi(guarded));
      assert.is(errorName(refused), 'NO_NODE');
      assert.is(await b.exists(write.path), undefined);
      await settle(a);
      assert.is(errorName(all.signal.reason), 'HOLD_REVOKED');
      assert.not(all.isCertain());
      assert.throws(() => all.throwIfLost(), /HOLD_REVOKED/);
      assert.throws(() => all.guard([write]), /HOLD_REVOKED/);
      assert.ok(all.holds.get(`${home}/x`)!.isCertain());
      await all.release();
      await b.sync();
      assert.equal((await b.children(`${home}/x`)).children, []);
    });

    test('are at least one', async (t) => {
      const { person } = await stageOf(t, await open());
      const { zk } = await person();
      assert.is(errorName(await errorOf(acquireAll(zk, []))), 'BAD_ARGUMENTS');
    });
  });
}
