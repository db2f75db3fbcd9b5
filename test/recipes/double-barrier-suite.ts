/** What a double barrier does: who is counted, who passes when, and what deaths mean. */
import { type Cohort, doubleBarrier, pendingCleanups$ } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { atNext, kill, peopleOf, untilMembers } from './at-barriers.js';
import { type Person, settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;
const nothing = () => {};

export function doubleBarrierSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: a double barrier`, (test) => {
    test('lets its members start together and end together, and is then as new', async (t) => {
      const stage = await stageOf(t, await open());
      const path = `${stage.home}/some/where`;
      const people = await peopleOf(stage, 3);
      const passed: number[] = [];
      for (const generation of [1, 2, 3]) {
        passed.length = 0;
        const enter = async ({ zk }: Person, i: number) => {
          const cohort = await doubleBarrier(zk, path, { size: 3 }).enter();
          passed.push(i);
          return cohort;
        };
        const entering = people.slice(0, 2).map(enter);
        await untilMembers(people[2]!.zk, path, 2);
        await settle(...people.map(({ zk }) => zk));
        assert.equal(passed, []);
        const cohorts = await Promise.all([...entering, enter(people[2]!, 2)]);
        for (const cohort of cohorts) {
          assert.equal([cohort.generation, cohort.members.length], [generation, 3]);
          assert.equal(cohort.members, cohorts[0]!.members);
        }
        assert.equal(new Set(cohorts.map(({ member }) => member)), new Set(cohorts[0]!.members));
        const gone: number[] = [];
        const leave = (cohort: Cohort, i: number) => cohort.leave().then(() => gone.push(i));
        // The first of the cohort among those who leave early, and another.
        const leaving = cohorts.slice(0, 2).map(leave);
        await settle(...people.map(({ zk }) => zk));
        assert.equal(gone, []);
        await Promise.all([...leaving, leave(cohorts[2]!, 2)]);
        assert.not(cohorts.some(({ signal }) => signal.aborted));
        assert.equal((await people[0]!.zk.children(path)).children, []);
        await cohorts[0]!.leave();
      }
      for (const { zk } of people) {
        await settle(zk);
        assert.equal([zk.stats().watches, zk.stats().entries], [0, 0]);
      }
    });

    test('counts nobody who dies right after it came, and waits for a fourth (47)', async (t) => {
      const stage = await stageOf(t, await open());
      const path = stage.home;
      const [a, b, c, d] = (await peopleOf(stage, 4)) as [Person, Person, Person, Person];
      const enter = ({ zk }: Person) => doubleBarrier(zk, path, { size: 3 }).enter();
      let passed = 0;
      const two = [a, b].map((each) => enter(each).finally(() => passed++));
      await untilMembers(a.zk, path, 2);
      // They have looked, and will not form the cohort themselves.
      await settle(a.zk, b.zk);
      // Its node stands, but it never hears so, and cannot form the cohort.
      const dying = atNext(c, 'create', () => {
        c.faults.deaf = true;
      });
      enter({ ...c, zk: dying }).catch(nothing);
      await untilMembers(a.zk, path, 3);
      await kill(c);
      await untilMembers(a.zk, path, 2);
      await settle(a.zk, b.zk);
      assert.is(passed, 0);
      const cohorts = await Promise.all([...two, enter(d)]);
      for (const { members } of cohorts) {
        assert.equal(new Set(members), new Set(cohorts.map(({ member }) => member)));
      }
    });

    for (const timeoutMs of [undefined, 60_000]) {
      const how = timeoutMs === undefined ? 'without' : 'with';
      test(`lets nobody pass early whose connections break, ${how} a time limit (48)`, async (t) => {
        const stage = await stageOf(t, await open());
        const path = stage.home;
        const [a, b, c] = (await peopleOf(stage, 3)) as [Person, Person, Person];
        const enter = ({ zk }: Person) => doubleBarrier(zk, path, { size: 3 }).enter({ timeoutMs });
        let passed = 0;
        const two = [a, b].map((each) => enter(each).finally(() => passed++));
        await untilMembers(c.zk, path, 2);
        const before = (await c.zk.children(path)).children;
        for (let turn = 0; turn < 10; turn++) {
          for (const { faults } of [a, b]) faults.cut();
          await settle(a.zk, b.zk);
        }
        assert.is(passed, 0);
        assert.equal((await c.zk.children(path)).children, before);
        // A session that ends is another such event: its member comes again.
        await a.faults.endSession();
        a.faults.cut();
        await untilMembers(c.zk, path, 2);
        await settle(a.zk, b.zk);
        assert.is(passed, 0);
        const cohorts = await Promise.all([...two, enter(c)]);
        for (const { members } of cohorts) {
          assert.equal(new Set(members), new Set(cohorts.map(({ member }) => member)));
        }
      });
    }

    test('for three has exactly three of five inside, and refuses the others (49)', async (t) => {
      const stage = await stageOf(t, await open());
      const people = await peopleOf(stage, 5);
      const entering = people.map(({ zk }) => doubleBarrier(zk, stage.home, { size: 3 }).enter());
      const ends = await Promise.allSettled(entering);
      const cohorts = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
      const errors = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
      assert.equal(errors.map(errorName), ['BARRIER_FULL', 'BARRIER_FULL']);
      assert.equal(new Set(cohorts[0]!.members), new Set(cohorts.map(({ member }) => member)));
      await untilMembers(people[0]!.zk, stage.home, 3);
      await Promise.all(cohorts.map((cohort) => cohort.leave()));
    });

    test('for three has the others of five in the next cohort if they wait (49)', async (t) => {
      const stage = await stageOf(t, await open());
      const people = await peopleOf(stage, 6);
      const options = { size: 3, whenFull: 'wait' } as const;
      const inside: Cohort[] = [];
      const done = new Set<string>();
      const take = async ({ zk }: Person) => {
        const cohort = await doubleBarrier(zk, stage.home, options).enter();
        inside.push(cohort);
        // Nobody of the second cohort passes before all of the first have left.
        const first = inside[0]!.members;
        if (cohort.generation === 2) assert.ok(first.every((member) => done.has(member)));
        done.add(cohort.member);
        await cohort.leave();
      };
      await Promise.all(people.map(take));
      const generations = inside.map(({ generation }) => generation);
      assert.equal(generations, [1, 1, 1, 2, 2, 2]);
      assert.is(new Set(inside.map(({ member }) => member)).size, 6);
      assert.equal((await people[0]!.zk.children(stage.home)).children, []);
    });

    test('lets a slow one in though others leave already (50)', async (t) => {
      const stage = await stageOf(t, await open());
      const [a, b, c] = (await peopleOf(stage, 3)) as [Person, Person, Person];
      const enter = ({ zk }: Person) => doubleBarrier(zk, stage.home, { size: 3 }).enter();
      const slow = enter(a);
      await untilMembers(b.zk, stage.home, 1);
      await settle(a.zk);
      a.faults.deaf = true;
      const quick = await Promise.all([enter(b), enter(c)]);
      const leaving = quick.map((cohort) => cohort.leave());
      await untilMembers(b.zk, stage.home, 1);
      a.faults.deaf = false;
      a.faults.cut();
      const cohort = await slow;
      assert.equal(cohort.members, quick[0]!.members);
      await Promise.all([...leaving, cohort.leave()]);
    });

    test('does not start the next round with one when all died inside (51)', async (t) => {
      const stage = await stageOf(t, await open());
      const people = await peopleOf(stage, 3);
      const next = await peopleOf(stage, 3);
      const enter = ({ zk }: Person) => doubleBarrier(zk, stage.home, { size: 3 }).enter();
      const dead = await Promise.all(people.map(enter));
      for (const each of people) await kill(each);
      let passed = 0;
      const first = enter(next[0]!).finally(() => passed++);
      await untilMembers(next[1]!.zk, stage.home, 1);
      await settle(next[0]!.zk);
      assert.is(passed, 0);
      const cohorts = await Promise.all([first, enter(next[1]!), enter(next[2]!)]);
      for (const { generation, members } of cohorts) {
        assert.is(generation, 2);
        assert.not(members.some((member) => dead[0]!.members.includes(member)));
      }
      await Promise.all(cohorts.map((cohort) => cohort.leave()));
      assert.equal((await next[0]!.zk.children(stage.home)).children, []);
    });

    test('that breaks when one is killed inside tells the others who (52)', async (t) => {
      const stage = await stageOf(t, await open());
      const people = await peopleOf(stage, 3);
      const options = { size: 3, onLoss: 'break', whenFull: 'wait' } as const;
      const enter = ({ zk }: Person) => doubleBarrier(zk, stage.home, options).enter();
      const [a, b, c] = (await Promise.all(people.map(enter))) as [Cohort, Cohort, Cohort];
      const leaving = errorOf(b.leave());
      const told = new Promise<void>((resolve) => {
        a.signal.addEventListener('abort', () => resolve());
      });
      await kill(people[2]!);
      await told;
      for (const error of [a.signal.reason, await errorOf(a.leave()), await leaving]) {
        assert.is(errorName(error), 'BROKEN_BARRIER');
        assert.ok(String(error).includes(c.member));
        for (const { member } of [a, b]) assert.not(String(error).includes(member));
      }
      await a[Symbol.asyncDispose]();
      // The next cohort does not suffer from it.
      const fourth = await stage.person();
      const next = await Promise.all([...people.slice(0, 2), fourth].map(enter));
      assert.equal(
        next.map(({ generation }) => generation),
        [2, 2, 2],
      );
      await Promise.all(next.map((cohort) => cohort.leave()));
    });

    test('that waits when one is killed inside lets the others leave (52)', async (t) => {
      const stage = await stageOf(t, await open());
      const people = await peopleOf(stage, 3);
      for (const victim of [0, 1, 2]) {
        const path = `${stage.home}/${victim}`;
        const others = people.filter((_, i) => i !== victim);
        const dying = await stage.person();
        const all = people.map((each, i) => (i === victim ? dying : each));
        const cohorts: Cohort[] = [];
        const entering = all.map(async ({ zk }, i) => {
          // One after the other, so that the victim has each of the places once.
          await untilMembers(zk, path, i);
          return doubleBarrier(zk, path, { size: 3 }).enter();
        });
        cohorts.push(...(await Promise.all(entering)));
        const survivors = cohorts.filter((_, i) => i !== victim);
        const leaving = survivors.map((cohort) => cohort.leave());
        await settle(...others.map(({ zk }) => zk));
        await kill(dying);
        await Promise.all(leaving);
        assert.not(survivors.some(({ signal }) => signal.aborted));
        assert.equal((await others[0]!.zk.children(path)).children, []);
      }
    });

    test('counts who runs out of time, or tells it so, never both (53)', async (t) => {
      const stage = await stageOf(t, await open());
      const [a, b] = (await peopleOf(stage, 2)) as [Person, Person];
      let entered = 0;
      for (let turn = 0; turn < 120; turn++) {
        const path = `${stage.home}/${turn}`;
        const gaveUp = new AbortController();
        const timeoutMs = turn % 40 === 0 ? 60_000 : turn % 12;
        const impatient =
          turn % 2 === 0
            ? doubleBarrier(a.zk, path, { size: 2 }).enter({ timeoutMs })
            : doubleBarrier(a.zk, path, { size: 2 }).enter({ signal: gaveUp.signal });
        impatient.catch(nothing);
        // The other comes earlier and earlier, and the one with a signal gives up later and later.
        for (let wait = turn % 9; wait > 0; wait--) await b.zk.sync();
        const patience = new AbortController();
        const patient = doubleBarrier(b.zk, path, { size: 2 }).enter({ signal: patience.signal });
        patient.catch(nothing);
        for (let wait = turn % 7; wait > 0; wait--) await a.zk.sync();
        gaveUp.abort(new Error('late'));
        const [first] = await Promise.allSettled([impatient]);
        if (first!.status === 'fulfilled') {
          const [one, other] = [first!.value, await patient];
          assert.equal(one.members, other.members);
          assert.ok(one.members.includes(one.member));
          await Promise.all([one.leave(), other.leave()]);
          entered++;
        } else {
          patience.abort('alone');
          assert.is(await errorOf(patient), 'alone');
        }
        await record(t, pendingCleanups$(a.zk)).until((count) => count === 0);
        const left = (await b.zk.exists(path)) && (await b.zk.children(path)).children;
        assert.equal(left ?? [], []);
      }
      assert.ok(entered > 0 && entered < 120);
    });
  });
}
