import { CREATOR_ALL_ACL, isZkError, type NodeValue, permissions, READ_ACL } from '@vivarium/core';
import { counter, pendingCleanups$, recipes } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { loseAnswers } from './lost-answers.js';
import { settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;
const numberIn = ({ data }: NodeValue<Uint8Array>) =>
  new DataView(data.buffer, data.byteOffset).getBigInt64(0);
const MAX = 2n ** 63n - 1n;

export function counterSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: a counter`, (test) => {
    test('begins at zero, and holds eight bytes as Curator writes them', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const path = `${home}/deep/down/x`;
      const ours = recipes(a).counter(path);
      assert.is(await ours.get(), 0n);
      const said = record(t, counter(b, path).value$);
      await said.until((value) => value === 0n);
      assert.is(await ours.add(258n), 258n);
      assert.is(await said.until((value) => value !== 0n), 258n);
      assert.equal([...(await b.getData(path))], [0, 0, 0, 0, 0, 0, 1, 2]);
      assert.is(await counter(b, path).add(-259), -1n);
      assert.is(await ours.add(0), -1n);
      assert.is(await ours.get(), -1n);
      assert.equal(
        [...(await b.getData(path))],
        Array.from({ length: 8 }, () => 255),
      );
    });

    test('counts on where another program made the node, empty or not', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      await zk.create(home, null);
      assert.is(await counter(zk, home).add(5), 5n);
      await zk.set(home, Uint8Array.of(0, 0, 0, 0, 0, 0, 1, 0));
      assert.is(await counter(zk, home).add(1), 257n);
    });

    test('gives each of many calls a sum of its own, in few writes', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const [one, other] = [counter(zk, home), counter(zk, home)];
      const sums = await Promise.all(Array.from({ length: 500 }, () => one.add(1)));
      assert.equal(
        sums,
        Array.from({ length: 500 }, (_, i) => BigInt(i + 1)),
      );
      await Promise.all([one.add(1000), other.add(10_000)]);
      assert.is(await one.get(), 11_500n);
      assert.ok((await zk.exists(home))!.version <= 3);
    });

    test('is exact when five clients add at the same time', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const people = await Promise.all(Array.from({ length: 5 }, () => person()));
      const sums: bigint[] = [];
      const work = people.map(async ({ zk }) => {
        const shared = counter(zk, home);
        let before = 0n;
        for (let i = 0; i < 30; i++) {
          const sum = await shared.add(1);
          assert.ok(sum > before);
          before = sum;
          sums.push(sum);
        }
      });
      await Promise.all(work);
      const sorted = sums.sort((x, y) => Number(x - y));
      assert.equal(
        sorted,
        Array.from({ length: 150 }, (_, i) => BigInt(i + 1)),
      );
    });

    test('leaves no node behind but its own, and never has two at a time', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      for (let i = 1; i <= 20; i++) assert.is(await counter(a, home).add(1), BigInt(i));
      const list = record(t, b.children$(home));
      const names = await list.until(({ kind }) => kind === 'present');
      assert.is(names.kind === 'present' && names.children.length, 1);
      // One write for each but the first; the marker was made once.
      const { version, cversion } = (await b.exists(home))!;
      assert.equal([version, cversion], [19, 1]);
      await list.until((now) => now.kind === 'present' && now.children.length === 0);
      assert.is(await counter(a, home).add(1), 21n);
      await a.close();
      await settle(b);
      assert.equal((await b.children(home)).children, []);
      await b.delete(home);
    });

    test('refuses what is no whole number of 64 bits, before and after adding', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const { add, get, value$ } = counter(zk, home);
      for (const amount of [0.5, Number.NaN, 2 ** 53, MAX + 1n, '1' as unknown as number]) {
        assert.ok(isZkError(await errorOf(add(amount)), 'BAD_ARGUMENTS'));
      }
      assert.is(await zk.exists(home), undefined);
      assert.is(await add(MAX), MAX);
      const [first, second, third] = [add(-1), add(2), add(1)];
      const refused = await errorOf(second);
      assert.is(errorName(refused), 'OUT_OF_RANGE');
      assert.match(String(refused), /9223372036854775806 and 2/);
      assert.equal(await Promise.all([first, third]), [MAX - 1n, MAX]);
      // What was true a moment ago is no reason to refuse.
      await zk.set(home, Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 3));
      assert.is(await add(2), 5n);
      await zk.set(home, Uint8Array.of(0x80, 0, 0, 0, 0, 0, 0, 0));
      assert.is(errorName(await errorOf(add(-1))), 'OUT_OF_RANGE');
      await zk.set(home, 'rubbish');
      for (const error of await Promise.all([add(1), get()].map(errorOf))) {
        assert.is(errorName(error), 'INVALID_VALUE');
      }
      assert.is(errorName(await errorOf(record(t, value$).until(() => false))), 'INVALID_VALUE');
      assert.is((await zk.get(home)).data.length, 7);
    });

    test('is refused by those who may not, and nothing is left', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      await a.addAuth({ scheme: 'digest', auth: 'a:secret' });
      assert.is(await counter(a, home, { acl: CREATOR_ALL_ACL }).add(1), 1n);
      assert.is(await counter(a, home, { acl: CREATOR_ALL_ACL }).add(1), 2n);
      assert.is(errorName(await errorOf(counter(b, home).add(1))), 'NO_AUTH');
      assert.is(errorName(await errorOf(counter(b, home).get())), 'NO_AUTH');
      // Without a marker nobody could tell whether an addition has happened.
      const perms = permissions.all & ~permissions.create;
      await a.setAcl(home, [{ perms, id: { scheme: 'world', id: 'anyone' } }]);
      assert.is(errorName(await errorOf(counter(b, home).add(1))), 'NO_AUTH');
      await a.setAcl(home, READ_ACL);
      assert.is(errorName(await errorOf(counter(b, home).add(1))), 'NO_AUTH');
      assert.is(await counter(b, home).get(), 2n);
      const passing = `${home}-passing`;
      await a.create(passing, new Uint8Array([0, 0, 0, 0, 0, 0, 0, 7]), { mode: 'ephemeral' });
      const refused = await errorOf(counter(b, passing).add(1));
      assert.is(errorName(refused), 'NO_CHILDREN_FOR_EPHEMERALS');
      assert.is(await counter(b, passing).get(), 7n);
      await record(t, pendingCleanups$(b)).until((count) => count === 0);
    });
  });

  suite(`${name}: adding to a counter`, (test) => {
    for (const lost of ['answer', 'request'] as const) {
      test(`happens once when the ${lost} is lost at whatever is said`, async (t) => {
        const { home, person } = await stageOf(t, await open());
        const { zk: b } = await person();
        for (const isNew of [true, false]) {
          for (let place = 1; place <= 4; place++) {
            const path = `${home}/${isNew}-${place}`;
            const other = counter(b, path);
            const before = isNew ? 0n : await other.add(100);
            await b.ensure(home);
            const { zk, faults } = await person();
            let said = 0;
            faults.sending = () => {
              if (++said !== place) return;
              faults[lost === 'answer' ? 'deaf' : 'mute'] = true;
              // Somebody else writes before we come to know.
              const cut = () => {
                faults.deaf = false;
                faults.mute = false;
                faults.cut();
              };
              if (isNew && lost === 'request') zk.clock.setTimer(2, cut);
              else zk.clock.setTimer(2, () => void other.add(10).then(cut, cut));
            };
            const sum = await counter(zk, path).add(1);
            while (said < place) await zk.sync();
            const rest = BigInt(isNew && lost === 'request' ? 0 : 10);
            await settle(zk);
            assert.is(await other.get(), before + rest + 1n, path);
            assert.ok(sum === before + 1n || sum === before + rest + 1n);
            await zk.close();
          }
        }
      });
    }

    test(
      'is exact though its answers are lost a hundred times (75)',
      async (t) => {
        const { home, person } = await stageOf(t, await open());
        const people = await Promise.all(Array.from({ length: 6 }, () => person()));
        const steady = people.pop()!.zk;
        const losses = people.map((each, seed) => loseAnswers(each, { seed, chance: 40 }));
        const lost = () => losses.reduce((sum, { answers }) => sum + answers, 0);
        const added: { readonly sum: bigint; readonly term: bigint }[] = [];
        const adding = people.map(async ({ zk }) => {
          const shared = counter(zk, home);
          for (let i = 1; lost() < 100; i++) {
            const terms = i % 5 === 0 ? [i, i + 1, i + 2] : [i];
            const sums = await Promise.all(terms.map((term) => shared.add(term)));
            sums.forEach((sum, at) => void added.push({ sum, term: BigInt(terms[at]!) }));
          }
        });
        const all = Promise.all(adding);
        all.catch(() => {});
        const others = counter(steady, home);
        while (lost() < 100) {
          added.push({ sum: await others.add(1_000_000), term: 1_000_000n });
          // A while in which this one does not write.
          for (let i = 0; i < 5; i++) await others.get();
        }
        await all;
        for (const each of losses) await each.stop();
        added.sort((x, y) => (x.sum < y.sum ? -1 : 1));
        let total = 0n;
        for (const { sum, term } of added) {
          total += term;
          assert.is(sum, total);
        }
        assert.is(await others.get(), total);
        for (const { zk } of people) assert.is(zk.session?.epoch, 1);
      },
      { timeoutMs: 60_000 },
    );

    test(
      'is exact or says that it is in doubt when sessions end too (76)',
      async (t) => {
        const { home, person } = await stageOf(t, await open());
        const { zk: b } = await person();
        const ends = { told: 0, doubtful: 0, sessions: 0 };
        const addBits = async (seed: number) => {
          const path = `${home}-${seed}`;
          const a = await person();
          const losses = loseAnswers(a, { seed, chance: 20, sessionEnds: 50 });
          const [ours, others] = [counter(a.zk, path), counter(b, path)];
          let isOver = false;
          // Somebody who changes the node and not the sum, so that there is doubt.
          const touching = (async () => {
            for (let i = 0; !isOver; i++) {
              if (i % 4 === 0) await others.add(0);
              else await others.get();
            }
          })();
          touching.catch(() => {});
          let [told, doubtful] = [0n, 0n];
          // Each adds one bit: whatever happens twice or not at all is to be seen.
          for (let bit = 0n; bit < 60n; bit += 3n) {
            try {
              await ours.add(1n << bit);
              told |= 1n << bit;
              ends.told++;
            } catch (error) {
              assert.is(errorName(error), 'UNKNOWN_OUTCOME');
              doubtful |= 1n << bit;
              ends.doubtful++;
            }
          }
          isOver = true;
          await losses.stop();
          await touching;
          const sum = await others.get();
          assert.is(sum & told, told);
          assert.is(sum & ~(told | doubtful), 0n);
          await settle(a.zk);
          ends.sessions += a.zk.session!.epoch - 1;
        };
        await Promise.all([76, 77, 78, 79].map(addBits));
        assert.ok(ends.told > 20 && ends.doubtful > 0 && ends.sessions > 5, JSON.stringify(ends));
      },
      { timeoutMs: 60_000 },
    );

    test('goes on where somebody deleted the node, its folders, or our marker', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const path = `${home}/folder/x`;
      const ours = counter(a, path);
      assert.is(await ours.add(7), 7n);
      await b.sync();
      const [marker] = (await b.children(path)).children;
      await b.delete(`${path}/${marker}`);
      assert.is(await ours.add(1), 8n);
      // Whoever deletes the node has to delete the marker first.
      assert.ok(isZkError(await errorOf(b.delete(path)), 'NOT_EMPTY'));
      await b.sync();
      const [second] = (await b.children(path)).children;
      await b.multi([
        { op: 'delete', path: `${path}/${second}` },
        { op: 'delete', path },
        { op: 'delete', path: `${home}/folder` },
      ]);
      assert.is(await ours.add(1), 1n);
      await b.sync();
      const [third] = (await b.children(path)).children;
      await b.multi([
        { op: 'delete', path: `${path}/${third}` },
        { op: 'delete', path },
        { op: 'create', path, data: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 50) },
      ]);
      assert.is(await ours.add(1), 51n);
    });

    test('is not done when given up before it was sent, and leaves nothing', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      const ours = counter(a.zk, home);
      assert.is(await ours.add(1), 1n);
      a.faults.partition();
      const giveUp = new AbortController();
      const given = errorOf(ours.add(10, { signal: giveUp.signal }));
      const late = errorOf(ours.add(100, { timeoutMs: 20 }));
      const kept = ours.add(1000);
      giveUp.abort('enough');
      assert.is(await given, 'enough');
      assert.is(errorName(await late), 'TIMED_OUT');
      assert.is(await errorOf(ours.add(1, { signal: AbortSignal.abort('no') })), 'no');
      a.faults.heal();
      assert.is(await kept, 1001n);
      assert.is(await counter(b, home).get(), 1001n);
      a.faults.partition();
      const all = [1, 2].map((n) => errorOf(ours.add(n, { timeoutMs: 20 })));
      for (const error of await Promise.all(all)) assert.is(errorName(error), 'TIMED_OUT');
      a.faults.heal();
      await settle(a.zk);
      assert.is(await ours.add(1), 1002n);
      assert.is((await b.children(home)).children.length, 1);
    });

    test('goes on without those who gave up while it was sent', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      const ours = counter(a.zk, home);
      await ours.add(1);
      const giveUp = new AbortController();
      a.faults.mute = true;
      const given = errorOf(ours.add(10, { signal: giveUp.signal }));
      const kept = ours.add(1000);
      while (a.zk.stats().inFlight === 0) await Promise.resolve();
      giveUp.abort('enough');
      assert.is(await given, 'enough');
      a.faults.mute = false;
      a.faults.cut();
      assert.is(await kept, 1001n);
      assert.is(await counter(b, home).get(), 1001n);
    });

    test('ends with its client: not done, or in doubt', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      const ours = counter(a.zk, home);
      await ours.add(1);
      const said = record(t, ours.value$);
      await said.until((value) => value === 1n);
      const seen = record(t, counter(b, home).value$);
      a.faults.deaf = true;
      const doubtful = errorOf(ours.add(10));
      await seen.until((value) => value === 11n);
      a.faults.partition();
      await a.zk.close();
      assert.is(errorName(await doubtful), 'UNKNOWN_OUTCOME');
      assert.is(errorName(await errorOf(ours.add(1))), 'SESSION_EXPIRED');
      await errorOf(said.until(() => false));
      assert.ok(said.isComplete);
      assert.is(numberIn(await b.get(home)), 11n);
    });
  });
}
