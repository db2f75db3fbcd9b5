import { CREATOR_ALL_ACL, isZkError, json, type StandardSchema, text } from '@vivarium/core';
import { recipes, sharedValue } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;
const none = { value: 'none', version: -1, czxid: 0n, mzxid: 0n };
const initial = 'none';

interface Count {
  readonly n: number;
}
const count: StandardSchema<Count> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      Number.isInteger((value as Count | null)?.n)
        ? { value: value as Count }
        : { issues: [{ message: 'n must be a whole number' }] },
  },
};

export function sharedValueSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: a shared value`, (test) => {
    test('is what it was told to begin with, then what is written', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const path = `${home}/deep/down`;
      const ours = recipes(a).sharedValue(path, text, { initial });
      const theirs = sharedValue(b, path, text, { initial });
      assert.equal(await ours.get(), none);
      const said = record(t, theirs.value$);
      await said.until(({ version }) => version === -1);
      const first = await ours.set('one');
      assert.equal(await said.until(({ value }) => value !== 'none'), first);
      assert.equal([first.value, first.version, first.czxid], ['one', 0, first.mzxid]);
      const second = await theirs.update((now) => `${now}, two`);
      assert.equal([second.value, second.version], ['one, two', 1]);
      assert.equal(await ours.get(), second);
      const { czxid, mzxid } = (await a.exists(path))!;
      assert.equal([second.czxid, second.mzxid], [czxid, mzxid]);
      await said.until(({ version }) => version === 1);
      assert.is(said.values.length, 3);
    });

    test('takes each of fifty changes made at the same time, one after the other (73)', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const people = await Promise.all(Array.from({ length: 5 }, () => person()));
      const values = people.map(({ zk }) => sharedValue(zk, home, count, { initial: { n: 0 } }));
      const written = await Promise.all(
        Array.from({ length: 50 }, (_, i) => values[i % 5]!.update(({ n }) => ({ n: n + 1 }))),
      );
      const inOrder = written.sort((x, y) => x.version - y.version);
      assert.equal(
        inOrder.map(({ version, value }) => [version, value.n]),
        Array.from({ length: 50 }, (_, version) => [version, version + 1]),
      );
      assert.ok(inOrder.every(({ mzxid }, i) => i === 0 || mzxid > inOrder[i - 1]!.mzxid));
    });

    test('is written only if nobody has, when that is asked for', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const [ours, theirs] = [a, b].map((zk) => sharedValue(zk, home, text, { initial }));
      const absent = await theirs!.get();
      const first = (await ours!.cas(absent, 'one'))!;
      assert.is(first.version, 0);
      assert.is(await theirs!.cas(absent, 'other'), null);
      const second = (await theirs!.cas(first, 'two'))!;
      assert.is(second.version, 1);
      assert.is(await ours!.cas(first, 'other'), null);
      assert.is((await ours!.cas(second, 'three'))?.version, 2);
      assert.is((await theirs!.get()).value, 'three');
    });

    test('that was deleted and made again with the same version is another one (77)', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const ours = sharedValue(a, home, text, { initial });
      const first = await ours.set('same');
      const makeAgain = async (data: string) => {
        await b.sync();
        const [marker] = (await b.children(home)).children;
        await b.multi([
          { op: 'delete', path: `${home}/${marker}` },
          { op: 'delete', path: home },
          { op: 'create', path: home, data },
        ]);
      };
      await makeAgain('same');
      assert.is((await b.exists(home))!.version, first.version);
      assert.is(await ours.cas(first, 'lost'), null);
      // What the next change begins with was read before; its version is right, and it is not.
      const second = await ours.update((now) => `${now} again`);
      assert.equal([second.value, second.version], ['same again', 1]);
      await makeAgain('made');
      await b.set(home, 'made anew');
      assert.is((await b.exists(home))!.version, second.version);
      const seen: string[] = [];
      const third = await ours.update((now) => {
        seen.push(now);
        return `${now}!`;
      });
      assert.equal(seen, ['same again', 'made anew']);
      assert.equal([third.value, third.version], ['made anew!', 2]);
      assert.ok(third.czxid > second.czxid);
    });

    test('is told and written again after it was deleted', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const ours = sharedValue(a, home, text, { initial });
      const said = record(t, ours.value$);
      await ours.set('one');
      const list = record(t, b.children$(home));
      await list.until((now) => now.kind === 'present' && now.children.length === 0);
      await said.until(({ value }) => value === 'one');
      await b.delete(home);
      assert.equal(await said.until(({ value }) => value === 'none'), none);
      assert.is((await ours.update((now) => `${now} now`)).value, 'none now');
    });

    test('never holds what its format refuses, and says so when somebody else did', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const value = sharedValue(zk, home, count, { initial: { n: 0 } });
      const half = { n: 0.5 };
      const absent = await value.get();
      const refused = [value.set(half), value.update(() => half), value.cas(absent, half)];
      for (const error of await Promise.all(refused.map(errorOf))) {
        assert.ok(isZkError(error, 'BAD_ARGUMENTS'));
        assert.match(String(error), /n must be a whole number/);
      }
      assert.is(await zk.exists(home), undefined);
      const failing = value.update(() => {
        throw new Error('mine');
      });
      assert.is(((await errorOf(failing)) as Error).message, 'mine');
      await zk.create(home, 'rubbish');
      const said = record(t, value.value$);
      const invalid = [value.get(), value.update((now) => now), said.until(() => false)];
      for (const error of await Promise.all(invalid.map(errorOf))) {
        assert.is(errorName(error), 'INVALID_VALUE');
      }
      assert.equal((await value.set({ n: 1 })).value, { n: 1 });
      assert.equal(await zk.getData(home, { codec: json(count) }), { n: 1 });
    });

    test('is refused by those who may not, and given up by those who do not wait', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, b] = [await person(), await person()];
      await a.zk.addAuth({ scheme: 'digest', auth: 'a:secret' });
      const ours = sharedValue(a.zk, home, text, { initial, acl: CREATOR_ALL_ACL });
      await ours.set('one');
      const theirs = sharedValue(b.zk, home, text, { initial });
      const refused = [theirs.get(), theirs.set('x'), theirs.update((now) => now)];
      for (const error of await Promise.all(refused.map(errorOf))) {
        assert.is(errorName(error), 'NO_AUTH');
      }
      a.faults.partition();
      assert.is(errorName(await errorOf(ours.set('x', { timeoutMs: 20 }))), 'TIMED_OUT');
      const signal = AbortSignal.abort('no');
      assert.is(await errorOf(ours.update((now) => now, { signal })), 'no');
      a.faults.heal();
      assert.is((await ours.get()).value, 'one');
      await settle(a.zk);
      assert.is((await ours.update((now) => `${now}, two`)).value, 'one, two');
    });
  });

  suite(`${name}: writing a shared value`, (test) => {
    for (const lost of ['answer', 'request'] as const) {
      test(`undoes nobody's later write when the ${lost} is lost at whatever is said`, async (t) => {
        const { home, person } = await stageOf(t, await open());
        const { zk: b } = await person();
        await b.ensure(home);
        for (const isNew of [true, false]) {
          for (let place = 1; place <= 4; place++) {
            const path = `${home}/${isNew}-${place}`;
            const theirs = sharedValue(b, path, text, { initial });
            if (!isNew) await theirs.set('before');
            const { zk, faults } = await person();
            let [said, seen] = [0, ''];
            const lose = async () => {
              await new Promise<void>((resolve) => zk.clock.setTimer(5, resolve));
              seen = (await theirs.update((now) => `${now}, theirs`)).value;
              faults.deaf = false;
              faults.mute = false;
              faults.cut();
            };
            let losing: Promise<void> | undefined;
            faults.sending = () => {
              if (++said !== place) return;
              faults[lost === 'answer' ? 'deaf' : 'mute'] = true;
              losing = lose();
            };
            const ours = await sharedValue(zk, path, text, { initial }).set('ours');
            while (said < place) await zk.sync();
            await losing;
            const wasFirst = seen === 'ours, theirs' || losing === undefined;
            const now = await theirs.get();
            assert.is(now.value, wasFirst ? 'ours, theirs' : 'ours', `${path}: ${seen}`);
            if (!wasFirst) assert.equal(ours, now);
            else assert.equal([ours.value, ours.version], ['ours', now.version - 1]);
            await zk.close();
          }
        }
      });
    }

    test('is in doubt when its marker was deleted and the value has changed', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      const ours = sharedValue(a.zk, home, text, { initial });
      await ours.set('one');
      a.faults.mute = true;
      const doubtful = errorOf(ours.set('two'));
      while (a.zk.stats().inFlight === 0) await Promise.resolve();
      await b.sync();
      const [marker] = (await b.children(home)).children;
      await b.delete(`${home}/${marker}`);
      await b.set(home, 'theirs');
      a.faults.mute = false;
      a.faults.cut();
      assert.is(errorName(await doubtful), 'UNKNOWN_OUTCOME');
      assert.is((await ours.update((now) => `${now} and ours`)).value, 'theirs and ours');
    });

    test('is done in the next session when the node was not touched', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      const ours = sharedValue(a.zk, home, text, { initial });
      await ours.set('one');
      a.faults.mute = true;
      const writing = ours.update((now) => `${now}, two`);
      while (a.zk.stats().inFlight === 0) await Promise.resolve();
      a.faults.mute = false;
      await a.faults.endSession();
      a.faults.cut();
      assert.equal([(await writing).value, (await writing).version], ['one, two', 1]);
      assert.is(a.zk.session!.epoch, 2);
      const [marker, more] = (await b.children(home)).children;
      assert.is((await b.exists(`${home}/${marker}`))!.ephemeralOwner, a.zk.session!.id);
      assert.is(more, undefined);
    });
  });
}
