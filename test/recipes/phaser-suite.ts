import { phaser } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { atNext, kill, peopleOf, untilMembers } from './at-barriers.js';
import { type Person, settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;

export function phaserSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: a phaser`, (test) => {
    test('keeps three in step through twenty rounds', async (t) => {
      const stage = await stageOf(t, await open());
      const people = await peopleOf(stage, 3);
      const arrived: number[] = [];
      await Promise.all(
        people.map(async ({ zk }) => {
          const meeting = phaser(zk, stage.home, { size: 3 });
          for (let round = 1; round <= 20; round++) {
            arrived.push(round);
            assert.is(await meeting.arriveAndWait(), round);
            assert.is(arrived.filter((each) => each === round).length, 3);
          }
        }),
      );
      const last = await errorOf(
        phaser(people[0]!.zk, stage.home, { size: 3 }).arriveAndWait({ timeoutMs: 20 }),
      );
      assert.is(errorName(last), 'TIMED_OUT');
    });

    test('counts nobody who has given up a round, or died after it', async (t) => {
      const stage = await stageOf(t, await open());
      const [a, b, c] = (await peopleOf(stage, 3)) as [Person, Person, Person];
      const arrive = ({ zk }: Person, timeoutMs?: number) =>
        phaser(zk, stage.home, { size: 2 }).arriveAndWait({ timeoutMs });
      assert.is(errorName(await errorOf(arrive(a, 20))), 'TIMED_OUT');
      let passed = 0;
      const waiting = arrive(b).finally(() => passed++);
      await untilMembers(c.zk, stage.home, 1);
      await settle(b.zk);
      assert.is(passed, 0);
      assert.equal(await Promise.all([waiting, arrive(a)]), [1, 1]);
      await kill(a);
      const next = arrive(b).finally(() => passed++);
      await untilMembers(c.zk, stage.home, 1);
      await settle(b.zk);
      assert.is(passed, 1);
      assert.equal(await Promise.all([next, arrive(c)]), [2, 2]);
    });

    test('goes on though the answer to one who leaves a round is lost', async (t) => {
      const stage = await stageOf(t, await open());
      const [a, b] = (await peopleOf(stage, 2)) as [Person, Person];
      let isLost = false;
      const zk = atNext(b, 'multi', (ops) => {
        // What leaves a round begins with the removal of a member; what forms it does not.
        if (isLost || ops[0]?.op !== 'delete') return;
        isLost = true;
        b.faults.deaf = true;
      });
      const first = phaser(a.zk, stage.home, { size: 2 });
      const second = phaser(zk, stage.home, { size: 2 });
      const early = first.arriveAndWait();
      await untilMembers(a.zk, stage.home, 1);
      const late = second.arriveAndWait();
      assert.is(await early, 1);
      await untilMembers(a.zk, stage.home, 0);
      assert.ok(isLost);
      b.faults.deaf = false;
      b.faults.cut();
      assert.is(await late, 1);
      const round = Promise.all([first.arriveAndWait(), second.arriveAndWait()]);
      assert.equal(await round, [2, 2]);
    });
  });
}
