import { AsyncLocalStorage } from 'node:async_hooks';
import { type Client, isZkError } from '@vivarium/core';
import {
  acquireAll,
  acquireLock,
  type Hold,
  isRecipeError,
  lock$,
  rwLock,
  tryLock,
  withLock,
} from '@vivarium/recipes';
import { filter, firstValueFrom } from 'rxjs';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { isSelfDeadlock, namesOf, standing } from './nested-requests.js';
import { settle, stageOf } from './world.js';

export function nestedLocksSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: a lock asked for by work that holds it`, (test) => {
    test('is refused instead of waited for, in one context (scenario 32)', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      // Before the other in the order in which several are taken.
      const first = home.replace('/', '/a-');
      await withLock(zk, home, async (hold) => {
        const { read, write, withWrite } = rwLock(zk, home);
        const requests = [
          () => acquireLock(zk, home),
          () => acquireLock(zk, home, { timeoutMs: 60_000, localQueue: true }),
          () => withLock(zk, home, () => assert.unreachable()),
          () => acquireAll(zk, [home, first]),
          () => read(),
          () => read({ upgradable: true }),
          () => write(),
          () => withWrite(() => assert.unreachable()),
        ];
        for (const request of requests) await isSelfDeadlock(request(), home);
        // Also below other work, and in what is started beside it.
        await withLock(zk, `${home}-other`, async () => {
          await Promise.all([zk.sync(), isSelfDeadlock(acquireLock(zk, home), home)]);
        });
        assert.is(await tryLock(zk, home), null);
        assert.is(await zk.exists(first), undefined);
        assert.equal(await namesOf(zk, home), [hold.path.slice(home.length + 1)]);
      });
      assert.equal(await namesOf(zk, `${home}-other`), []);
      await (await acquireLock(zk, home)).release();
    });

    test('queues up when it is asked for in another context (scenario 32)', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const order: number[] = [];
      let inside = 0;
      const work = (number: number) => async () => {
        assert.is(++inside, 1);
        order.push(number);
        await zk.sync();
        inside--;
      };
      const both: Promise<unknown>[] = [];
      for (let number = 0; number < 3; number++) {
        both.push(withLock(zk, home, work(number)));
        const byHand = async () => {
          const hold = await acquireLock(zk, home);
          await work(number + 10)();
          await hold.release();
        };
        both.push(byHand());
      }
      await Promise.all(both);
      assert.is(order.length, 6);
    });

    test('is nobody’s fault whose hold has ended, or who is not held up', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const late: Promise<Hold>[] = [];
      // Released in the middle of its work.
      await withLock(a, home, async (hold) => {
        await hold.release();
        await (await acquireLock(a, home)).release();
      });
      // Taken away in the middle of it.
      const losing = withLock(a, home, async (hold) => {
        await b.delete(hold.path);
        await record(t, hold.status$).until((status) => status === 'revoked');
        await (await acquireLock(a, home)).release();
      });
      assert.ok(isRecipeError(await errorOf(losing), 'HOLD_REVOKED'));
      await withLock(a, home, async () => {
        // Another client, which waits like everybody else.
        late.push(acquireLock(b, home));
        // Work that the holder does not wait for.
        late.push(acquireLock(a, home, { detached: true }));
        late.push(firstValueFrom(lock$(a, home).pipe(filter((hold) => hold !== undefined))));
        await standing(a, home, 4);
      });
      // What ran beside it may ask when it is over.
      await Promise.all(late.map(async (hold) => (await hold).release()));
    });

    test('is not refused to a stream’s listener, whoever caused what it hears', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk, faults } = await person();
      await zk.ensure(`${home}/watched`);
      const asked: Promise<Hold>[] = [];
      let wants = false;
      const watching = zk.data$(`${home}/watched`).subscribe(() => {
        if (wants) asked.push(acquireLock(zk, `${home}/lock`));
      });
      t.cleanup(() => watching.unsubscribe());
      await settle(zk);
      await withLock(zk, `${home}/lock`, async () => {
        // The connection that the listener hears by from now on is begun in here.
        faults.cut();
        await zk.sync();
        wants = true;
        await zk.set(`${home}/watched`, 'x');
        while (asked.length === 0) await zk.sync();
        wants = false;
        await standing(zk, `${home}/lock`, 2);
      });
      await (await asked[0]!).release();
    });

    test('is not refused to those who were there before, or ask again after a failure', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const results: unknown[] = [];
      let go = () => {};
      const gone = new Promise<void>((resolve) => {
        go = resolve;
      });
      const sibling = async () => {
        results.push(await errorOf(acquireLock(zk, home, { timeoutMs: 1 })));
        results.push(await errorOf(acquireLock(zk, home, { timeoutMs: 1 })));
        go();
        await (await acquireLock(zk, home)).release();
      };
      const holder = async () => {
        const hold = await acquireLock(zk, home);
        await gone;
        await hold.release();
      };
      const holding = holder();
      await standing(zk, home, 1);
      await Promise.all([holding, sibling()]);
      assert.ok(results.every((error) => isRecipeError(error, 'TIMED_OUT')));
    });

    test('does not lose what the program itself keeps in its context', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const storage = new AsyncLocalStorage<string>();
      await storage.run('mine', () =>
        withLock(zk, home, async () => {
          await zk.sync();
          assert.is(storage.getStore(), 'mine');
        }),
      );
    });
  });

  suite(`${name}: a lock asked for again with reentrant`, (test) => {
    const again = { reentrant: true } as const;

    test('is the same hold, which goes with the last part', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      let kept: Hold | undefined;
      await withLock(
        zk,
        home,
        async (outer) => {
          const inner = await acquireLock(zk, home, again);
          assert.is(inner.path, outer.path);
          assert.is(inner.token.compare(outer.token), 0);
          const said = record(t, inner.status$);
          await inner.release();
          await inner.release();
          assert.equal(said.values, ['held', 'released']);
          assert.is(said.isComplete, true);
          assert.ok(outer.isCertain());
          assert.not(inner.isCertain());
          assert.throws(() => inner.guard([]), /RELEASED/);
          assert.is(((await errorOf(inner.verify())) as Error).name, 'RELEASED');
          await withLock(
            zk,
            home,
            async (deeper) => {
              await zk.multi(deeper.guard([{ op: 'create', path: `${home}-done` }]));
              await deeper.verify();
              kept = (await tryLock(zk, home, again)) ?? undefined;
              assert.equal((await namesOf(zk, home)).length, 1);
            },
            again,
          );
          // Not what is asked for by those who do not say so.
          await isSelfDeadlock(acquireLock(zk, home), home);
        },
        again,
      );
      assert.is(kept!.status, 'held');
      assert.is(await tryLock(zk, home), null);
      await kept!.release();
      assert.equal(await namesOf(zk, home), []);
      // Where nothing is held it is a request like any other.
      const first = await acquireLock(zk, home, again);
      assert.is(await tryLock(zk, home, again), null);
      await first.release();
    });

    for (const [how, ending, name] of [
      ['revoked', async (zk, { path }) => await zk.delete(path), 'HOLD_REVOKED'],
      ['lost', async (zk) => void zk.close(), 'HOLD_LOST'],
    ] as readonly (readonly [string, (zk: Client, hold: Hold) => Promise<unknown>, string])[]) {
      test(`is ${how} with all its parts`, async (t) => {
        const { home, person } = await stageOf(t, await open());
        const { zk } = await person();
        const work = withLock(zk, home, async (outer) => {
          const inner = await acquireLock(zk, home, again);
          const said = [outer, inner].map((hold) => record(t, hold.status$));
          await ending(zk, outer);
          for (const [index, hold] of [outer, inner].entries()) {
            await said[index]!.until((status) => status === how);
            assert.is(said[index]!.isComplete, true);
            assert.is((hold.signal.reason as Error).name, name);
            assert.not(hold.isCertain());
            await hold.release();
          }
          return 'without protection';
        });
        assert.is(((await errorOf(work)) as Error).name, name);
      });
    }

    test('is suspect, and asked for, with all its parts', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk, faults }, { zk: b }] = [await person(), await person()];
      const asked: Hold[] = [];
      const onRevoke = (hold: Hold) => asked.push(hold);
      await withLock(
        zk,
        home,
        async (outer) => {
          const inner = await acquireLock(zk, home, { ...again, onRevoke });
          faults.cut();
          assert.equal([outer.status, inner.status], ['suspect', 'suspect']);
          await b.set(outer.path, '__REVOKE__');
          await record(t, inner.status$).until((status) => status === 'revoking');
          assert.equal(asked, [outer, inner]);
          const late = await acquireLock(zk, home, { ...again, onRevoke });
          assert.is(late.status, 'revoking');
          assert.equal(asked, [outer, inner, late]);
          await inner.release();
          await late.release();
        },
        { onRevoke },
      );
    });

    test('by the clock alone is lost in every part that is asked', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk, faults } = await person({ sessionTimeoutMs: 6_000 });
      const work = withLock(zk, home, async (outer) => {
        const inner = await acquireLock(zk, home, again);
        faults.jump(12_000);
        assert.not(inner.isCertain());
        assert.ok(inner.signal.aborted);
        assert.not(outer.isCertain());
      });
      assert.is(((await errorOf(work)) as Error).name, 'HOLD_LOST');
    });

    test('is not given to a request that was given up', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      await withLock(zk, home, async () => {
        const given = acquireLock(zk, home, { ...again, signal: AbortSignal.abort('no') });
        assert.is(await errorOf(given), 'no');
        const bad = acquireLock(zk, home, { ...again, timeoutMs: -1 });
        assert.ok(isZkError(await errorOf(bad), 'BAD_ARGUMENTS'));
      });
      assert.equal(await namesOf(zk, home), []);
    });

    test('counts in several locks at once too', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const paths = [`${home}/x`, `${home}/y`];
      await withLock(zk, paths[1]!, async (outer) => {
        const all = await acquireAll(zk, paths, again);
        assert.is(all.holds.get(paths[1]!)!.path, outer.path);
        await all.release();
        assert.ok(outer.isCertain());
      });
      for (const path of paths) assert.equal(await namesOf(zk, path), []);
    });
  });
}
