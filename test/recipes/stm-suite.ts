import { type Client, json, text } from '@vivarium/core';
import { recipes, stm } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;
const number = json<number>();

/** Moves one from one account to another if there is one; each begins with what is given. */
function transfer(zk: Client, from: string, to: string): Promise<void> {
  return stm(zk, async (tx) => {
    const [rich, poor] = [await tx.get(from, number), await tx.get(to, number)];
    if (rich === undefined || rich === 0) return;
    tx.set(from, rich - 1, number);
    tx.set(to, (poor ?? 0) + 1, number);
  });
}

export function stmSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: a transaction over several nodes`, (test) => {
    test('makes, writes and deletes together, with one zxid, and leaves nothing else', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      await a.ensure(home);
      await a.create(`${home}/here`, 'item');
      await a.create(`${home}/log`, 'begun');
      const moved = await recipes(a).stm(async (tx) => {
        const item = await tx.get(`${home}/here`, text);
        tx.set(`${home}/there/deep`, item!, text);
        tx.delete(`${home}/here`);
        tx.set(`${home}/log`, 'moved');
        tx.set(`${home}/bytes`, new Uint8Array([1, 2]));
        tx.set(`${home}/empty`, null);
        return item;
      });
      assert.is(moved, 'item');
      await settle(b);
      assert.is(await b.getData(`${home}/there/deep`, { codec: text }), 'item');
      assert.is(await b.exists(`${home}/here`), undefined);
      assert.equal(await b.getData(`${home}/bytes`), new Uint8Array([1, 2]));
      await settle(a, b);
      assert.equal((await b.children(home)).children, ['bytes', 'empty', 'log', 'there']);
      const [log, made] = await Promise.all(
        ['log', 'there/deep'].map((each) => b.exists(`${home}/${each}`)),
      );
      assert.is(log!.mzxid, made!.czxid);
      assert.equal((await b.children(`${home}/log`)).children, []);
      assert.equal((await b.children(`${home}/there/deep`)).children, []);
    });

    test('sees its own writes, and nobody else does before it is committed', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      await a.create(home, 'old');
      await stm(a, async (tx) => {
        tx.set(home, 'new');
        assert.is(await tx.get(home, text), 'new');
        await b.sync();
        assert.is(await b.getData(home, { codec: text }), 'old');
        tx.delete(home);
        assert.is(await tx.get(home), undefined);
        tx.set(`${home}-2`, 5, number);
        assert.is(await tx.get(`${home}-2`, number), 5);
        tx.set(home, 'last');
      });
      await b.sync();
      assert.is(await b.getData(home, { codec: text }), 'last');
      assert.is((await b.exists(home))!.version, 1);
      await b.delete(`${home}-2`);
    });

    test(
      'loses nothing of fifteen transfers made at the same time, nor shows a half',
      async (t) => {
        const { home, person } = await stageOf(t, await open());
        const people = await Promise.all(Array.from({ length: 4 }, () => person()));
        const [{ zk }] = people as [(typeof people)[0]];
        const accounts = ['a', 'b', 'c'].map((each) => `${home}/${each}`);
        await stm(zk, (tx) => {
          for (const account of accounts) tx.set(account, 20, number);
        });
        const total = () =>
          stm(people[3]!.zk, async (tx) => {
            const all = await Promise.all(accounts.map((each) => tx.get(each, number)));
            return all.reduce<number>((sum, each) => sum + each!, 0);
          });
        let isOver = false;
        const looking = (async () => {
          const totals = [];
          while (!isOver) totals.push(await total());
          return totals;
        })();
        const moving = Promise.all(
          people.slice(0, 3).map(async ({ zk: each }, at) => {
            const [from, to] = [accounts[at]!, accounts[(at + 1) % 3]!];
            for (let turn = 0; turn < 5; turn++) await transfer(each, from, to);
          }),
        ).finally(() => {
          isOver = true;
        });
        const [totals] = await Promise.all([looking, moving]);
        assert.ok(totals.every((each) => each === 60));
        assert.is(await total(), 60);
        const versions = await Promise.all(accounts.map((each) => zk.exists(each)));
        const writes = versions.reduce((sum, stat) => sum + stat!.version, 0);
        assert.is(writes, 30);
      },
      { timeoutMs: 30_000 },
    );

    test('lets only one of two go on that each write what the other reads', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const people = [await person(), await person()];
      const [x, y] = [`${home}/x`, `${home}/y`];
      await stm(people[0]!.zk, (tx) => {
        tx.set(x, 'on call');
        tx.set(y, 'on call');
      });
      // Each goes off duty if the other stays on: both have read before either commits.
      let readers = 0;
      let bothHaveRead = () => {};
      const reading = new Promise<void>((resolve) => {
        bothHaveRead = resolve;
      });
      const left = await Promise.all(
        [x, y].map((mine, at) =>
          stm(people[at]!.zk, async (tx) => {
            const all = [await tx.get(x, text), await tx.get(y, text)];
            if (++readers === 2) bothHaveRead();
            await reading;
            if (all.includes('off')) return false;
            tx.set(mine, 'off');
            return true;
          }),
        ),
      );
      assert.equal(left.sort(), [false, true]);
      assert.is(readers, 3);
    });

    test('is tried again when a node was deleted and made again just as it was (77)', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const [seen, written] = [`${home}/seen`, `${home}/written`];
      for (const remade of [seen, written]) {
        for (const path of [seen, written]) {
          await b.ensure(path);
          await b.delete(path);
          await b.create(path, 'same');
        }
        await settle(a);
        let turns = 0;
        await stm(a, async (tx) => {
          await Promise.all([tx.get(seen), tx.get(written)]);
          if (++turns === 1) {
            await b.delete(remade);
            await b.create(remade, 'same');
          }
          tx.set(written, `turn ${turns}`);
        });
        assert.is(turns, 2, remade);
        await settle(b);
        assert.is(await b.getData(written, { codec: text }), 'turn 2');
        await settle(a);
      }
    });

    test('is tried again when what was missing is there, or its folder', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      for (const missing of ['one', 'two/deep/down']) {
        const [path, written] = [`${home}/${missing}`, `${home}/written`];
        const seen: boolean[] = [];
        await stm(a, async (tx) => {
          seen.push((await tx.get(path)) !== undefined);
          tx.set(written, 'x');
          if (seen.length === 1) await b.ensure(path);
        });
        assert.equal(seen, [false, true]);
      }
      // What is missing and stays so is no hindrance, and is not made.
      await stm(a, async (tx) => {
        assert.is(await tx.get(`${home}/three/deep`), undefined);
        assert.is(await tx.get(`${home}/three`), undefined);
        tx.delete(`${home}/four`);
        tx.set(`${home}/written`, 'y');
      });
      assert.is(await b.exists(`${home}/three`), undefined);
      assert.is(await b.getData(`${home}/written`, { codec: text }), 'y');
    });

    test('tells what its function throws only if what that had read was so', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const [x, y] = [`${home}/x`, `${home}/y`];
      const write = (value: string) =>
        stm(b, (tx) => {
          tx.set(x, value);
          tx.set(y, value);
        });
      await write('one');
      let turns = 0;
      const failing = stm(a, async (tx) => {
        turns++;
        const first = await tx.get(x, text);
        if (turns === 1) await write('two');
        if (first !== (await tx.get(y, text))) throw new Error('a half');
        tx.set(x, 'never');
        throw new Error(`turn ${turns}`);
      });
      assert.is(((await errorOf(failing)) as Error).message, 'turn 2');
      assert.is(await b.getData(x, { codec: text }), 'two');
    });

    test('deletes only what has no children, but waits for the markers of others', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      await a.ensure(`${home}/full/child`);
      const refused = stm(a, (tx) => tx.delete(`${home}/full`));
      assert.is(errorName(await errorOf(refused)), 'NOT_EMPTY');
      await stm(a, (tx) => {
        tx.delete(`${home}/full`);
        tx.delete(`${home}/full/child`);
      });
      await a.create(`${home}/marked`);
      const marker = `${home}/marked/_op_theirs`;
      await b.create(marker, '', { mode: 'ephemeral' });
      let turns = 0;
      await stm(a, async (tx) => {
        if (++turns === 2) await b.delete(marker);
        tx.delete(`${home}/marked`);
      });
      assert.is(turns, 2);
      await settle(a, b);
      assert.equal((await b.children(home)).children, []);
    });
  });
}
