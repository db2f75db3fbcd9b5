import { CREATOR_ALL_ACL, isZkError, json, type StandardSchema, text } from '@vivarium/core';
import { type ConfigSetState, configSet$, recipes, updateConfigSet } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { cutAtEachPiece, settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;

interface Login {
  readonly host: string;
  readonly turn: number;
  readonly password: string;
}
const turn: StandardSchema<number> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      Number.isInteger(value)
        ? { value: value as number }
        : { issues: [{ message: 'it must be a whole number' }] },
  },
};
const formats = { host: text, turn, password: text };
const fallback: Login = { host: 'none', turn: -1, password: 'none' };

const login = (number: number): Login => ({
  host: `host ${number}`,
  turn: number,
  password: `password ${number}`,
});
const isWhole = ({ value }: ConfigSetState<Login>) =>
  JSON.stringify(value) === JSON.stringify(value.turn < 0 ? fallback : login(value.turn));

export function configSetSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: a set of configurations`, (test) => {
    test('is the fallback, then what is stored together, and says which', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const folder = `${home}/deep/login`;
      const said = record(t, recipes(a).configSet$(folder, formats, { fallback }));
      const first = await said.until(() => true);
      assert.equal(first, {
        value: fallback,
        source: 'fallback',
        stored: 'absent',
        absent: ['host', 'turn', 'password'],
        invalid: new Map(),
        mzxid: 0n,
      });
      const given: unknown[] = [];
      const written = await recipes(b).updateConfigSet(folder, formats, (now) => {
        given.push(now);
        return login(1);
      });
      assert.equal([written, given], [login(1), [{}]]);
      const second = await said.until(({ source }) => source === 'live');
      assert.equal([second.value, second.stored, second.absent], [login(1), 'valid', []]);
      assert.is(second.mzxid, (await b.exists(`${folder}/turn`))!.czxid);
      await settle(a, b);
      assert.equal((await b.children(folder)).children, ['host', 'password', 'turn']);
      assert.is(said.values.length, 2);
    });

    test(
      'is never seen half changed, whoever changes it in one multi',
      async (t) => {
        const { home, person } = await stageOf(t, await open());
        const [{ zk: a }, { zk: b }, { zk: c }] = [await person(), await person(), await person()];
        const said = record(t, configSet$(a, home, formats, { fallback }));
        const late = record(t, configSet$(c, home, formats, { fallback }));
        await said.until(() => true);
        for (let number = 0; number < 20; number++) {
          if (number % 2 === 0) {
            await updateConfigSet(b, home, formats, () => login(number));
          } else {
            await b.multi([
              { op: 'set', path: `${home}/password`, data: `password ${number}` },
              { op: 'set', path: `${home}/turn`, data: String(number) },
              { op: 'set', path: `${home}/host`, data: `host ${number}` },
            ]);
          }
        }
        for (const list of [said, late]) {
          const last = await list.until(({ value }) => value.turn === 19);
          assert.equal([last.value, last.source], [login(19), 'live']);
          for (const each of list.values) assert.ok(isWhole(each), JSON.stringify(each.value));
          const turns = list.values.map(({ value }) => value.turn);
          assert.equal(
            turns,
            [...new Set(turns)].sort((x, y) => x - y),
          );
        }
      },
      { timeoutMs: 30_000 },
    );

    test('is as good as before when one document is refused or gone, until all are well', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      await updateConfigSet(b, home, formats, () => login(1));
      const said = record(t, configSet$(a, home, formats, { fallback }));
      await said.until(({ source }) => source === 'live');
      await b.multi([
        { op: 'set', path: `${home}/host`, data: 'host 2' },
        { op: 'set', path: `${home}/turn`, data: 'rubbish' },
      ]);
      const bad = await said.until(({ stored }) => stored === 'invalid');
      assert.equal(
        [bad.value, bad.source, [...bad.invalid.keys()]],
        [login(1), 'lastGood', ['turn']],
      );
      await b.delete(`${home}/turn`);
      const gone = await said.until(({ stored }) => stored === 'absent');
      assert.equal([gone.value, gone.source, gone.absent], [login(1), 'lastGood', ['turn']]);
      const fresh = record(t, configSet$(b, home, formats, { fallback }));
      assert.equal((await fresh.until(() => true)).value, fallback);
      const given: unknown[] = [];
      await updateConfigSet(b, home, formats, (now) => {
        given.push(now);
        return login(2);
      });
      assert.equal(given, [{ host: 'host 2', password: 'password 1' }]);
      assert.equal((await said.until(({ source }) => source === 'live')).value, login(2));
    });

    test(
      'takes each of fifteen changes made at the same time, and writes what differs',
      async (t) => {
        const { home, person } = await stageOf(t, await open());
        const people = await Promise.all(Array.from({ length: 3 }, () => person()));
        await updateConfigSet(people[0]!.zk, home, formats, () => login(0));
        await Promise.all(
          people.map(async ({ zk }) => {
            for (let each = 0; each < 5; each++) {
              await updateConfigSet(zk, home, formats, (now) => ({
                ...(now as Login),
                turn: now.turn! + 1,
                password: `${now.turn! + 1}`,
              }));
            }
          }),
        );
        const { zk } = people[1]!;
        const same = await updateConfigSet(zk, home, formats, (now) => now as Login);
        assert.equal(same, { host: 'host 0', turn: 15, password: '15' });
        const versions = ['host', 'turn', 'password'].map((each) => zk.exists(`${home}/${each}`));
        assert.equal(
          (await Promise.all(versions)).map((stat) => stat!.version),
          [0, 15, 15],
        );
      },
      { timeoutMs: 30_000 },
    );

    test(
      'is whole again after a connection was lost, and a session, and answers',
      async (t) => {
        const { home, person } = await stageOf(t, await open());
        const [a, { zk: b }] = [await person(), await person()];
        await updateConfigSet(b, home, formats, () => login(0));
        const said = record(t, configSet$(a.zk, home, formats, { fallback }));
        await said.until(({ source }) => source === 'live');
        for (const fate of ['goes on', 'ends']) {
          a.faults.partition();
          if (fate === 'ends') await a.faults.endSession();
          const number = fate === 'ends' ? 2 : 1;
          await updateConfigSet(b, home, formats, () => login(number));
          a.faults.heal();
          await said.until(({ value }) => value.turn === number);
        }
        const stop = cutAtEachPiece(a, 'answers', 4);
        await updateConfigSet(a.zk, home, formats, ({ turn: now }) => login(now! + 1));
        stop();
        await said.until(({ value }) => value.turn === 3);
        assert.is((await b.exists(`${home}/turn`))!.version, 3);
        assert.equal(
          said.values.map(({ value }) => value),
          [0, 1, 2, 3].map(login),
        );
      },
      { timeoutMs: 30_000 },
    );

    test('says what is wrong with its arguments, and holds nothing that a format refuses', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const wrong = [
        () => configSet$(zk, 'relative', formats, { fallback }),
        () => configSet$(zk, home, {}, { fallback: {} }),
        () => configSet$(zk, home, { 'a/b': text }, { fallback: { 'a/b': '' } }),
        () => configSet$(zk, home, { '..': text }, { fallback: { '..': '' } }),
      ];
      for (const each of wrong) {
        assert.throws(each, (error: unknown) => isZkError(error, 'BAD_ARGUMENTS'));
      }
      const refused = [
        updateConfigSet(zk, '', formats, () => login(0)),
        updateConfigSet(zk, home, {}, () => ({})),
        updateConfigSet(zk, home, formats, () => ({ ...login(0), turn: 0.5 })),
        updateConfigSet(zk, home, formats, () => ({ host: 'x' }) as Login),
      ];
      for (const error of await Promise.all(refused.map(errorOf))) {
        assert.ok(isZkError(error, 'BAD_ARGUMENTS'), String(error));
      }
      const failing = updateConfigSet(zk, home, formats, () => {
        throw new Error('mine');
      });
      assert.is(((await errorOf(failing)) as Error).message, 'mine');
      assert.is(await zk.exists(home), undefined);
    });

    test('ends with its client, or when it may not be read, and leaves no watch', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      await a.addAuth({ scheme: 'digest', auth: 'a:secret' });
      const number = { secret: json<number>() };
      await updateConfigSet(a, home, number, () => ({ secret: 1 }), { acl: CREATOR_ALL_ACL });
      const denied = record(t, configSet$(b, home, number, { fallback: { secret: 0 } }));
      assert.is(errorName(await errorOf(denied.until(() => false))), 'NO_AUTH');
      const change = updateConfigSet(b, home, number, () => ({ secret: 2 }));
      assert.is(errorName(await errorOf(change)), 'NO_AUTH');
      const stream = configSet$(a, home, number, { fallback: { secret: 0 } });
      const told = new Promise<void>((resolve) => {
        const subscription = stream.subscribe(() => {
          queueMicrotask(() => subscription.unsubscribe());
          resolve();
        });
      });
      await told;
      while (a.stats().entries + a.stats().watches > 0) await a.sync();
      let isComplete = false;
      stream.subscribe({ complete: () => (isComplete = true) });
      await a.close();
      assert.ok(isComplete);
    });
  });
}
