import { isZkError, text } from '@vivarium/core';
import { acquireLock, type Hold, pendingCleanups$, withLock } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;

export function lockSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: a lock`, (test) => {
    test('is held by one, and goes to the next when released', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const first = await acquireLock(a, `${home}/x`, { data: 'me' });
      assert.is(first.status, 'held');
      assert.ok(first.isCertain());
      assert.match(first.path, /\/x\/_c_[0-9a-f-]{36}-lock-\d{10}$/);
      assert.is(await a.getData(first.path, { codec: text }), 'me');
      let second: Hold | undefined;
      const acquiring = acquireLock(b, `${home}/x`).then((hold) => {
        second = hold;
      });
      await settle(b, a);
      assert.is(second, undefined);
      await first.release();
      assert.is(errorName(first.signal.reason), 'RELEASED');
      await acquiring;
      assert.is(second!.token.compare(first.token), 1);
      assert.is(second!.token.session, b.session!.id);
      await second!.release();
      await settle(a);
      assert.equal((await a.children(`${home}/x`)).children, []);
    });

    test('goes to fifty in the order in which they came, each with a greater token', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const people = await Promise.all(Array.from({ length: 5 }, () => person()));
      const gate = await acquireLock(people[0]!.zk, home);
      await settle(...people.map(({ zk }) => zk));
      const order: number[] = [];
      const tokens: bigint[] = [];
      let inside = 0;
      const all: Promise<unknown>[] = [];
      for (let number = 0; number < 50; number++) {
        const { zk } = people[number % 5]!;
        const before = all.length + 1;
        all.push(
          withLock(zk, home, async (hold) => {
            assert.is(++inside, 1);
            order.push(number);
            tokens.push(hold.token.zxid);
            await zk.sync();
            inside--;
          }),
        );
        // Whoever is next begins when this one stands in the queue.
        while ((await zk.children(home)).children.length <= before) await zk.sync();
      }
      await gate.release();
      await Promise.all(all);
      assert.equal(
        order,
        [...order].sort((x, y) => x - y),
      );
      assert.is(order.length, 50);
      assert.ok(tokens.every((token, i) => i === 0 || token > tokens[i - 1]!));
      for (const { zk } of people) assert.is(zk.stats().watches, 0);
    });

    test('is lost when its session ends, and goes to the next', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      const hold = await acquireLock(a.zk, home);
      const said = record(t, hold.status$);
      const next = acquireLock(b, home);
      await a.faults.endSession();
      a.faults.cut();
      const second = await next;
      await said.until((status) => status === 'lost');
      assert.is(said.isComplete, true);
      assert.not(hold.isCertain());
      assert.is(errorName(hold.signal.reason), 'HOLD_LOST');
      assert.throws(() => hold.guard([]), /HOLD_LOST/);
      assert.is(errorName(await errorOf(hold.verify())), 'HOLD_LOST');
      assert.ok(second.token.zxid > hold.token.zxid);
      await hold.release();
    });

    test('is revoked when somebody deletes its node, and goes to the next', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const hold = await acquireLock(a, home);
      const next = acquireLock(b, home);
      await b.set(hold.path, 'a note for the holder');
      await settle(a);
      assert.is(hold.status, 'held');
      await b.delete(hold.path);
      await next;
      await record(t, hold.status$).until((status) => status === 'revoked');
      assert.is(errorName(hold.signal.reason), 'HOLD_REVOKED');
      assert.is(a.stats().watches, 0);
    });

    test('is lost the moment its client is told to close', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const hold = await acquireLock(zk, home);
      // From here on the server may end the session before we hear of it.
      const closing = zk.close();
      assert.is(hold.status, 'lost');
      assert.ok(hold.signal.aborted);
      assert.not(hold.isCertain());
      assert.not(zk.isCertain());
      await closing;
    });

    test('is revoked at the word that its node is gone, though nothing more is heard', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      const hold = await acquireLock(a.zk, home);
      const said = record(t, hold.status$);
      const heard = a.zk.events$.subscribe(() => {
        a.faults.deaf = true;
      });
      t.cleanup(() => heard.unsubscribe());
      await b.delete(hold.path);
      await said.until((status) => status === 'revoked');
    });

    test('is revoked when its node went while its client was away', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      const hold = await acquireLock(a.zk, home);
      a.faults.partition();
      await b.delete(hold.path);
      a.faults.heal();
      const said = record(t, hold.status$);
      await said.until((status) => status === 'revoked');
    });

    test('that is released twice is released once', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const hold = await acquireLock(zk, home);
      await Promise.all([hold.release(), hold.release()]);
      await hold.release();
      await hold[Symbol.asyncDispose]();
      assert.is(hold.status, 'released');
      assert.is(zk.stats().watches, 0);
      await (await acquireLock(zk, home)).release();
    });

    test('guards writes as long as its node exists', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const hold = await acquireLock(a, `${home}/lock`);
      await a.create(`${home}/data`);
      const guarded = hold.guard([{ op: 'set', path: `${home}/data`, data: 'mine' }]);
      const [, stat] = await a.multi(guarded);
      assert.is(stat.version, 1);
      await b.delete(hold.path);
      const error = await errorOf(a.multi(guarded));
      assert.ok(isZkError(error, 'NO_NODE'));
      assert.is(await b.getData(`${home}/data`, { codec: text }), 'mine');
      assert.is((await b.exists(`${home}/data`))!.version, 1);
    });

    test('is certain by the clock alone, and never again once it was not', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk, faults } = await person({ sessionTimeoutMs: 6_000 });
      const hold = await acquireLock(zk, home);
      let abortedBy: unknown;
      hold.signal.addEventListener('abort', () => {
        abortedBy = hold.signal.reason;
      });
      faults.jump(12_000);
      assert.not(hold.isCertain());
      assert.is(errorName(abortedBy), 'HOLD_LOST');
      await record(t, zk.state$).until(({ type }) => type === 'connected');
      await settle(zk);
      assert.ok(zk.isCertain());
      assert.not(hold.isCertain());
      assert.is(await zk.exists(hold.path), undefined);
      await hold.release();
    });

    test('goes through suspect and back when a connection is replaced in time', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk, faults } = await person();
      const hold = await acquireLock(zk, home);
      const said = record(t, hold.status$);
      faults.cut();
      assert.is(hold.status, 'suspect');
      assert.ok(hold.isCertain());
      await said.until((status) => status === 'held');
      assert.equal(said.values, ['held', 'suspect', 'held']);
      assert.not(hold.signal.aborted);
      await hold.verify();
      assert.is((await zk.exists(hold.path))!.czxid, hold.token.zxid);
    });

    test('is lost for good when away too long; its node goes first when a server answers', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const options = { sessionTimeoutMs: 6_000, marginMs: 5_800 };
      const [a, { zk: b }] = [await person(options), await person()];
      const hold = await acquireLock(a.zk, home);
      const session = a.zk.session!.id;
      a.faults.partition();
      await record(t, hold.status$).until((status) => status === 'lost');
      const children = a.zk.children(home);
      assert.is((await b.children(home)).children.length, 1);
      a.faults.heal();
      assert.equal((await children).children, []);
      assert.is(a.zk.session!.id, session);
      await record(t, pendingCleanups$(a.zk)).until((count) => count === 0);
    });

    test('is lost by who is cut off before another can have it', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person({ sessionTimeoutMs: 1_500 }), await person()];
      const first = await acquireLock(a.zk, home);
      const next = acquireLock(b, home).then((second) => ({ second, status: first.status }));
      a.faults.partition();
      const { second, status } = await next;
      assert.is(status, 'lost');
      assert.ok(first.signal.aborted);
      assert.ok(second.isCertain());
    });

    test('released when it is lost already asks nothing, and is done at once (scenario 21)', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk, faults } = await person();
      const hold = await acquireLock(zk, home);
      await faults.endSession();
      faults.cut();
      await record(t, hold.status$).until((status) => status === 'lost');
      await settle(zk);
      await record(t, pendingCleanups$(zk)).until((count) => count === 0);
      let sent = 0;
      faults.sending = () => {
        sent++;
      };
      // No answer of a server comes before promises have had so many turns.
      const later = (async () => {
        for (let turn = 0; turn < 100; turn++) await Promise.resolve();
        return 'later';
      })();
      const released = hold.release().then(() => 'released');
      assert.is(await Promise.race([released, later]), 'released');
      await later;
      assert.is(sent, 0);
      const { queued, inFlight } = zk.stats();
      assert.equal({ queued, inFlight }, { queued: 0, inFlight: 0 });
      assert.is(hold.status, 'lost');
    });

    test('released while away is gone before anything else is asked', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk, faults } = await person();
      const hold = await acquireLock(zk, home);
      faults.partition();
      const waiting = zk.children(home);
      const released = hold.release();
      assert.not(hold.isCertain());
      faults.heal();
      assert.equal((await waiting).children, []);
      await released;
    });
  });

  suite(`${name}: work under a lock`, (test) => {
    test('gives its result and releases the lock', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      assert.is(await withLock(zk, home, ({ status }) => status), 'held');
      assert.equal((await zk.children(home)).children, []);
    });

    test('that throws releases the lock too', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const failing = withLock(zk, home, async () => {
        throw new Error('mine');
      });
      assert.is(((await errorOf(failing)) as Error).message, 'mine');
      assert.equal((await zk.children(home)).children, []);
    });

    test('that lost its lock on the way is told so', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const losing = withLock(zk, home, async ({ path, signal }) => {
        await zk.delete(path);
        // The event comes before the answer.
        assert.ok(signal.aborted);
        return 'done without protection';
      });
      assert.is(errorName(await errorOf(losing)), 'HOLD_REVOKED');
    });
  });
}
