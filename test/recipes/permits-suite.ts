import { text } from '@vivarium/core';
import {
  acquirePermits,
  type Hold,
  type PermitOptions,
  pendingCleanups$,
  permits$,
  setPermitLimit,
  tryAcquirePermits,
} from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite, type TestContext } from '../support/suite.js';
import { cutAtEachPiece, settle, stageOf } from './world.js';

export function permitsSuite(name: string, open: () => Promise<Target>): void {
  const scene = async (t: TestContext, count: number) => {
    const { home, person } = await stageOf(t, await open());
    const people = await Promise.all(Array.from({ length: count }, () => person()));
    const clients = people.map(({ zk }) => zk);
    const list = record(t, clients[0]!.children$(home));
    /** Resolves when so many have permits or ask for some. */
    const queueOf = async (length: number) => {
      await list.until((now) => now.kind === 'present' && now.children.length === length);
    };
    const ask = (who: number, options: PermitOptions = {}) => {
      const granted = acquirePermits(clients[who]!, home, options);
      const seen: { hold?: Hold; granted: Promise<Hold> } = { granted };
      granted.then((hold) => Object.assign(seen, { hold })).catch(() => {});
      return seen;
    };
    return { home, people, clients, list, queueOf, ask, settled: () => settle(...clients) };
  };

  suite(`${name}: permits`, (test) => {
    test('are no more than the limit, and come back in any order (scenario 36)', async (t) => {
      const { clients, ask, queueOf, settled, home } = await scene(t, 4);
      const limit = 2;
      const a = await ask(0, { limit, data: 'a' }).granted;
      const b = await ask(1, { limit }).granted;
      assert.match(a.path, /_c_[0-9a-f-]{36}-1-permit-\d{10}$/);
      assert.is(await clients[3]!.getData(a.path, { codec: text }), 'a');
      const c = ask(2, { limit, data: 'c' });
      await queueOf(3);
      const d = ask(3, { limit });
      await queueOf(4);
      await settled();
      assert.equal([c.hold, d.hold], [undefined, undefined]);
      assert.is(await tryAcquirePermits(clients[0]!, home, { limit }), null);
      // The one directly before them stays: who waits must hear of the other one all the same.
      await a.release();
      const third = await c.granted;
      assert.is(third.token.compare(b.token), 1);
      await settled();
      assert.is(d.hold, undefined);
      assert.is(await clients[0]!.getData(third.path, { codec: text }), 'c');
      await third.release();
      await (await d.granted).release();
      await b.release();
      await queueOf(0);
    });

    test('are given all at once: two who want two of two do not block each other (scenario 37)', async (t) => {
      const { ask, queueOf, settled } = await scene(t, 2);
      const both = [ask(0, { limit: 2, permits: 2 }), ask(1, { limit: 2, permits: 2 })];
      await queueOf(2);
      const winner = await Promise.race(both.map(({ granted }) => granted));
      await settled();
      assert.is(both.filter(({ hold }) => hold !== undefined).length, 1);
      await winner.release();
      const holds = await Promise.all(both.map(({ granted }) => granted));
      for (const hold of holds) await hold.release();
    });

    test('are kept for a request for many: one for few that came later does not overtake', async (t) => {
      const { ask, queueOf, settled } = await scene(t, 3);
      const few = await ask(0, { limit: 3 }).granted;
      const many = ask(1, { permits: 3 });
      await queueOf(2);
      const late = ask(2);
      await queueOf(3);
      await settled();
      assert.equal([many.hold, late.hold], [undefined, undefined]);
      await few.release();
      const granted = await many.granted;
      await settled();
      assert.is(late.hold, undefined);
      await granted.release();
      await (await late.granted).release();
    });

    test('stay out when the limit falls, and follow it when it rises (scenario 38)', async (t) => {
      const { clients, home, ask, queueOf, settled } = await scene(t, 7);
      const [zk] = clients;
      const state = record(t, permits$(zk!, home));
      const holds = [];
      for (let who = 0; who < 5; who++) holds.push(await ask(who, { limit: 5 }).granted);
      await setPermitLimit(zk!, home, 2);
      await state.until(({ limit, asked }) => limit === 2 && asked === 5);
      const next = ask(5);
      await queueOf(6);
      const last = ask(6);
      await queueOf(7);
      for (const hold of holds.splice(0, 3)) await hold.release();
      await queueOf(4);
      await settled();
      assert.ok(holds.every((hold) => hold.isCertain()));
      assert.equal([next.hold, last.hold], [undefined, undefined]);
      await setPermitLimit(zk!, home, 4);
      holds.push(await next.granted, await last.granted);
      // Of four that hold, those who came first leave last: order does not matter for who leaves.
      await setPermitLimit(zk!, home, 1);
      const late = ask(4);
      await queueOf(5);
      for (const hold of holds.splice(0, 3)) await hold.release();
      await settled();
      assert.is(late.hold, undefined);
      await holds[0]!.release();
      await (await late.granted).release();
      assert.equal(await state.until(({ asked }) => asked === 0), { limit: 1, asked: 0 });
    });

    test('free the next in line when the limit has fallen below those who hold', async (t) => {
      const { clients, home, ask, queueOf } = await scene(t, 4);
      const holds = [];
      for (let who = 0; who < 3; who++) holds.push(await ask(who, { limit: 3 }).granted);
      await setPermitLimit(clients[0]!, home, 2);
      const next = ask(3);
      await queueOf(4);
      // The last one stays, which by the limit of now would be waiting, and says that it is not.
      await holds[0]!.release();
      await holds[1]!.release();
      await (await next.granted).release();
      await holds[2]!.release();
    });

    test('come back with the session of who had them, and are lost with it', async (t) => {
      const { people, ask, queueOf } = await scene(t, 2);
      const hold = await ask(1, { limit: 1 }).granted;
      const next = ask(0);
      await queueOf(2);
      await people[1]!.faults.endSession();
      people[1]!.faults.cut();
      await (await next.granted).release();
      await record(t, hold.status$).until((status) => status === 'lost');
    });

    test('go to who waits through a new session, at the end of the queue', async (t) => {
      const { people, ask, queueOf, list } = await scene(t, 3);
      const hold = await ask(0, { limit: 1 }).granted;
      let requeued = 0;
      const first = ask(1, { onRequeued: () => requeued++ });
      await queueOf(2);
      const second = ask(2, { onRequeued: () => assert.unreachable('it has kept its place') });
      await queueOf(3);
      const before = list.last;
      await people[1]!.faults.endSession();
      people[1]!.faults.cut();
      await list.until(
        (now) => now !== before && now.kind === 'present' && now.children.length === 3,
      );
      await hold.release();
      const granted = await second.granted;
      assert.is(first.hold, undefined);
      await granted.release();
      await (await first.granted).release();
      assert.is(requeued, 1);
    });

    for (const lost of ['answers', 'requests'] as const) {
      test(`are taken once, though ${lost} are lost on the way`, async (t) => {
        const { people, clients, home, ask, queueOf } = await scene(t, 2);
        const hold = await ask(0, { limit: 1 }).granted;
        const stopCutting = cutAtEachPiece(people[1]!, lost, 5);
        const next = ask(1, { data: 'mine' });
        await queueOf(2);
        await hold.release();
        const granted = await next.granted;
        stopCutting();
        await queueOf(1);
        const shown = record(t, clients[0]!.data$(granted.path, { codec: text }));
        await shown.until((data) => data === 'mine');
        assert.is(await tryAcquirePermits(clients[0]!, home), null);
        await granted.release();
        await queueOf(0);
      });
    }

    test('wake only the first that waits, and then the next, when some come back', async (t) => {
      const { clients, ask, queueOf, settled } = await scene(t, 6);
      const holds = [await ask(0, { limit: 2 }).granted, await ask(1).granted];
      const waiting = [];
      for (const who of [2, 3, 4]) {
        waiting.push(ask(who));
        await queueOf(who + 1);
        await settled();
      }
      const heard = clients.map((zk) => record(t, zk.events$));
      const late = ask(5);
      await queueOf(6);
      await settled();
      const woken = () => heard.flatMap(({ values }, who) => (values.length > 0 ? [who] : []));
      // Client 0 is the one that the test looks with.
      assert.equal(woken(), [0, 2]);
      for (const { values } of heard) values.length = 0;
      await holds[0]!.release();
      await waiting[0]!.granted;
      await settled();
      assert.equal(
        woken().filter((who) => who > 2),
        [3],
      );
      await holds[1]!.release();
      for (const { granted } of [...waiting, late]) await (await granted).release();
    });

    test('are not waited for by who gives up, and nothing is left', async (t) => {
      const { clients, ask, queueOf, home } = await scene(t, 3);
      const hold = await ask(0, { limit: 1 }).granted;
      const giveUp = new AbortController();
      const middle = ask(1, { signal: giveUp.signal });
      await queueOf(2);
      const last = ask(2);
      await queueOf(3);
      giveUp.abort('enough');
      assert.is(await errorOf(middle.granted), 'enough');
      await record(t, pendingCleanups$(clients[1]!)).until((count) => count === 0);
      await queueOf(2);
      await hold.release();
      await (await last.granted).release();
      await settle(clients[0]!);
      assert.equal((await clients[0]!.children(home)).children, []);
      for (const zk of clients.slice(1)) {
        await settle(zk);
        assert.is(zk.stats().watches, 0);
      }
    });

    test('say what is wrong with a request for them, at the call', async (t) => {
      const { clients, home } = await scene(t, 1);
      const [zk] = clients;
      const wrong = async (options: PermitOptions) => {
        const error = (await errorOf(acquirePermits(zk!, home, options))) as Error;
        return `${error.name} ${error.message}`;
      };
      assert.match(await wrong({ limit: 0 }), /BAD_ARGUMENTS .*limit is 0; give a whole number/);
      assert.match(await wrong({ limit: 1.5 }), /BAD_ARGUMENTS/);
      assert.match(await wrong({ permits: -1 }), /BAD_ARGUMENTS .*permits is -1/);
      assert.match(await wrong({}), /NO_NODE|NO_LIMIT/);
      assert.is(await zk!.exists(home), undefined);
      assert.match(await wrong({ limit: 2, permits: 3 }), /BAD_ARGUMENTS .*3 permits.* the 2 /);
      assert.match(await wrong({ limit: 3 }), /LIMIT_MISMATCH .*the limit is 2, not 3/);
      assert.match(await wrong({ data: '{"waiting":true}' }), /BAD_ARGUMENTS/);
      assert.match(String(await errorOf(setPermitLimit(zk!, home, 0))), /BAD_ARGUMENTS/);
      await zk!.set(home, 'something else');
      assert.match(await wrong({ limit: 2 }), /INVALID_VALUE .*not the limit/);
      assert.match(String(await errorOf(setPermitLimit(zk!, home, 2))), /INVALID_VALUE/);
      assert.equal((await zk!.children(home)).children, []);
    });

    test('outlast that somebody removes all of it, the limit too', async (t) => {
      const { clients, home, ask, queueOf } = await scene(t, 3);
      const hold = await ask(0, { limit: 1 }).granted;
      const next = ask(1, { limit: 1 });
      await queueOf(2);
      const { children } = await clients[2]!.children(home);
      const ops = children.map((each) => ({ op: 'delete', path: `${home}/${each}` }) as const);
      await clients[2]!.multi([...ops, { op: 'delete', path: home }]);
      const again = await next.granted;
      await record(t, hold.status$).until((status) => status === 'revoked');
      assert.is(await tryAcquirePermits(clients[2]!, home), null);
      await again.release();
    });
  });
}
