import { CREATOR_ALL_ACL } from '@vivarium/core';
import { countDownLatch } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;

export function countDownLatchSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: a latch`, (test) => {
    test('opens for all when as many as it is for have counted down, and stays so', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const path = `${home}/some/where`;
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const latches = [a, b, a].map((zk) => countDownLatch(zk, path, 3));
      const left = record(t, latches[0]!.remaining$);
      await left.until((count) => count === 3);
      let passed = 0;
      const waiting = latches.map((latch) => latch.wait().then(() => passed++));
      for (const [i, latch] of latches.entries()) {
        await latch.countDown();
        await latch.countDown();
        await left.until((count) => count === 2 - i);
        await settle(a, b);
        if (i < 2) assert.is(passed, 0);
      }
      await Promise.all(waiting);
      assert.equal(left.values, [3, 2, 1, 0]);
      // The participants' nodes have gone; that it is open has not.
      await settle(a, b);
      assert.equal((await b.children(path)).children, []);
      const late = countDownLatch(b, path, 3);
      await late.wait();
      await late.countDown();
      assert.equal((await b.children(path)).children, []);
      left.unsubscribe();
      await settle(a, b);
      for (const zk of [a, b]) assert.equal([zk.stats().watches, zk.stats().entries], [0, 0]);
    });

    test('opens when fifty come at the same time', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const people = await Promise.all(Array.from({ length: 5 }, () => person()));
      const latches = Array.from({ length: 50 }, (_, i) =>
        countDownLatch(people[i % 5]!.zk, home, 50),
      );
      const waiting = people.map(({ zk }) => countDownLatch(zk, home, 50).wait());
      await Promise.all(latches.map((latch) => latch.countDown()));
      await Promise.all(waiting);
      assert.equal((await people[0]!.zk.children(home)).children, []);
    });

    test('counts a participant once, in whatever life it comes', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      const counting = countDownLatch(a.zk, home, 2, { id: 'worker-1' });
      await counting.countDown();
      await a.faults.endSession();
      a.faults.cut();
      await counting.countDown();
      await countDownLatch(b, home, 2, { id: 'worker-1' }).countDown();
      const left = record(t, countDownLatch(b, home, 2).remaining$);
      await left.until((count) => count === 1);
      assert.equal((await b.children(home)).children, ['worker-1']);
    });

    for (const lost of ['answer', 'request'] as const) {
      test(`counts a participant once though the ${lost} is lost`, async (t) => {
        const { home, person } = await stageOf(t, await open());
        const [a, { zk: b }] = [await person(), await person()];
        await errorOf(countDownLatch(b, home, 3).wait({ timeoutMs: 10 }));
        let times = 0;
        const zk = new Proxy(a.zk, {
          get(target, key) {
            const isFirst = key === 'create' && times++ === 0;
            if (isFirst) a.faults[lost === 'answer' ? 'deaf' : 'mute'] = true;
            return Reflect.get(target, key, target);
          },
        });
        const counting = countDownLatch(zk, home, 3).countDown();
        while (times === 0) await b.sync();
        await new Promise<void>((resolve) => b.clock.setTimer(30, resolve));
        a.faults.deaf = false;
        a.faults.mute = false;
        a.faults.cut();
        await counting;
        assert.ok(times > 1);
        await b.sync();
        assert.is((await b.children(home)).children.length, 1);
      });
    }

    test('opens for those who wait though the last to count down dies of it', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const waiting = countDownLatch(a, home, 2).wait();
      await countDownLatch(b, home, 2).countDown();
      // As far as one comes who is killed after its node was made.
      await b.create(`${home}/the-dead`);
      await waiting;
      await settle(a);
      assert.equal((await b.children(home)).children, []);
      await countDownLatch(b, home, 2).wait();
    });

    test('is waited at through lost connections and sessions, until given up', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      const latch = countDownLatch(a.zk, home, 1);
      assert.is(errorName(await errorOf(latch.wait({ timeoutMs: 20 }))), 'TIMED_OUT');
      const giveUp = new AbortController();
      const given = errorOf(latch.wait({ signal: giveUp.signal }));
      const waiting = latch.wait();
      await settle(a.zk);
      giveUp.abort('enough');
      assert.is(await given, 'enough');
      a.faults.partition();
      await countDownLatch(b, home, 1).countDown();
      await a.faults.endSession();
      a.faults.heal();
      await waiting;
      await settle(a.zk);
      assert.equal([a.zk.stats().watches, a.zk.stats().entries], [0, 0]);
    });

    test('is for one count, and for nothing else', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      for (const count of [0, -1, 1.5, 1_001]) {
        assert.throws(() => countDownLatch(zk, home, count), /BAD_ARGUMENTS/);
      }
      assert.throws(() => countDownLatch(zk, home, 1, { id: 'a/b' }), /BAD_ARGUMENTS/);
      await countDownLatch(zk, home, 2).countDown();
      const other = countDownLatch(zk, home, 3);
      const left = record(t, other.remaining$);
      const ways = [other.countDown, other.wait, () => left.until(() => false)];
      for (const way of ways) {
        const error = await errorOf(way());
        assert.is(errorName(error), 'SIZE_MISMATCH');
        assert.match(String(error), /it is for 2, not for 3/);
      }
      await zk.set(home, 'a poem');
      const error = await errorOf(countDownLatch(zk, home, 2).countDown());
      assert.is(errorName(error), 'INVALID_VALUE');
    });

    test('says so when it is not ours to use', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      await a.addAuth({ scheme: 'digest', auth: 'a:secret' });
      await countDownLatch(a, home, 2, { acl: CREATOR_ALL_ACL }).countDown();
      const latch = countDownLatch(b, home, 2);
      assert.is(errorName(await errorOf(latch.countDown())), 'NO_AUTH');
      assert.is(errorName(await errorOf(latch.wait())), 'NO_AUTH');
    });

    test('begins anew when somebody removes it', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const latch = countDownLatch(zk, home, 1);
      const left = record(t, latch.remaining$);
      await latch.countDown();
      await left.until((count) => count === 0);
      await zk.delete(home);
      await left.until((count) => count === 1);
      await latch.countDown();
      await latch.wait();
      await left.until((count) => count === 0);
    });
  });
}
