import { text } from '@vivarium/core';
import {
  instances$,
  joinGroup,
  picker,
  type RegisterOptions,
  registerService,
} from '@vivarium/recipes';
import { Subject } from 'rxjs';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite, type TestContext } from '../support/suite.js';
import { settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;

export function serviceSuite(name: string, open: () => Promise<Target>): void {
  const scene = async (t: TestContext, count = 2) => {
    const { home: base, person } = await stageOf(t, await open());
    const people = await Promise.all(Array.from({ length: count }, () => person()));
    const offer = (who: number, options: Partial<RegisterOptions> = {}) =>
      registerService(people[who]!.zk, { name: 'pay', id: `i${who}`, base, ...options });
    return { base, people, clients: people.map(({ zk }) => zk), offer };
  };

  suite(`${name}: a service`, (test) => {
    test('is told of with all its instances, and what each says of itself', async (t) => {
      const { base, clients, offer } = await scene(t);
      const seen = record(t, instances$(clients[0]!, 'pay', { base }));
      assert.equal(await seen.until((list) => list.length === 0), []);
      const meta$ = new Subject<unknown>();
      await using first = await offer(0, {
        address: '10.0.0.1',
        port: 80,
        meta: { zone: 'a' },
        meta$,
      });
      await using second = await offer(1, { url: 'https://pay.example/v1' });
      assert.equal(await seen.until((list) => list.length === 2), [
        ...[
          {
            name: 'pay',
            id: 'i0',
            address: '10.0.0.1',
            port: 80,
            url: undefined,
            meta: { zone: 'a' },
          },
        ],
        {
          ...{ name: 'pay', id: 'i1', address: undefined, port: undefined },
          ...{ url: 'https://pay.example/v1', meta: undefined },
        },
      ]);
      meta$.next({ zone: 'b' });
      await seen.until(([one]) => (one?.meta as { zone: string } | undefined)?.zone === 'b');
      assert.is(first.path, `${base}/pay/i0`);
      await second.leave();
      await seen.until((list) => list.length === 1);
    });

    test('comes back by itself with a new session, and goes with its process', async (t) => {
      const { base, people, clients, offer } = await scene(t);
      const seen = record(t, instances$(clients[0]!, 'pay', { base }));
      await offer(1);
      await seen.until((list) => list.length === 1);
      await people[1]!.faults.endSession();
      people[1]!.faults.cut();
      await seen.until((list) => list.length === 0);
      await seen.until((list) => list.length === 1);
      await clients[1]!.close();
      await seen.until((list) => list.length === 0);
    });

    test('refuses a second instance under one id, and names that are none', async (t) => {
      const { clients, base, offer } = await scene(t);
      await offer(0);
      assert.is(errorName(await errorOf(offer(1, { id: 'i0' }))), 'DUPLICATE_MEMBER');
      assert.is(errorName(await errorOf(offer(1, { name: 'a/b' }))), 'BAD_ARGUMENTS');
      assert.is(errorName(await errorOf(offer(1, { id: '' }))), 'BAD_ARGUMENTS');
      assert.throws(() => instances$(clients[0]!, '', { base }), /no name for a service/);
    });

    test('of programs in other languages is read, and what is none is left out', async (t) => {
      const { base, clients, offer } = await scene(t);
      const seen = record(t, instances$(clients[0]!, 'pay', { base }));
      await offer(0);
      const java = {
        ...{ name: 'pay', id: 'java', address: 'host', port: 8080, sslPort: null, payload: null },
        ...{ registrationTimeUTC: 1, serviceType: 'DYNAMIC', uriSpec: { parts: [] } },
      };
      await clients[1]!.create(`${base}/pay/java`, JSON.stringify(java), { mode: 'ephemeral' });
      await joinGroup(clients[1]!, `${base}/pay`, { id: 'stranger', data: 'x', codec: text });
      const list = await seen.until((now) => now.length === 2);
      assert.equal(
        list.map(({ id, address, port, url }) => [id, address, port, url]),
        [
          ['i0', undefined, undefined, undefined],
          ['java', 'host', 8080, undefined],
        ],
      );
    });
  });

  suite(`${name}: a picker`, (test) => {
    test('gives out the instances in turn, and passes nobody over when one comes or goes', async (t) => {
      const { base, clients, offer } = await scene(t, 4);
      using pick = picker(clients[0]!, 'pay', { base });
      assert.is(pick.pick(), undefined);
      const first = pick.next();
      await offer(1);
      assert.is((await first).id, 'i1');
      const seen = record(t, instances$(clients[0]!, 'pay', { base }));
      await offer(2);
      const third = await offer(3);
      await seen.until((list) => list.length === 3);
      const turns = Array.from({ length: 6 }, () => pick.pick()!.id);
      assert.equal(turns, ['i2', 'i3', 'i1', 'i2', 'i3', 'i1']);
      await third.leave();
      await seen.until((list) => list.length === 2);
      assert.equal([pick.pick()!.id, pick.pick()!.id], ['i2', 'i1']);
    });

    test('puts an instance aside that fails, for a while, unless there is no other', async (t) => {
      const { base, people, clients, offer } = await scene(t, 3);
      await offer(1);
      await offer(2);
      const seen = record(t, instances$(clients[0]!, 'pay', { base }));
      await seen.until((list) => list.length === 2);
      using pick = picker(clients[0]!, 'pay', { base, downForMs: 1_000 });
      const bad = (await pick.next())!;
      const error = new Error('refused');
      pick.report(bad, error);
      pick.report(bad, error);
      const good = pick.pick()!;
      assert.is.not(good.id, bad.id);
      assert.is(pick.pick()!.id, good.id);
      pick.report(good, error);
      pick.report(good);
      pick.report(good, error);
      assert.is(pick.pick()!.id, good.id);
      pick.report(good, error);
      // All are aside: any is better than none.
      assert.equal(new Set([pick.pick()!.id, pick.pick()!.id]).size, 2);
      people[0]!.faults.jump(1_001);
      pick.report(good);
      assert.equal(new Set([pick.pick()!.id, pick.pick()!.id]).size, 2);
    });

    test('keeps to one, or takes any, when it is asked to', async (t) => {
      const { base, clients, offer } = await scene(t, 4);
      const members = [await offer(1), await offer(2), await offer(3)];
      const seen = record(t, instances$(clients[0]!, 'pay', { base }));
      await seen.until((list) => list.length === 3);
      using sticky = picker(clients[0]!, 'pay', { base, strategy: 'sticky' });
      const { id } = await sticky.next();
      for (let turn = 0; turn < 10; turn++) assert.is(sticky.pick()!.id, id);
      using random = picker(clients[0]!, 'pay', { base, strategy: 'random' });
      await random.next();
      const counts = new Map<string, number>();
      for (let turn = 0; turn < 300; turn++) {
        const picked = random.pick()!.id;
        counts.set(picked, (counts.get(picked) ?? 0) + 1);
      }
      assert.is(counts.size, 3);
      assert.ok([...counts.values()].every((count) => count > 50));
      await members.find((member) => member.id === id)!.leave();
      await seen.until((list) => list.length === 2);
      const other = sticky.pick()!.id;
      assert.is.not(other, id);
      assert.is(sticky.pick()!.id, other);
    });

    test('has what it saw last while it is cut off, and nothing when it is closed', async (t) => {
      const { base, people, clients, offer } = await scene(t);
      await offer(1);
      const pick = picker(clients[0]!, 'pay', { base });
      const { id } = await pick.next();
      people[0]!.faults.partition();
      assert.is(pick.pick()!.id, id);
      people[0]!.faults.heal();
      await settle(clients[0]!);
      pick.close();
      assert.is(pick.pick(), undefined);
      assert.is(errorName(await errorOf(pick.next())), 'SESSION_EXPIRED');
      const none = picker(clients[0]!, 'nobody', { base });
      assert.is(errorName(await errorOf(none.next({ timeoutMs: 10 }))), 'TIMED_OUT');
      none.close();
      await settle(clients[0]!);
      assert.is(clients[0]!.stats().subscribers, 0);
      assert.throws(() => picker(clients[0]!, 'pay', { downAfter: 0 }), /BAD_ARGUMENTS/);
    });
  });
}
