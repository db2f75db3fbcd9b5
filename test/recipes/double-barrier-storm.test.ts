/**
 * A double barrier in bad weather: clients enter, give up, leave and stop waiting for the others
 * while their connections break in every way, and some are cut off for longer than their sessions
 * live. Whatever happens, all who pass agree on who is inside, nobody is in two cohorts, nobody has
 * left alone, and nothing is left over when the weather clears.
 */
import { isZkError } from '@vivarium/core';
import { type Cohort, doubleBarrier, isRecipeError, pendingCleanups$ } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { record } from '../compliance/observe.js';
import { openServer } from '../compliance/server.js';
import { suite } from '../support/suite.js';
import { Random } from '../unit/tree/random.js';
import { type Person, stageOf } from './world.js';

const CLIENTS = 5;
const SIZE = 3;
const STORM_MS = 3_000;
/** As much longer as it may last until more than so many cohorts were formed. */
const PATIENCE_MS = 20_000;
const ENOUGH = 5;

/** What is known of one cohort. */
interface Round {
  readonly members: readonly string[];
  readonly inside: Map<string, Cohort>;
  readonly leaving: Set<string>;
  /** Somebody was told that all have left. */
  isOver: boolean;
}

suite('a double barrier in bad weather', (test) => {
  for (const seed of [1, 2]) {
    test(
      `counts everybody once, and leaves nothing behind (${seed})`,
      async (t) => {
        const target = await openServer(({ connectString }) => connectString);
        t.cleanup(() => target.stop?.());
        const { home, person } = await stageOf(t, target);
        const options = { sessionTimeoutMs: 1_500 };
        const people = await Promise.all(Array.from({ length: CLIENTS }, () => person(options)));
        const observer = await person();
        const random = new Random(seed);
        const rounds = new Map<number, Round>();
        const known = new Set<string>();
        let isOver = false;
        t.cleanup(() => {
          isOver = true;
        });
        const pause = (ms: number) =>
          new Promise<void>((resolve) => observer.zk.clock.setTimer(ms, resolve));
        const limited = async <T>(who: Person, run: (signal: AbortSignal) => Promise<T>) => {
          const giveUp = new AbortController();
          const limit = 20 + random.below(1_500);
          const stop = who.zk.clock.setTimer(limit, () => giveUp.abort('late'));
          try {
            return await run(giveUp.signal);
          } finally {
            stop();
          }
        };

        const enrol = (cohort: Cohort): Round => {
          const { generation, member, members } = cohort;
          let round = rounds.get(generation);
          if (round === undefined) {
            assert.is(members.length, SIZE);
            for (const each of members) assert.not(known.has(each), 'one is in two cohorts');
            for (const each of members) known.add(each);
            round = { members, inside: new Map(), leaving: new Set(), isOver: false };
            rounds.set(generation, round);
          }
          assert.equal(members, round.members);
          assert.ok(members.includes(member) && !round.inside.has(member));
          assert.not(round.isOver, 'one has passed when all had left');
          round.inside.set(member, cohort);
          return round;
        };

        const takePart = async (who: Person) => {
          const onLoss = random.below(2) === 0 ? 'wait' : 'break';
          const barrier = doubleBarrier(who.zk, home, { size: SIZE, whenFull: 'wait', onLoss });
          const cohort = await limited(who, (signal) => barrier.enter({ signal }));
          const round = enrol(cohort);
          await pause(random.below(20));
          round.leaving.add(cohort.member);
          await limited(who, (signal) => cohort.leave({ signal }));
          round.isOver = true;
          for (const [member, other] of round.inside) {
            const isLeaving = round.leaving.has(member) || other.signal.aborted;
            assert.ok(isLeaving, 'one has left alone');
          }
        };

        const live = async (who: Person) => {
          while (!isOver) {
            try {
              await takePart(who);
            } catch (error) {
              const isWeather = error === 'late' || isRecipeError(error) || isZkError(error);
              if (!isWeather) throw error;
            }
          }
        };

        const blow = async () => {
          const until = performance.now() + STORM_MS;
          // A busy machine needs longer for the same.
          const latest = until + PATIENCE_MS;
          const isLong = () => performance.now() > (rounds.size > ENOUGH ? until : latest);
          const healing: Promise<void>[] = [];
          while (!isLong()) {
            await pause(random.below(40));
            const kind = random.below(24);
            const { faults } = people[random.below(CLIENTS)]!;
            if (kind < 4) faults.deaf = true;
            else if (kind < 8) faults.mute = true;
            if (kind < 8) await pause(random.below(30));
            if (kind === 8) {
              faults.refusing = true;
              healing.push(pause(500 + random.below(2_500)).then(() => faults.heal()));
            }
            if (kind < 14) faults.cut();
            faults.deaf = false;
            faults.mute = false;
          }
          isOver = true;
          await Promise.all(healing);
        };
        await Promise.all([blow(), ...people.map(live)]);
        assert.ok(rounds.size > ENOUGH, `only ${rounds.size} cohorts were formed`);

        for (const { zk } of people) {
          await record(t, pendingCleanups$(zk)).until((count) => count === 0);
        }
        const last = people.slice(0, SIZE).map(async ({ zk }) => {
          const barrier = doubleBarrier(zk, home, { size: SIZE, whenFull: 'wait' });
          const cohort = await barrier.enter();
          enrol(cohort);
          await cohort.leave();
        });
        await Promise.all(last);
        assert.equal((await people[0]!.zk.children(home)).children, []);
        for (const { zk } of people) {
          await zk.sync();
          assert.equal([zk.stats().watches, zk.stats().entries], [0, 0]);
        }
      },
      { timeoutMs: 60_000 },
    );
  }
});
