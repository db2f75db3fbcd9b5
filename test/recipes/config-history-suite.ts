import { CREATOR_ALL_ACL, isZkError, json } from '@vivarium/core';
import {
  config$,
  configHistory,
  recipes,
  rollbackConfig,
  updateConfig,
  updateConfigWithHistory,
} from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { type Limits, limits } from './limits.js';
import { cutAtEachPiece, settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;

const more = (now: Limits | undefined) => ({ rps: (now?.rps ?? 0) + 1 });

export function configHistorySuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: a configuration with history`, (test) => {
    test(
      'keeps the last values, newest first, each with the write that replaced it',
      async (t) => {
        const { home, person } = await stageOf(t, await open());
        const [{ zk: a }, { zk: b }] = [await person(), await person()];
        const path = `${home}/deep/limits`;
        assert.equal(await configHistory(a, path, limits), []);
        const { updateConfigWithHistory: update, configHistory: history } = recipes(a);
        const replacedBy: bigint[] = [];
        for (let turn = 1; turn <= 5; turn++) {
          assert.equal(await update(path, limits, more, { keep: 3 }), { rps: turn });
          replacedBy.unshift((await a.exists(path))!.mzxid);
        }
        assert.equal(
          await history(path, limits),
          [4, 3, 2, 1].map((version, at) => ({
            version,
            value: { rps: version + 1 },
            error: undefined,
            replacedBy: at === 0 ? undefined : replacedBy[at - 1],
          })),
        );
        await settle(a, b);
        assert.equal((await b.children(path)).children, ['_history']);
        assert.equal((await b.children(`${path}/_history`)).children, ['1', '2', '3']);
        assert.equal(await b.getData(path, { codec: json(limits) }), { rps: 5 });
      },
      { timeoutMs: 30_000 },
    );

    test('goes back to an old version by a new change, which readers are told', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      for (let turn = 0; turn < 3; turn++) await updateConfigWithHistory(a, home, limits, more);
      const said = record(t, config$(b, home, limits, { fallback: { rps: 0 } }));
      await said.until(({ value }) => value.rps === 3);
      assert.equal(await recipes(a).rollbackConfig(home, limits, 0), { rps: 1 });
      assert.is((await said.until(({ value }) => value.rps === 1)).version, 3);
      const versions = async () =>
        (await configHistory(b, home, limits)).map(({ version, value }) => [version, value?.rps]);
      assert.equal(await versions(), [
        [3, 1],
        [2, 3],
        [1, 2],
        [0, 1],
      ]);
      // Forth again, and to where it is.
      assert.equal(await rollbackConfig(b, home, limits, 2, { keep: 2 }), { rps: 3 });
      assert.equal(await rollbackConfig(b, home, limits, 4), { rps: 3 });
      assert.equal(await versions(), [
        [4, 3],
        [3, 1],
        [2, 3],
      ]);
    });

    test('keeps also what was written in other ways, once it replaces that', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      await updateConfig(zk, home, limits, () => ({ rps: 10 }));
      await updateConfig(zk, home, limits, () => ({ rps: 20 }));
      await settle(zk);
      await updateConfigWithHistory(zk, home, limits, more);
      await zk.set(home, 'rubbish');
      const seen: unknown[] = [];
      await updateConfigWithHistory(zk, home, limits, (now) => {
        seen.push(now);
        return { rps: 30 };
      });
      assert.equal(seen, [undefined]);
      const all = await configHistory(zk, home, limits);
      assert.equal(
        all.map(({ version, value, error }) => [version, value?.rps, error !== undefined]),
        [
          [4, 30, false],
          [3, undefined, true],
          [1, 20, false],
        ],
      );
      const refused = rollbackConfig(zk, home, limits, 3);
      assert.is(errorName(await errorOf(refused)), 'INVALID_VALUE');
      for (const version of [0, 2, 5, -1]) {
        const missing = rollbackConfig(zk, home, limits, version);
        assert.is(errorName(await errorOf(missing)), 'NO_SUCH_VERSION');
      }
      assert.equal(await zk.getData(home, { codec: json(limits) }), { rps: 30 });
    });

    test(
      'loses none of fifteen changes made at the same time, and keeps each',
      async (t) => {
        const { home, person } = await stageOf(t, await open());
        const people = await Promise.all(Array.from({ length: 3 }, () => person()));
        await Promise.all(
          people.map(async ({ zk }) => {
            for (let turn = 0; turn < 5; turn++) {
              await updateConfigWithHistory(zk, home, limits, more, { keep: 100 });
            }
          }),
        );
        const all = await configHistory(people[0]!.zk, home, limits);
        assert.equal(
          all.map(({ version, value }) => [version, value!.rps]),
          Array.from({ length: 15 }, (_, at) => [14 - at, 15 - at]),
        );
      },
      { timeoutMs: 30_000 },
    );

    test(
      'is changed and kept exactly once when answers are lost',
      async (t) => {
        const { home, person } = await stageOf(t, await open());
        const [a, { zk: b }] = [await person(), await person()];
        await updateConfigWithHistory(b, home, limits, more);
        for (const lost of ['answers', 'requests'] as const) {
          const stop = cutAtEachPiece(a, lost, 4);
          await updateConfigWithHistory(a.zk, home, limits, more);
          stop();
        }
        const all = await configHistory(b, home, limits);
        assert.equal(
          all.map(({ version, value }) => [version, value!.rps]),
          [
            [2, 3],
            [1, 2],
            [0, 1],
          ],
        );
      },
      { timeoutMs: 30_000 },
    );

    test('says what is wrong with its arguments and with what is stored', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const wrong = [
        ...['', 'relative', '/a/'].flatMap((path) => [
          updateConfigWithHistory(a, path, limits, more),
          configHistory(a, path, limits),
          rollbackConfig(a, path, limits, 0),
        ]),
        ...[0, -1, 1.5, 1001].map((keep) =>
          updateConfigWithHistory(a, home, limits, more, { keep }),
        ),
        rollbackConfig(a, home, limits, 0, { keep: 0 }),
        rollbackConfig(a, home, limits, 0.5),
        updateConfigWithHistory(a, home, limits, () => ({ rps: 0.5 })),
      ];
      for (const error of await Promise.all(wrong.map(errorOf))) {
        assert.ok(isZkError(error, 'BAD_ARGUMENTS'), String(error));
      }
      assert.is(errorName(await errorOf(rollbackConfig(a, home, limits, 0))), 'NO_SUCH_VERSION');
      assert.is(await a.exists(home), undefined);
      await a.addAuth({ scheme: 'digest', auth: 'a:secret' });
      const acl = CREATOR_ALL_ACL;
      for (let turn = 0; turn < 2; turn++) {
        await updateConfigWithHistory(a, home, limits, more, { acl });
      }
      const refused = [
        updateConfigWithHistory(b, home, limits, more),
        configHistory(b, home, limits),
        rollbackConfig(b, home, limits, 0),
      ];
      for (const error of await Promise.all(refused.map(errorOf))) {
        assert.is(errorName(error), 'NO_AUTH');
      }
      await a.set(`${home}/_history`, '"rubbish"');
      const invalid = updateConfigWithHistory(a, home, limits, more);
      assert.is(errorName(await errorOf(invalid)), 'INVALID_VALUE');
      assert.is((await a.exists(home))!.version, 1);
    });
  });
}
