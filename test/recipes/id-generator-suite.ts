import { CREATOR_ALL_ACL, isZkError } from '@vivarium/core';
import { counter, idGenerator, recipes } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf } from '../compliance/observe.js';
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { loseAnswers } from './lost-answers.js';
import { settle, stageOf } from './world.js';

const errorName = (error: unknown) => (error as Error).name;
const upTo = (count: number, first = 1) =>
  Array.from({ length: count }, (_, i) => BigInt(first + i));

export function idGeneratorSuite(name: string, open: () => Promise<Target>): void {
  suite(`${name}: an id generator`, (test) => {
    test('gives ids in the order of the calls, a block with each write', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk } = await person();
      const path = `${home}/deep/ids`;
      const ids = recipes(zk).idGenerator(path, { block: 10 });
      assert.is(await ids.next(), 1n);
      assert.equal(await Promise.all(upTo(12).map(() => ids.next())), upTo(12, 2));
      assert.is((await zk.exists(path))!.version, 1);
      // As many as are asked for at once come together.
      assert.equal(await Promise.all(upTo(1000).map(() => ids.next())), upTo(1000, 14));
      assert.is((await zk.exists(path))!.version, 2);
      assert.is(await counter(zk, path).get(), 1020n);
    });

    test('gives nobody what another gives, nor another of the same client', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const generators = [a, a, b].map((zk) => idGenerator(zk, home, { block: 3 }));
      const taken = await Promise.all(
        generators.map(async ({ next }) => {
          const ids: bigint[] = [];
          for (let i = 0; i < 20; i++) ids.push(await next());
          assert.ok(ids.every((id, at) => at === 0 || id > ids[at - 1]!));
          return ids;
        }),
      );
      assert.is(new Set(taken.flat()).size, 60);
    });

    test('never gives one twice though answers are lost and sessions end', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [a, { zk: b }] = [await person(), await person()];
      const losses = loseAnswers(a, { seed: 5, chance: 30, sessionEnds: 40 });
      const [ours, theirs] = [a.zk, b].map((zk) => idGenerator(zk, home, { block: 2 }));
      const ids: bigint[] = [];
      for (let before = 0n; losses.count < 12; ) {
        const [id, other] = await Promise.all([ours!.next(), theirs!.next()]);
        assert.ok(id > before);
        before = id;
        ids.push(id, other);
      }
      await losses.stop();
      assert.is(new Set(ids).size, ids.length);
      await settle(a.zk);
      assert.ok(a.zk.session!.epoch > 1);
    });

    test('keeps ids for those who wait, not for those who gave up', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const { zk, faults } = await person();
      const { next } = idGenerator(zk, home, { block: 2 });
      assert.equal([await next(), await next()], [1n, 2n]);
      faults.partition();
      const giveUp = new AbortController();
      const given = errorOf(next({ signal: giveUp.signal }));
      const late = errorOf(next({ timeoutMs: 20 }));
      const kept = next();
      giveUp.abort('enough');
      assert.is(await given, 'enough');
      assert.is(errorName(await late), 'TIMED_OUT');
      assert.is(await errorOf(next({ signal: AbortSignal.abort('no') })), 'no');
      faults.heal();
      assert.is(await kept, 3n);
      assert.is(await next(), 4n);
    });

    test('refuses to go on where the numbers were set back or are used up', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      const { next } = idGenerator(a, home, { block: 5 });
      assert.equal(await Promise.all(upTo(5).map(() => next())), upTo(5));
      await b.set(home, '');
      const refused = await errorOf(next());
      assert.is(errorName(refused), 'INVALID_VALUE');
      assert.match(String(refused), /back to 0 though 5 was given/);
      assert.is(await next(), 6n);
      await counter(b, home).add(2n ** 63n - 12n);
      assert.equal(await Promise.all(upTo(4).map(() => next())), upTo(4, 7));
      assert.is(errorName(await errorOf(next())), 'OUT_OF_RANGE');
      await b.set(home, 'rubbish');
      assert.is(errorName(await errorOf(next())), 'INVALID_VALUE');
    });

    test('is refused a block that is none, and by those who may not; ends with its client', async (t) => {
      const { home, person } = await stageOf(t, await open());
      const [{ zk: a }, { zk: b }] = [await person(), await person()];
      for (const block of [0, 1.5, Number.NaN, 2 ** 31]) {
        assert.throws(() => idGenerator(a, home, { block }), /give a whole number from 1/);
      }
      await a.addAuth({ scheme: 'digest', auth: 'a:secret' });
      const { next } = idGenerator(a, home, { block: 2, acl: CREATOR_ALL_ACL });
      assert.is(await next(), 1n);
      assert.is(errorName(await errorOf(idGenerator(b, home, { block: 2 }).next())), 'NO_AUTH');
      await a.close();
      // What it has is its own, whatever comes of the client.
      assert.is(await next(), 2n);
      assert.ok(isZkError(await errorOf(next()), 'SESSION_EXPIRED'));
    });
  });
}
