import { CREATOR_ALL_ACL, connect, isZkError, json, text } from '@vivarium/core';
import { stm, type Transaction } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;
const number = json<number>();

export function stmFailureSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: a transaction in trouble`, (test) => {
    for (const lost of ['answer', 'request'] as const) {
      for (const fate of ['goes on', 'ends'] as const) {
        test(
          `is done once when the ${lost} is lost at whatever is said, and the session ${fate}`,
          async (t) => {
            const { home, person } = await stageOf(t, await open());
            const { zk: b } = await person();
            let unknown = 0;
            const loseAt = async (place: number) => {
              const [x, y, z] = ['x', 'y', 'z'].map((each) => `${home}/${place}-${each}`);
              await stm(b, (tx) => {
                for (const path of [x!, y!]) tx.set(path, 0, number);
              });
              const { zk, faults } = await person();
              await zk.sync();
              let said = 0;
              let losing: Promise<void> | undefined;
              const lose = async () => {
                await new Promise<void>((resolve) => zk.clock.setTimer(5, resolve));
                // What another writes meanwhile must neither be undone nor taken for ours.
                await stm(b, async (tx) => tx.set(x!, (await tx.get(x!, number))! + 10, number));
                if (fate === 'ends') {
                  // Its end goes out, and must not be heard.
                  faults.mute = false;
                  faults.deaf = true;
                  await faults.endSession();
                }
                faults.deaf = false;
                faults.mute = false;
                faults.cut();
              };
              faults.sending = () => {
                if (++said !== place) return;
                faults[lost === 'answer' ? 'deaf' : 'mute'] = true;
                losing = lose();
              };
              const error = await stm(zk, async (tx) => {
                for (const path of [x!, y!])
                  tx.set(path, (await tx.get(path, number))! + 1, number);
                tx.set(z!, 'made');
              }).catch((reason: unknown) => reason);
              while (said < place) await zk.sync();
              await losing;
              if (error !== undefined) {
                assert.is(errorName(error), 'UNKNOWN_OUTCOME');
                unknown++;
              }
              await b.sync();
              const all = [x!, y!].map((path) => b.getData(path, { codec: number }));
              assert.equal(await Promise.all(all), [11, 1], `at ${place}`);
              assert.is((await b.exists(z!))!.version, 0);
              // Connected again, it ends its session with its last words.
              await settle(zk, b);
              await zk.close();
              await b.sync();
              assert.equal((await b.children(x!)).children, []);
            };
            await b.ensure(home);
            await Promise.all(Array.from({ length: 9 }, (_, at) => loseAt(at + 1)));
            assert.is(unknown, lost === 'answer' && fate === 'ends' ? 1 : 0);
          },
          { timeoutMs: 30_000 },
        );
      }
    }
  });

  suite(`${name}: a transaction that is refused`, (test) => {
    test('gives up after as many conflicts as it is told, and leaves nothing', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      await a.create(home, 'x');
      let turns = 0;
      const busy = stm(
        a,
        async (tx) => {
          await tx.get(home);
          await b.set(home, `theirs ${++turns}`);
          tx.set(home, 'ours');
        },
        { tries: 3 },
      );
      assert.is(errorName(await errorOf(busy)), 'CONFLICT');
      assert.is(turns, 3);
      assert.is(await b.getData(home, { codec: text }), 'theirs 3');
      await settle(a, b);
      assert.equal((await b.children(home)).children, []);
    });

    test('in a chroot writes what has the name of a node of the servers', async (t) => {
      const target = await open();
      const { home, person } = await stageOf(t, target);
      const { zk: outside } = await person();
      await outside.ensure(`${home}/app`);
      const inner = `${target.connectString}${home}/app`;
      const zk = await connect(inner, { graceMs: 0, host: target.host });
      t.cleanup(() => zk.close());
      await stm(zk, (tx) => tx.set('/zookeeper', 'ours'));
      await settle(outside);
      assert.is(await outside.getData(`${home}/app/zookeeper`, { codec: text }), 'ours');
      const theirs = await connect(`${target.connectString}/zookeeper`, { host: target.host });
      t.cleanup(() => theirs.close());
      const error = await errorOf(stm(theirs, (tx) => tx.set('/quota', '')));
      assert.ok(isZkError(error, 'BAD_ARGUMENTS'));
    });

    test('says what is wrong with its arguments, and writes nothing', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const works: ((tx: Transaction) => unknown)[] = [
        (tx) => tx.get(''),
        (tx) => tx.get('relative'),
        (tx) => tx.set('relative', ''),
        (tx) => tx.delete('/a/'),
        (tx) => tx.set('/zookeeper', ''),
        (tx) => tx.delete('/zookeeper/quota'),
        (tx) => tx.set(home, 5 as unknown as string),
        (tx) => {
          tx.set(`${home}/a`, '');
          tx.delete(home);
        },
      ];
      await zk.ensure(home);
      for (const work of works) {
        const error = await errorOf(stm(zk, work));
        assert.ok(isZkError(error, 'BAD_ARGUMENTS'), String(error));
      }
      for (const tries of [0, -1, 1.5, Number.NaN]) {
        const error = await errorOf(stm(zk, () => {}, { tries }));
        assert.ok(isZkError(error, 'BAD_ARGUMENTS'), String(error));
      }
      assert.equal((await zk.children(home)).children, []);
      const invalid = stm(zk, (tx) => tx.get(home, number));
      assert.is(errorName(await errorOf(invalid)), 'INVALID_VALUE');
      let kept: Transaction | undefined;
      await stm(zk, (tx) => {
        kept = tx;
      });
      assert.throws(() => kept!.set(home, 'late'), /the transaction is over/);
      assert.ok(isZkError(await errorOf(kept!.get(home)), 'BAD_ARGUMENTS'));
    });

    test('is given up by those who do not wait, and refused to those who may not', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, b] = [await person(), await person()];
      await a.zk.addAuth({ scheme: 'digest', auth: 'a:secret' });
      const write = (tx: Transaction) => tx.set(home, 'ours');
      await stm(a.zk, write, { acl: CREATOR_ALL_ACL });
      assert.is(errorName(await errorOf(stm(b.zk, write))), 'NO_AUTH');
      assert.is(errorName(await errorOf(stm(b.zk, (tx) => tx.get(home)))), 'NO_AUTH');
      await stm(a.zk, write, { acl: CREATOR_ALL_ACL });
      a.faults.partition();
      assert.is(errorName(await errorOf(stm(a.zk, write, { timeoutMs: 20 }))), 'TIMED_OUT');
      const signal = AbortSignal.abort('no');
      assert.is(await errorOf(stm(a.zk, write, { signal })), 'no');
      a.faults.heal();
      await settle(a.zk);
      assert.is((await a.zk.exists(home))!.version, 1);
      assert.equal((await a.zk.children(home)).children, []);
      await a.zk.close();
      assert.is(errorName(await errorOf(stm(a.zk, write))), 'SESSION_EXPIRED');
    });

    test('cannot guard a node that can have no children', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      await zk.create(home, 'mine', { mode: 'ephemeral' });
      assert.is(await stm(zk, (tx) => tx.get(home, text)), 'mine');
      const refused = stm(zk, (tx) => tx.set(home, 'x'));
      assert.is(errorName(await errorOf(refused)), 'NO_CHILDREN_FOR_EPHEMERALS');
    });
  });
}
