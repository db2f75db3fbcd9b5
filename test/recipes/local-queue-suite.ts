import { type Client, isZkError, READ_ACL } from '@vivarium/core';
import {
  acquireAll,
  acquireLock,
  type Hold,
  type LockOptions,
  pendingCleanups$,
  requestRevocation,
  tryLock,
  withLock,
} from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;
const LOCAL = { localQueue: true } as const;
const lengthOf = async (zk: Client, path: string) => (await zk.exists(path))?.numChildren ?? 0;

async function standing(zk: Client, path: string, count: number): Promise<void> {
  while ((await lengthOf(zk, path)) !== count) await zk.sync();
}

export function localQueueSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: a lock with a queue of its own in each client`, (test) => {
    test('is handed on in order, without a word to a server', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk, faults } = await person();
      const first = await acquireLock(zk, home, LOCAL);
      const order: Hold[] = [first];
      const rest = Array.from({ length: 5 }, async (_, number) => {
        const hold = await acquireLock(zk, home, LOCAL);
        assert.is(order.push(hold), number + 2);
        assert.not(order[number]!.isCertain());
        assert.ok(hold.isCertain());
        await hold.verify();
        if (number < 4) await hold.release();
      });
      await settle(zk);
      assert.is(await lengthOf(zk, home), 1);
      let sent = 0;
      faults.sending = () => {
        sent++;
      };
      const said = record(t, first.status$);
      const released = first.release();
      while (order.length < 2) await Promise.resolve();
      assert.is(sent, 0);
      await released;
      assert.equal(said.values, ['held', 'released']);
      assert.is(errorName(first.signal.reason), 'RELEASED');
      await Promise.all(rest);
      assert.equal([...new Set(order.map(({ path }) => path))], [first.path]);
      assert.equal([...new Set(order.map(({ token }) => token.zxid))], [first.token.zxid]);
      for (const [turn, hold] of order.entries()) {
        assert.is(hold.token.turn, turn);
        assert.is(hold.token.toJSON(), first.token.toJSON());
        if (turn > 0) assert.is(hold.token.compare(order[turn - 1]!.token), 1);
      }
      await order.at(-1)!.release();
      assert.is(await lengthOf(zk, home), 0);
      await settle(zk);
      assert.is(zk.stats().watches, 0);
    });

    test('goes to others after so many of one client in a row, and tokens never fall', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const order: string[] = [];
      const holds: Hold[] = [];
      let inside = 0;
      const work = (who: string) => async (hold: Hold) => {
        assert.is(++inside, 1);
        order.push(who);
        holds.push(hold);
        await a.sync();
        inside--;
      };
      const gate = await acquireLock(a, home);
      const few = { localQueue: { maxHandOvers: 2 } };
      const all = [1, 2, 3, 4].map(() => withLock(a, home, work('a'), few));
      await standing(a, home, 2);
      all.push(withLock(b, home, work('b')));
      await standing(a, home, 3);
      all.push(withLock(a, home, work('a'), few));
      await gate.release();
      await Promise.all(all);
      assert.is(order.join(''), 'aaabaa');
      for (const [index, { token }] of holds.slice(1).entries()) {
        assert.is(token.compare(holds[index]!.token), 1);
        assert.ok(token.zxid >= holds[index]!.token.zxid);
      }
      assert.is(await lengthOf(a, home), 0);
    });

    test('is lost by who holds it, and those behind go on with another node', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      const first = await acquireLock(a.zk, home, LOCAL);
      const second = acquireLock(a.zk, home, LOCAL);
      const third = acquireLock(a.zk, home, LOCAL);
      await b.delete(first.path);
      await record(t, first.status$).until((status) => status === 'revoked');
      const next = await second;
      assert.ok(next.token.zxid > first.token.zxid);
      assert.is(next.token.turn, 0);
      await first.release();
      assert.ok(next.isCertain());
      await a.faults.endSession();
      a.faults.cut();
      const last = await third;
      assert.is(errorName(next.signal.reason), 'HOLD_LOST');
      assert.is(last.token.session, a.zk.session!.id);
      assert.ok(last.token.zxid > next.token.zxid);
      await last.release();
    });

    test('is not handed on when the clock says that it may be lost', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk, faults } = await person({ sessionTimeoutMs: 6_000 });
      const first = await acquireLock(zk, home, LOCAL);
      const second = acquireLock(zk, home, LOCAL);
      const third = acquireLock(zk, home, LOCAL);
      faults.cut();
      // For the time being it is ours, also while no server answers.
      await first.release();
      const next = await second;
      assert.is(next.status, 'suspect');
      assert.is(next.token.turn, 1);
      faults.jump(12_000);
      await next.release();
      const last = await third;
      assert.ok(last.token.zxid > next.token.zxid);
      await last.release();
    });

    test('goes to others when it was asked for', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const first = await acquireLock(a, home, LOCAL);
      const second = acquireLock(a, home, LOCAL);
      const theirs = acquireLock(b, home);
      await standing(b, home, 2);
      await requestRevocation(b, home);
      await record(t, first.status$).until((status) => status === 'revoking');
      await first.release();
      await (await theirs).release();
      await (await second).release();
    });

    test('is withdrawn from when nobody waits for it any more', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const theirs = await acquireLock(b, home);
      const giveUp = new AbortController();
      const { signal } = giveUp;
      const waiting = [
        errorOf(acquireLock(a, home, { ...LOCAL, signal })),
        errorOf(acquireLock(a, home, { ...LOCAL, timeoutMs: 20 })),
      ];
      await standing(b, home, 2);
      assert.is(errorName(await waiting[1]), 'TIMED_OUT');
      assert.is(await lengthOf(b, home), 2);
      giveUp.abort('enough');
      assert.is(await waiting[0], 'enough');
      await standing(b, home, 1);
      const again = new AbortController();
      const other = errorOf(acquireLock(a, home, { ...LOCAL, signal: again.signal }));
      await standing(b, home, 2);
      again.abort('again');
      // Whoever comes while it is being withdrawn gets a request of its own.
      const late = acquireLock(a, home, LOCAL);
      assert.is(await other, 'again');
      await record(t, pendingCleanups$(a)).until((count) => count === 0);
      await theirs.release();
      await (await late).release();
      await standing(b, home, 0);
      const never = acquireLock(a, home, { ...LOCAL, signal: AbortSignal.abort('no') });
      assert.is(await errorOf(never), 'no');
      assert.is(await lengthOf(b, home), 0);
    });

    test('tells all who wait that the one node of theirs has lost its place', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      const theirs = await acquireLock(b, home);
      const told: string[] = [];
      const waiting = ['first', 'second'].map((who) =>
        acquireLock(a.zk, home, { ...LOCAL, onRequeued: () => told.push(who) }),
      );
      await standing(b, home, 2);
      await a.faults.endSession();
      a.faults.cut();
      const list = record(t, b.children$(home));
      await list.until((now) => now.kind === 'present' && now.children.length === 2);
      await theirs.release();
      await (await waiting[0]!).release();
      await (await waiting[1]!).release();
      assert.equal(told, ['first', 'second']);
    });

    test('skips who has given up, and gives nothing to who gives up that very moment', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const first = await acquireLock(zk, home, LOCAL);
      const [early, late] = [new AbortController(), new AbortController()];
      const waiting = [early, late].map(({ signal }) =>
        errorOf(acquireLock(zk, home, { ...LOCAL, signal })),
      );
      const last = acquireLock(zk, home, LOCAL);
      early.abort('early');
      const released = first.release();
      late.abort('late');
      assert.equal(await Promise.all(waiting), ['early', 'late']);
      await released;
      const hold = await last;
      assert.ok(hold.isCertain());
      await hold.release();
    });

    test('is tried without waiting for one’s own', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const theirs = await acquireLock(b, home);
      const trying = tryLock(a, home, LOCAL);
      // Whoever comes while it is being tried waits all the same.
      const waiting = acquireLock(a, home, LOCAL);
      assert.is(await tryLock(a, home, LOCAL), null);
      assert.is(await trying, null);
      await standing(b, home, 2);
      await theirs.release();
      const hold = await waiting;
      assert.is(await tryLock(a, home, LOCAL), null);
      await hold.release();
      const free = await tryLock(a, home, LOCAL);
      assert.ok(free?.isCertain());
      await free!.release();
    });

    test('fails for all who wait at what makes the request impossible', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      await zk.create(home, '', { acl: READ_ACL });
      const both = [acquireLock(zk, home, LOCAL), acquireLock(zk, home, LOCAL)];
      for (const waiting of both) assert.is(errorName(await errorOf(waiting)), 'NO_AUTH');
      const closing = [acquireLock(zk, `${home}-x`, LOCAL), acquireLock(zk, `${home}-x`, LOCAL)];
      const first = await closing[0]!;
      await zk.close();
      assert.is(first.status, 'lost');
      assert.ok(isZkError(await errorOf(closing[1]!), 'SESSION_EXPIRED'));
    });

    test('has one node for those who show the same, and no more', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const shown = (data: LockOptions['data']) => acquireLock(zk, home, { ...LOCAL, data });
      const first = await shown('one');
      const rest = [shown(new TextEncoder().encode('one')), shown('two'), shown('two')];
      const plain = acquireLock(zk, home);
      await standing(zk, home, 3);
      await first.release();
      const paths: string[] = [first.path];
      for (const waiting of [...rest, plain]) {
        const hold = await waiting;
        paths.push(hold.path);
        await hold.release();
      }
      assert.is(paths[0], paths[1]);
      assert.is(paths[2], paths[3]);
      assert.is(new Set(paths).size, 3);
    });

    test('guards as long as the node stands, though a former holder asks no more', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const first = await acquireLock(zk, home, LOCAL);
      const second = acquireLock(zk, home, LOCAL);
      const late = first.guard([{ op: 'create', path: `${home}-late` }]);
      await first.release();
      assert.throws(() => first.guard([]), /RELEASED/);
      const hold = await second;
      // What the program itself has kept for later is its own affair.
      await zk.multi(late);
      await hold.release();
      const again = first.path;
      assert.ok(isZkError(await errorOf(zk.multi([{ op: 'check', path: again }])), 'NO_NODE'));
    });

    test('goes together with reentrant, and with several locks at once', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      let waiting: Promise<Hold> | undefined;
      await withLock(
        zk,
        home,
        async (outer) => {
          waiting = acquireLock(zk, home, { ...LOCAL, detached: true });
          const inner = await acquireLock(zk, home, { ...LOCAL, reentrant: true });
          assert.is(inner.token.compare(outer.token), 0);
          await outer.release();
          await settle(zk);
          assert.ok(inner.isCertain());
          await inner.release();
          const next = await waiting;
          assert.is(next.token.turn, 1);
          await next.release();
        },
        LOCAL,
      );
      const paths = [`${home}-x`, `${home}-y`];
      const all = await acquireAll(zk, paths, LOCAL);
      const more = acquireAll(zk, paths, LOCAL);
      await all.release();
      const next = await more;
      assert.equal(
        [...next.holds.values()].map(({ token }) => token.turn),
        [1, 0],
      );
      await next.release();
    });
  });
}
