/** A double barrier in trouble: lost answers, ended sessions, those who give up, operators. */
import { type Client, CREATOR_ALL_ACL, text } from '@vivarium/core';
import { type Cohort, doubleBarrier, pendingCleanups$ } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { atNext, untilMembers } from './at-barriers.js';
import { type Person, settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;
const generations = (cohorts: readonly Cohort[]) => cohorts.map(({ generation }) => generation);

/** Restores what a test has taken from a connection, which is lost with that. */
function recover({ faults }: Person): void {
  faults.deaf = false;
  faults.mute = false;
  faults.cut();
}

export function doubleBarrierFailureSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: a double barrier in trouble`, (test) => {
    test('has its cohort formed by another when the one who is to do it does not', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }, { zk: c }] = [await person(), await person(), await person()];
      const first = doubleBarrier(a, home, { size: 2 }).enter();
      await untilMembers(a, home, 1);
      // It has looked, and will not form the cohort itself.
      await settle(a);
      const still = await b.create(`${home}/_c_still-m-`, '', { mode: 'ephemeralSequential' });
      const late = await errorOf(doubleBarrier(c, home, { size: 2 }).enter());
      assert.is(errorName(late), 'BARRIER_FULL');
      const { members, member } = await first;
      assert.equal(members, [member, still.path.slice(home.length + 1)]);
    });

    for (const lost of ['answer', 'request'] as const) {
      const lose = ({ faults }: Person) => {
        if (lost === 'answer') faults.deaf = true;
        else faults.mute = true;
      };
      const sent = (zk: Person['zk']) =>
        new Promise<void>((resolve) => zk.clock.setTimer(30, resolve));

      for (const operation of ['create', 'multi'] as const) {
        const what = operation === 'create' ? 'coming' : 'forming a cohort';
        test(`forms one cohort though the ${lost} of ${what} is lost`, async (t) => {
          const { home, person } = await stageOf(t, await open());
          const [a, b] = [await person(), await person()];
          const first = doubleBarrier(a.zk, home, { size: 2 }).enter();
          await untilMembers(a.zk, home, 1);
          // It has looked, and will not form the cohort itself.
          await settle(a.zk);
          let times = 0;
          const zk = atNext(b, operation, () => {
            if (times++ === 0) lose(b);
          });
          const second = doubleBarrier(zk, home, { size: 2 }).enter();
          while (times === 0) await a.zk.sync();
          await sent(b.zk);
          recover(b);
          const cohorts = await Promise.all([first, second]);
          assert.equal(generations(cohorts), [1, 1]);
          assert.equal(cohorts[0]!.members, [cohorts[0]!.member, cohorts[1]!.member]);
          await untilMembers(a.zk, home, 2);
          await Promise.all(cohorts.map((cohort) => cohort.leave()));
        });
      }

      for (const operation of ['create', 'multi'] as const) {
        const what = operation === 'create' ? 'coming' : 'giving up';
        test(`has nothing left of who gives up and the ${lost} of ${what} is lost`, async (t) => {
          const { home, person } = await stageOf(t, await open());
          const [a, b] = [await person(), await person()];
          await b.zk.ensure(home);
          await settle(a.zk);
          let times = 0;
          const zk = atNext(a, operation, () => {
            if (times++ === 0) lose(a);
          });
          const giveUp = new AbortController();
          const { signal } = giveUp;
          const error = errorOf(doubleBarrier(zk, home, { size: 2 }).enter({ signal }));
          if (operation === 'multi') {
            await untilMembers(b.zk, home, 1);
            // It knows by then that it stands there.
            await settle(a.zk);
          } else {
            while (times === 0) await b.zk.sync();
            await sent(b.zk);
          }
          giveUp.abort('enough');
          while (times === 0) await b.zk.sync();
          await sent(b.zk);
          recover(a);
          assert.is(await error, 'enough');
          await record(t, pendingCleanups$(a.zk)).until((count) => count === 0);
          await b.zk.sync();
          assert.equal((await b.zk.children(home)).children, []);
        });
      }

      for (const place of [0, 1]) {
        const who = place === 0 ? 'first' : 'last';
        test(`is left once though the ${lost} of the ${who} to leave is lost`, async (t) => {
          const { home, person } = await stageOf(t, await open());
          const people = [await person(), await person()] as const;
          const unlucky = people[place]!;
          let isLeaving = false;
          let times = 0;
          const zk = atNext(unlucky, 'multi', () => {
            if (isLeaving && times++ === 0) lose(unlucky);
          });
          const entering: Promise<Cohort>[] = [];
          for (const [i, each] of people.entries()) {
            await untilMembers(people[0].zk, home, i);
            const own = each === unlucky ? zk : each.zk;
            entering.push(doubleBarrier(own, home, { size: 2, onLoss: 'break' }).enter());
          }
          const cohorts = await Promise.all(entering);
          isLeaving = true;
          const leaving = Promise.all(cohorts.map((cohort) => cohort.leave()));
          const other = people[1 - place]!;
          while (times === 0) await other.zk.sync();
          await sent(unlucky.zk);
          recover(unlucky);
          await leaving;
          assert.not(cohorts.some(({ signal }) => signal.aborted));
          assert.equal((await other.zk.children(home)).children, []);
        });
      }
    }

    test('is broken for who loses its session inside, by the clock alone', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const options = { sessionTimeoutMs: 6_000, marginMs: 4_500 };
      const [a, b] = [await person(options), await person()];
      const enter = ({ zk }: Person) => doubleBarrier(zk, home, { size: 2 }).enter();
      const [mine, other] = await Promise.all([enter(a), enter(b)]);
      const broken = new Promise<void>((resolve) => {
        mine.signal.addEventListener('abort', () => resolve());
      });
      a.faults.partition();
      await broken;
      assert.is((await b.zk.children(home)).children.length, 2);
      assert.is(errorName(mine.signal.reason), 'BROKEN_BARRIER');
      assert.ok(String(mine.signal.reason).includes(mine.member));
      assert.is(errorName(await errorOf(mine.leave())), 'BROKEN_BARRIER');
      const leaving = other.leave();
      a.faults.heal();
      await mine[Symbol.asyncDispose]();
      await leaving;
      await record(t, pendingCleanups$(a.zk)).until((count) => count === 0);
      assert.equal((await b.zk.children(home)).children, []);
    });

    test('is broken for who is thrown out by an operator', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, b] = [await person(), await person()];
      const options = { size: 2, onLoss: 'break' } as const;
      const enter = ({ zk }: Person) => doubleBarrier(zk, home, options).enter();
      const [mine, other] = await Promise.all([enter(a), enter(b)]);
      const broken = [mine, other].map(
        ({ signal }) =>
          new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
      );
      await b.zk.delete(`${home}/${mine.member}`);
      await Promise.all(broken);
      for (const { signal } of [mine, other]) {
        assert.is(errorName(signal.reason), 'BROKEN_BARRIER');
        assert.ok(String(signal.reason).includes(mine.member));
      }
      await other[Symbol.asyncDispose]();
      await untilMembers(a.zk, home, 0);
    });

    test('is broken for who was counted when its session had just ended', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, b] = [await person(), await person()];
      const unlucky = doubleBarrier(a.zk, home, { size: 2 }).enter();
      const error = errorOf(unlucky);
      await untilMembers(b.zk, home, 1);
      await settle(a.zk);
      a.faults.partition();
      const other = await doubleBarrier(b.zk, home, { size: 2 }).enter();
      await a.faults.endSession();
      a.faults.heal();
      assert.is(errorName(await error), 'BROKEN_BARRIER');
      await other.leave();
    });

    test('is left by who gives up waiting for the others, who can go on', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, b] = [await person(), await person()];
      const options = { size: 2, onLoss: 'break' } as const;
      const enter = ({ zk }: Person) => doubleBarrier(zk, home, options).enter();
      for (const generation of [1, 2]) {
        const cohorts = await Promise.all([enter(a), enter(b)]);
        assert.equal(generations(cohorts), [generation, generation]);
        const first = cohorts.find(({ member, members }) => members[0] === member)!;
        const last = cohorts.find((cohort) => cohort !== first)!;
        assert.is(errorName(await errorOf(first.leave({ timeoutMs: 20 }))), 'TIMED_OUT');
        await untilMembers(b.zk, home, 1);
        const again = first.leave();
        const gone = last.leave({ signal: AbortSignal.abort('no') });
        assert.is(await errorOf(gone), 'no');
        await again;
        await last.leave();
        assert.not(cohorts.some(({ signal }) => signal.aborted));
        assert.equal((await a.zk.children(home)).children, []);
      }
    });

    test('that all gave up leaving is as new for who comes next', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, b] = [await person(), await person()];
      const enter = ({ zk }: Person) => doubleBarrier(zk, home, { size: 2 }).enter();
      const cohorts = await Promise.all([enter(a), enter(b)]);
      const signal = AbortSignal.abort('no');
      for (const cohort of cohorts) assert.is(await errorOf(cohort.leave({ signal })), 'no');
      for (const { zk } of [a, b]) {
        await record(t, pendingCleanups$(zk)).until((count) => count === 0);
      }
      const marks = cohorts[0]!.members.map((member) => `l-${member}`);
      assert.equal(new Set((await a.zk.children(home)).children), new Set(marks));
      const next = enter(a);
      const list = record(t, b.zk.children$(home));
      const isMember = (names: readonly string[]) => names.length === 1 && /^_c_/.test(names[0]!);
      await list.until((now) => now.kind === 'present' && isMember(now.children));
      assert.equal(generations(await Promise.all([next, enter(b)])), [2, 2]);
    });

    test('given up while waiting leaves nothing behind', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, b] = [await person(), await person()];
      const { enter } = doubleBarrier(a.zk, home, { size: 2 });
      const never = enter({ signal: AbortSignal.abort('no') });
      assert.is(await errorOf(never), 'no');
      assert.is(await b.zk.exists(home), undefined);
      assert.is(errorName(await errorOf(enter({ timeoutMs: 30 }))), 'TIMED_OUT');
      await untilMembers(b.zk, home, 0);
      const giveUp = new AbortController();
      const waiting = errorOf(enter({ signal: giveUp.signal }));
      await untilMembers(b.zk, home, 1);
      giveUp.abort('enough');
      assert.is(await waiting, 'enough');
      await untilMembers(b.zk, home, 0);
      await record(t, pendingCleanups$(a.zk)).until((count) => count === 0);
      await settle(a.zk);
      assert.is(a.zk.stats().watches, 0);
    });

    test('given up without a server is so when the session is in doubt', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, b] = [await person({ sessionTimeoutMs: 2_000 }), await person()];
      const giveUp = new AbortController();
      const options = { signal: giveUp.signal };
      const waiting = errorOf(doubleBarrier(a.zk, home, { size: 2 }).enter(options));
      await untilMembers(b.zk, home, 1);
      a.faults.partition();
      const { certainUntil } = a.zk;
      giveUp.abort('enough');
      assert.is(await waiting, 'enough');
      assert.ok(a.zk.clock.now() >= certainUntil);
      a.faults.heal();
      await record(t, pendingCleanups$(a.zk)).until((count) => count === 0);
      await untilMembers(b.zk, home, 0);
    });

    test('takes two of one client for two', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const enter = () => doubleBarrier(zk, home, { size: 2 }).enter();
      const [a, b] = await Promise.all([enter(), enter()]);
      assert.is.not(a.member, b.member);
      assert.equal(new Set(a.members), new Set([a.member, b.member]));
      let isGone = false;
      const leaving = a.leave().then(() => {
        isGone = true;
      });
      await settle(zk);
      assert.not(isGone);
      await Promise.all([leaving, b.leave()]);
    });

    test('removed by an operator is made again by those who wait', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, b] = [await person(), await person()];
      const waiting = doubleBarrier(a.zk, home, { size: 2 }).enter();
      await untilMembers(b.zk, home, 1);
      const [member] = (await b.zk.children(home)).children;
      await b.zk.multi([
        { op: 'delete', path: `${home}/${member}` },
        { op: 'delete', path: home },
      ]);
      await untilMembers(b.zk, home, 1);
      const cohorts = await Promise.all([waiting, doubleBarrier(b.zk, home, { size: 2 }).enter()]);
      assert.equal(generations(cohorts), [1, 1]);
      await Promise.all(cohorts.map((cohort) => cohort.leave()));
    });

    test('lets in who was just about to wait when the cohort was formed', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, b] = [await person(), await person()];
      let go = () => {};
      const formed = new Promise<void>((resolve) => {
        go = resolve;
      });
      let isHeld = false;
      const get: Client['get'] = async (path, options) => {
        if (path === home && options?.watch !== undefined) {
          isHeld = true;
          await formed;
        }
        return a.zk.get(path, options);
      };
      const zk = new Proxy(a.zk, {
        get: (target, key) => (key === 'get' ? get : Reflect.get(target, key, target)),
      });
      const waiting = doubleBarrier(zk, home, { size: 2 }).enter();
      while (!isHeld) await b.zk.sync();
      const other = await doubleBarrier(b.zk, home, { size: 2 }).enter();
      go();
      assert.equal((await waiting).members, other.members);
    });

    test('is come to again by who waits and whose node an operator deletes', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, b] = [await person(), await person()];
      const enter = ({ zk }: Person) => doubleBarrier(zk, home, { size: 2 }).enter();
      const waiting = enter(a);
      await untilMembers(b.zk, home, 1);
      const [member] = (await b.zk.children(home)).children;
      await settle(a.zk);
      await b.zk.delete(`${home}/${member}`);
      await untilMembers(b.zk, home, 1);
      const cohorts = await Promise.all([waiting, enter(b)]);
      assert.not(cohorts[0]!.members.includes(member!));
    });

    test('is for one number, and for nothing else', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      for (const size of [0, 1.5, 1_001, Number.NaN]) {
        assert.throws(() => doubleBarrier(zk, home, { size }), /BAD_ARGUMENTS/);
      }
      const odd = { size: 2, onLoss: 'explode' as 'break' };
      assert.throws(() => doubleBarrier(zk, home, odd), /give one of wait and break/);
      const giveUp = new AbortController();
      const { signal } = giveUp;
      const given = errorOf(doubleBarrier(zk, home, { size: 2 }).enter({ signal }));
      await untilMembers(zk, home, 1);
      giveUp.abort('enough');
      assert.is(await given, 'enough');
      const error = await errorOf(doubleBarrier(zk, home, { size: 3 }).enter());
      assert.is(errorName(error), 'SIZE_MISMATCH');
      assert.match(String(error), /it is for 2, not for 3/);
      await untilMembers(zk, home, 0);
      await zk.set(home, 'a poem');
      const other = await errorOf(doubleBarrier(zk, home, { size: 2 }).enter());
      assert.is(errorName(other), 'INVALID_VALUE');
      assert.is(await zk.getData(home, { codec: text }), 'a poem');
    });

    test('says so when it is not ours to use', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, b] = [await person(), await person()];
      await a.zk.addAuth({ scheme: 'digest', auth: 'a:secret' });
      await a.zk.create(home, undefined, { acl: CREATOR_ALL_ACL });
      const error = await errorOf(doubleBarrier(b.zk, home, { size: 1 }).enter());
      assert.is(errorName(error), 'NO_AUTH');
      const acl = CREATOR_ALL_ACL;
      const cohort = await doubleBarrier(a.zk, home, { size: 1, acl }).enter();
      await cohort.leave();
    });
  });
}
