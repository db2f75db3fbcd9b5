import { type Client, CREATOR_ALL_ACL, isZkError, json, text } from '@vivarium/core';
import { acquireLock, type MigrationStep, migrate, recipes } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { cutAtEachPiece, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;
const names = json<string[]>();

/** A step that writes its name down at the end of what is there. */
function writing(home: string, name: string): MigrationStep {
  return {
    name,
    async run(tx) {
      const before = await tx.get(`${home}/log`, text);
      tx.set(`${home}/log`, before === undefined ? name : `${before} ${name}`);
    },
  };
}

function logOf(zk: Client, home: string): Promise<string> {
  return zk.getData(`${home}/log`, { codec: text });
}

/** A promise, and what resolves it. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

export function migrateSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: a migration`, (test) => {
    test('makes its steps in order, each together with the record of it, and none again', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const path = `${home}/deep/migrations`;
      const steps = ['one', 'two'].map((each) => writing(home, each));
      const first = await migrate(a, path, steps);
      assert.equal(first, { made: ['one', 'two'], unknown: [] });
      const [log, stat] = [await b.exists(`${home}/log`), await b.exists(path)];
      assert.equal([log!.mzxid, log!.version], [stat!.mzxid, 1]);
      assert.equal(await b.getData(path, { codec: names }), ['one', 'two']);
      const more = [...steps, writing(home, 'three')];
      assert.equal(await recipes(b).migrate(path, more), { made: ['three'], unknown: [] });
      // An older program comes later: it has nothing to do, and so does not wait for the lock.
      const hold = await acquireLock(b, `${path}/lock`);
      assert.equal(await migrate(a, path, steps), { made: [], unknown: ['three'] });
      await hold.release();
      assert.is(await logOf(a, home), 'one two three');
    });

    test('is made by one of many that come at the same time; the others see it made', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const people = await Promise.all(Array.from({ length: 5 }, () => person()));
      const steps = ['one', 'two', 'three'].map((each) => writing(home, each));
      const all = await Promise.all(people.map(({ zk }) => migrate(zk, `${home}/m`, steps)));
      assert.equal(all.flatMap(({ made }) => made).sort(), ['one', 'three', 'two']);
      assert.is(await logOf(people[0]!.zk, home), 'one two three');
    });

    test('lets a second process wait, and make what the first has left', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const path = `${home}/m`;
      const [begun, going] = [gate(), gate()];
      const slow = {
        name: 'slow',
        async run() {
          begun.open();
          await going.opened;
        },
      };
      const ours = migrate(a, path, [slow]);
      await begun.opened;
      const impatient = migrate(b, path, [slow], { timeoutMs: 50 });
      assert.is(errorName(await errorOf(impatient)), 'TIMED_OUT');
      const theirs = migrate(b, path, [slow, writing(home, 'next')]);
      const queue = record(t, b.children$(`${path}/lock`));
      await queue.until((now) => now.kind === 'present' && now.children.length === 2);
      assert.is(await b.exists(`${home}/log`), undefined);
      going.open();
      // It may already know what the other has made since.
      assert.equal((await ours).made, ['slow']);
      assert.equal(await theirs, { made: ['next'], unknown: [] });
    });

    test('ends with the name of the step that fails, and begins with it the next time', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const path = `${home}/m`;
      const cause = new Error('no room');
      const failing: MigrationStep = {
        name: 'two',
        run(tx) {
          tx.set(`${home}/log`, 'half');
          throw cause;
        },
      };
      const ends = [writing(home, 'one'), writing(home, 'three')] as const;
      const error = (await errorOf(migrate(zk, path, [ends[0], failing, ends[1]]))) as Error;
      assert.equal([error.name, error.cause], ['STEP_FAILED', cause]);
      assert.match(error.message, 'the step two failed: no room');
      assert.is(await logOf(zk, home), 'one');
      const next = await migrate(zk, path, [ends[0], writing(home, 'two'), ends[1]]);
      assert.equal(next.made, ['two', 'three']);
      assert.is(await logOf(zk, home), 'one two three');
    });

    test('is refused when its steps are not those that were made, or have no proper names', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const path = `${home}/m`;
      const [one, two] = [writing(home, 'one'), writing(home, 'two')];
      await migrate(zk, path, [one, two]);
      for (const steps of [[two], [one, writing(home, 'other')], [two, one, two]]) {
        const error = await errorOf(migrate(zk, path, steps));
        const isTwice = steps.length === 3;
        assert.is(errorName(error), isTwice ? 'BAD_ARGUMENTS' : 'STEPS_DIFFER', String(error));
      }
      for (const wrong of [[writing(home, '')], [one, one]]) {
        assert.ok(isZkError(await errorOf(migrate(zk, path, wrong)), 'BAD_ARGUMENTS'));
      }
      for (const bad of ['', 'relative', '/a/']) {
        assert.ok(isZkError(await errorOf(migrate(zk, bad, [one])), 'BAD_ARGUMENTS'));
      }
      await zk.set(path, 'rubbish');
      assert.is(errorName(await errorOf(migrate(zk, path, [one]))), 'INVALID_VALUE');
      assert.is(await logOf(zk, home), 'one two');
    });

    test('is gone on with by another when the process at work is lost, which then sees it', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, b] = [await person(), await person()];
      const path = `${home}/m`;
      const [begun, going] = [gate(), gate()];
      let runs = 0;
      const steps = (of: string): MigrationStep[] => [
        writing(home, 'one'),
        {
          name: 'two',
          async run(tx) {
            const before = await tx.get(`${home}/log`, text);
            if (of === 'a' && ++runs === 1) {
              begun.open();
              await going.opened;
            }
            tx.set(`${home}/log`, `${before} two of ${of}`);
          },
        },
      ];
      const ours = migrate(a.zk, path, steps('a'));
      await begun.opened;
      a.faults.partition();
      await a.faults.endSession();
      assert.equal((await migrate(b.zk, path, steps('b'))).made, ['two']);
      a.faults.heal();
      going.open();
      assert.equal(await ours, { made: ['one'], unknown: [] });
      assert.is(await logOf(b.zk, home), 'one two of b');
    });

    test('goes on when its lock was taken away, and when answers are lost', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      const path = `${home}/m`;
      const taken: MigrationStep = {
        name: 'one',
        async run(tx, hold) {
          const before = await tx.get(`${home}/log`, text);
          if (before === undefined) {
            await b.create(`${home}/log`, 'zero');
            await b.delete(hold.path);
            await new Promise((resolve) => hold.signal.addEventListener('abort', resolve));
          }
          tx.set(`${home}/log`, `${before} one`);
        },
      };
      assert.equal((await migrate(a.zk, path, [taken])).made, ['one']);
      const steps = [taken, writing(home, 'two'), writing(home, 'three')];
      const stop = cutAtEachPiece(a, 'answers', 4);
      assert.equal((await migrate(a.zk, path, steps)).made, ['two', 'three']);
      stop();
      assert.is(await logOf(b, home), 'zero one two three');
    });

    test('is given up by those who do not wait, and refused to those who may not', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      await a.addAuth({ scheme: 'digest', auth: 'a:secret' });
      const path = `${home}/m`;
      await a.ensure(home);
      await migrate(a, path, [writing(home, 'one')], { acl: CREATOR_ALL_ACL });
      const more = [writing(home, 'one'), writing(home, 'two')];
      assert.is(errorName(await errorOf(migrate(b, path, more))), 'NO_AUTH');
      const signal = AbortSignal.abort('no');
      assert.is(await errorOf(migrate(a, path, more, { signal })), 'no');
      await a.close();
      assert.is(errorName(await errorOf(migrate(a, path, more))), 'SESSION_EXPIRED');
    });
  });
}
