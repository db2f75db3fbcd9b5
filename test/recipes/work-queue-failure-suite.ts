import { text } from '@vivarium/core';
import { type Claim, isRecipeError, pendingCleanups$, workQueue } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite, type TestContext } from '../support/suite.js';
import { Random } from '../unit/tree/random.js';
import { atNext } from './at-barriers.js';
import { loseAnswers } from './lost-answers.js';
import { type Person, settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;

export function workQueueFailureSuite(name: string, open: () => Promise<Target>): void {
  const scene = async (t: TestContext, count: number) => {
    const { home: path, person } = await stageOf(t, await open());
    const people = await Promise.all(Array.from({ length: count }, () => person()));
    const clients = people.map(({ zk }) => zk);
    const queues = clients.map((zk) => workQueue(zk, path, text));
    const depth = record(t, queues[0]!.depth$);
    return { path, person, people, clients, queues, depth };
  };
  /** Loses what is said at one place, or the answer to it, and with it the connection. */
  const loseAt = ({ zk, faults }: Person, lost: 'answer' | 'request', place: number) => {
    const told = { said: 0 };
    faults.sending = () => {
      if (++told.said !== place) return;
      faults[lost === 'answer' ? 'deaf' : 'mute'] = true;
      zk.clock.setTimer(4, () => {
        faults.deaf = false;
        faults.mute = false;
        faults.cut();
      });
    };
    return told;
  };

  suite(`${name}: a job in trouble`, (test) => {
    test('whose consumer died is delivered again, and its ack fails (scenario 79)', async (t) => {
      const { people, queues, depth } = await scene(t, 3);
      await queues[0]!.put('one');
      const dead = await queues[1]!.take();
      const waiting = queues[2]!.take();
      await depth.until(({ claimed }) => claimed === 1);
      await people[1]!.faults.endSession();
      people[1]!.faults.cut();
      const next = await waiting;
      assert.equal([next.id, next.attempts], [dead.id, 2]);
      assert.is(next.token.compare(dead.token), 1);
      await settle(people[1]!.zk);
      assert.is(errorName(await errorOf(dead.ack())), 'HOLD_LOST');
      assert.is(errorName(await errorOf(dead.nack())), 'HOLD_LOST');
      assert.throws(() => dead.guard([]), /HOLD_LOST/);
      assert.is(errorName(dead.signal.reason), 'HOLD_LOST');
      assert.ok(next.isCertain());
      await next.ack();
      await depth.until(({ waiting: left, claimed }) => left + claimed === 0);
    });

    test('is not confirmed by who has lost it and does not know (scenario 79)', async (t) => {
      const { path, people, clients, queues, depth } = await scene(t, 3);
      const [observer, a] = clients;
      for (const how of ['ack', 'nack'] as const) {
        await queues[0]!.put(how);
        const zombie = await queues[1]!.take();
        people[1]!.faults.late = true;
        await observer!.delete(zombie.token.path);
        const next = await queues[2]!.take();
        assert.is(next.id, zombie.id);
        await settle(clients[2]!);
        assert.ok(zombie.isCertain());
        const guarded = zombie.guard([{ op: 'create', path: `${path}/by-zombie`, data: '' }]);
        const ended = errorOf(how === 'ack' ? zombie.ack() : zombie.nack({ delayMs: 1 }));
        const refused = errorOf(a!.multi(guarded));
        people[1]!.faults.late = false;
        assert.is(errorName(await refused), 'NO_NODE');
        assert.is(errorName(await ended), 'HOLD_REVOKED');
        assert.ok(next.isCertain());
        await next.ack();
        await depth.until(({ waiting, claimed }) => waiting + claimed === 0);
      }
    });

    test('is lost by the clock alone when its consumer is cut off for too long', async (t) => {
      const { people, queues } = await scene(t, 2);
      await queues[0]!.put('one');
      const claim = await queues[1]!.take();
      people[1]!.faults.partition();
      people[1]!.faults.jump(60_000);
      assert.not(claim.isCertain());
      assert.is(errorName(claim.signal.reason), 'HOLD_LOST');
      assert.is(errorName(await errorOf(claim.ack())), 'HOLD_LOST');
      people[1]!.faults.heal();
      const next = await queues[0]!.take();
      assert.equal([next.value, next.attempts], ['one', 2]);
      await next.ack();
    });

    for (const lost of ['answer', 'request'] as const) {
      test(
        `is put, taken and confirmed once when the ${lost} is lost at whatever is said`,
        async (t) => {
          const { path, person, clients } = await scene(t, 1);
          const [observer] = clients;
          for (let place = 1; place <= 20; place++) {
            const here = `${path}/${place}`;
            const someone = await person();
            const queue = workQueue(someone.zk, here, text);
            const told = loseAt(someone, lost, place);
            await queue.put('one');
            const claim = await queue.take();
            assert.equal([claim.value, claim.attempts], ['one', 1], `${place}`);
            await queue.put('two', { delayMs: 1 });
            await claim.ack();
            await (await queue.take()).nack({ delayMs: 1 });
            const second = await queue.take();
            assert.equal([second.value, second.attempts], ['two', 2], `${place}`);
            await second.ack();
            while (told.said < place) await someone.zk.sync();
            await record(t, pendingCleanups$(someone.zk)).until((count) => count === 0);
            await settle(someone.zk, observer!);
            for (const folder of ['jobs', 'claims', 'proofs', 'takers', 'dead']) {
              const stat = await observer!.exists(`${here}/${folder}`);
              assert.is(stat?.numChildren ?? 0, 0, `${folder} at ${place}`);
            }
            await someone.zk.close();
          }
        },
        { timeoutMs: 60_000 },
      );
    }

    test('that was done before its maker came to know is not put again', async (t) => {
      const { path, people, queues, depth } = await scene(t, 2);
      await queues[0]!.put('before');
      await (await queues[0]!.take()).ack();
      for (const end of ['connection', 'session'] as const) {
        const { faults } = people[1]!;
        const hooked = atNext(people[1]!, 'multi', () => {
          faults.deaf = true;
        });
        const putting = workQueue(hooked, path, text).put(end);
        putting.catch(() => {});
        const claim = await queues[0]!.take();
        assert.is(claim.value, end);
        await claim.ack();
        if (end === 'session') await faults.endSession();
        faults.deaf = false;
        faults.cut();
        if (end === 'connection') assert.is(await putting, claim.id);
        else assert.is(errorName(await errorOf(putting)), 'UNKNOWN_OUTCOME');
        await settle(people[1]!.zk, people[0]!.zk);
        await depth.until(({ waiting, claimed }) => waiting + claimed === 0);
      }
    });

    test('that was put as the session ended is known to be put while it is there', async (t) => {
      const { path, people, queues, depth } = await scene(t, 2);
      const { faults } = people[1]!;
      await queues[0]!.put('before');
      const hooked = atNext(people[1]!, 'multi', () => {
        faults.deaf = true;
      });
      const putting = workQueue(hooked, path, text).put('one');
      await depth.until(({ waiting }) => waiting === 2);
      await faults.endSession();
      faults.deaf = false;
      faults.cut();
      const id = await putting;
      await (await queues[0]!.take()).ack();
      const claim = await queues[0]!.take();
      assert.is(claim.id, id);
      await claim.ack();
      await depth.until(({ waiting, claimed }) => waiting + claimed === 0);
    });

    test('whose ack was under way as the session ended is done, or delivered again', async (t) => {
      const { path, people, queues, depth } = await scene(t, 2);
      const { faults, zk } = people[1]!;
      let isAcking = false;
      let lost: 'deaf' | 'mute' = 'deaf';
      const hooked = atNext(people[1]!, 'multi', () => {
        if (isAcking) faults[lost] = true;
        isAcking = false;
      });
      const queue = workQueue(hooked, path, text);
      for (lost of ['deaf', 'mute'] as const) {
        await queues[0]!.put(lost);
        const claim = await queue.take();
        isAcking = true;
        const acking = errorOf(claim.ack());
        if (lost === 'deaf') {
          await depth.until(({ waiting, claimed }) => waiting + claimed === 0);
        } else {
          // The request has left the client when its turn is over.
          await new Promise<void>((resolve) => zk.clock.setTimer(20, resolve));
        }
        // Its end goes out, and must not be heard.
        faults.mute = false;
        faults.deaf = true;
        await faults.endSession();
        faults.deaf = false;
        faults.cut();
        const known = lost === 'deaf' ? 'UNKNOWN_OUTCOME' : 'HOLD_LOST';
        assert.is(errorName(await acking), known);
      }
      const again = await queues[0]!.take();
      assert.equal([again.value, again.attempts], ['mute', 2]);
      await again.ack();
      await depth.until(({ waiting, claimed }) => waiting + claimed === 0);
    });

    test(
      'is done at least once and confirmed once by many in bad weather (scenario 79)',
      async (t) => {
        const { home: path, person } = await stageOf(t, await open());
        const people = await Promise.all(Array.from({ length: 7 }, () => person()));
        const observer = await person();
        const options = { maxAttempts: 1_000 };
        const depth = record(t, workQueue(observer.zk, path, text).depth$);
        const losses = people.map((each, seed) =>
          loseAnswers(each, { seed, chance: 6, sessionEnds: 40 }),
        );
        const [put, doubtful] = [new Set<string>(), new Set<string>()];
        const produce = async ({ zk }: Person, who: number) => {
          const queue = workQueue(zk, path, text, options);
          for (let count = 0; count < 15; count++) {
            const value = `${who}-${count}`;
            const delayMs = count % 5 === 0 ? 20 : 0;
            try {
              await queue.put(value, { priority: count % 3, delayMs });
              put.add(value);
            } catch (error) {
              if (!isRecipeError(error, 'UNKNOWN_OUTCOME')) throw error;
              doubtful.add(value);
            }
          }
        };
        const told = new Map<string, { done: number; inDoubt: number; id: string }>();
        const claims = new Map<string, Claim<string>>();
        const stop = new AbortController();
        const consume = async ({ zk }: Person, who: number) => {
          const random = new Random(who);
          const queue = workQueue(zk, path, text, options);
          for (;;) {
            const claim = await queue.take({ signal: stop.signal }).catch((error: unknown) => {
              if (!stop.signal.aborted) throw error;
            });
            if (claim === undefined) return;
            const { id, value } = claim;
            const before = claims.get(id)?.token.zxid ?? 0n;
            assert.ok(claim.token.zxid > before, 'a token is not greater than the one before');
            claims.set(id, claim);
            const job = told.get(value) ?? { done: 0, inDoubt: 0, id };
            assert.is(job.id, id, `${value} was put twice`);
            told.set(value, job);
            for (let step = random.below(8); step > 0; step--) await zk.sync().catch(() => {});
            try {
              if (random.chance(15)) await claim.nack({ delayMs: random.below(2) * 10 });
              else {
                await claim.ack();
                job.done++;
              }
            } catch (error) {
              if (isRecipeError(error, 'UNKNOWN_OUTCOME')) job.inDoubt++;
              else if (!isRecipeError(error, 'HOLD_LOST', 'HOLD_REVOKED')) throw error;
            }
          }
        };
        const consuming = Promise.all(people.slice(3).map(consume));
        consuming.catch(() => {});
        await Promise.all(people.slice(0, 3).map(produce));
        const isEmpty = () => depth.last!.waiting + depth.last!.claimed === 0;
        await observer.zk.sync();
        while (!isEmpty()) await Promise.race([observer.zk.sync(), consuming]);
        for (const each of losses) await each.stop();
        await settle(...people.map(({ zk }) => zk));
        while (!isEmpty()) await Promise.race([observer.zk.sync(), consuming]);
        stop.abort('enough');
        await consuming;
        for (const value of put) assert.ok(told.has(value), `${value} was lost`);
        for (const [value, { done, inDoubt }] of told) {
          assert.ok(put.has(value) || doubtful.has(value));
          assert.ok(done <= 1, `${value} was confirmed ${done} times`);
          assert.ok(done + inDoubt >= 1, `${value} was never confirmed`);
        }
        const sessions = people.reduce((all, { zk }) => all + zk.session!.epoch - 1, 0);
        assert.ok(put.size > 22 && sessions > 3, `${put.size} put, ${sessions} sessions`);
        assert.is(depth.last?.dead, 0);
        for (const { zk } of people) {
          await record(t, pendingCleanups$(zk)).until((count) => count === 0);
        }
        await settle(observer.zk);
        for (const folder of ['jobs', 'claims', 'proofs', 'takers']) {
          const stat = await observer.zk.exists(`${path}/${folder}`);
          assert.is(stat?.numChildren ?? 0, 0, folder);
        }
      },
      { timeoutMs: 60_000 },
    );
  });
}
