/** Holders that fall silent: cut off, stopped, or gone. */
import { text } from '@vivarium/core';
import { acquireLock, joinGroup, pendingCleanups$ } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import { suite } from '../support/suite.js';
import { actorOf, Exclusion, isCertain, pause } from './cast.js';
import type { SeededWorld } from './seeded-world.js';

const TIMEOUT_MS = 1_500;
/** How a write of a former holder ends, be it still on the old connection. */
const refused = /NO_NODE|SESSION_EXPIRED|CONNECTION_LOSS/;
const options = { sessionTimeoutMs: TIMEOUT_MS };

export function silentClientsSuite(name: string, open: () => Promise<SeededWorld>): void {
  suite(`${name}: a holder that falls silent`, (test) => {
    test('is waited for by its next life, and its old node grants nothing (6)', async (t) => {
      const world = await open();
      const [former, onlooker] = [await actorOf(t, world, options), await actorOf(t, world)];
      const exclusion = new Exclusion();
      const first = await acquireLock(former.zk, '/lock');
      exclusion.enter(first, former);
      world.ensemble.isolate(former.host.place, true);
      const next = await actorOf(t, world, options);
      const hold = await acquireLock(next.zk, '/lock');
      exclusion.enter(hold, next);
      assert.is(hold.token.session, next.zk.session!.id);
      await onlooker.zk.sync();
      assert.is(await onlooker.zk.exists(first.path), undefined);
      world.ensemble.isolate(former.host.place, false);
      await record(t, first.status$).until((status) => status === 'lost');
      await hold.verify();
    });

    test('begins a new session, which waits for the end of its old one (6)', async (t) => {
      const world = await open();
      const giveUp = { sessionTimeoutMs: 6_000, onPresumedLost: 'newSession' } as const;
      const a = await actorOf(t, world, giveUp);
      const b = await actorOf(t, world);
      const first = await acquireLock(a.zk, '/lock');
      const session = a.zk.session!.id;
      world.ensemble.isolate(a.host.place, true);
      const said = record(t, a.zk.state$);
      await said.until(() => said.values.some(({ detail }) => detail === 'presumedLost'));
      assert.is(first.status, 'lost');
      await b.zk.sync();
      assert.ok(await b.zk.exists(first.path));
      const again = acquireLock(a.zk, '/lock');
      world.ensemble.isolate(a.host.place, false);
      const second = await again;
      assert.is.not(second.token.session, session);
      assert.is(second.token.compare(first.token), 1);
      await b.zk.sync();
      assert.equal((await b.zk.children('/lock')).children, [second.path.split('/').at(-1)]);
    });

    for (const [number, goesOnWith] of [
      [10, 'timers'],
      [11, 'sockets'],
    ] as const) {
      test(`knows before anything else that its loop stood still, ${goesOnWith} first (${number})`, async (t) => {
        const world = await open();
        const [a, b] = [await actorOf(t, world, options), await actorOf(t, world)];
        await a.zk.create('/written', 'nobody');
        const hold = await acquireLock(a.zk, '/lock');
        const guarded = hold.guard([{ op: 'set', path: '/written', data: 'the former holder' }]);
        const order: string[] = [];
        hold.signal.addEventListener('abort', () => order.push('told'));
        // Its answer waits in the socket while the loop stands still.
        const reading = a.zk.getData('/written').then(
          () => order.push(`read, ${hold.signal.aborted}`),
          () => order.push(`failed, ${hold.signal.aborted}`),
        );
        a.host.block(2 * TIMEOUT_MS, goesOnWith);
        let mayBeCertain = true;
        const next = await acquireLock(b.zk, '/lock').then((granted) => {
          mayBeCertain = isCertain(a);
          return granted;
        });
        assert.not(mayBeCertain);
        assert.is(next.token.compare(hold.token), 1);
        await reading;
        assert.is(order[0], 'told');
        assert.match(order[1]!, /true$/);
        assert.not(hold.isCertain());
        assert.match(String(await errorOf(a.zk.multi(guarded))), refused);
        await b.zk.sync();
        assert.is(await b.zk.getData('/written', { codec: text }), 'nobody');
        assert.ok(next.isCertain());
      });
    }

    test('is never certain beside the next one, however long it is cut off (15)', async (t) => {
      const world = await open();
      const b = await actorOf(t, world);
      const exclusion = new Exclusion();
      for (let awayMs = TIMEOUT_MS - 300; awayMs <= TIMEOUT_MS + 300; awayMs += 20) {
        const a = await actorOf(t, world, options);
        const first = await acquireLock(a.zk, '/lock');
        const leave = exclusion.enter(first, a);
        const waiting = acquireLock(b.zk, '/lock').then((second) => ({
          second,
          leave: exclusion.enter(second, b),
        }));
        world.ensemble.isolate(a.host.place, true);
        await pause(t, awayMs);
        world.ensemble.isolate(a.host.place, false);
        await first.release();
        leave();
        const next = await waiting;
        await next.second.release();
        next.leave();
        await a.zk.close();
      }
      assert.is(exclusion.granted, 62);
    });

    test('gives its lock back first when a server answers, and stays a member (16)', async (t) => {
      const world = await open();
      const a = await actorOf(t, world, { sessionTimeoutMs: 6_000, marginMs: 4_000 });
      const b = await actorOf(t, world);
      const hold = await acquireLock(a.zk, '/lock');
      const member = await joinGroup(a.zk, '/group', { id: 'me' });
      const { czxid } = (await a.zk.exists(member.path))!;
      const session = a.zk.session!.id;
      world.ensemble.isolate(a.host.place, true);
      await record(t, hold.status$).until((status) => status === 'lost');
      const next = acquireLock(b.zk, '/lock');
      const names = a.zk.children('/lock');
      world.ensemble.isolate(a.host.place, false);
      assert.not((await names).children.includes(hold.path.split('/').at(-1)!));
      assert.is(a.zk.session!.id, session);
      await record(t, pendingCleanups$(a.zk)).until((count) => count === 0);
      assert.ok((await next).isCertain());
      await record(t, member.status$).until((status) => status === 'joined');
      assert.is((await a.zk.exists(member.path))!.czxid, czxid);
      assert.not(hold.isCertain());
    });
  });
}
