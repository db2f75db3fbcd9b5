/** Two who want the same locks in opposite orders, again and again. */
import type { Client } from '@vivarium/core';
import { startLocal } from '@vivarium/core/local';
import { acquireAll } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';

const ROUNDS = 1_000;

suite('several locks in opposite orders', (test) => {
  test(
    'block nobody in a thousand rounds of each of two clients (scenario 39)',
    async (t) => {
      const local = await startLocal();
      t.cleanup(() => local.stop());
      const client = async () => {
        const zk = await local.connect();
        t.cleanup(() => zk.close());
        return zk;
      };
      const [a, b] = [await client(), await client()];
      const paths = ['/x', '/y', '/z'];
      let inside = 0;
      let done = 0;
      const newest = new Map<string, bigint>();
      const cycle = async (zk: Client, order: readonly string[]) => {
        for (let round = 0; round < ROUNDS; round++) {
          const all = await acquireAll(zk, order, { timeoutMs: 60_000 });
          assert.is(++inside, 1);
          assert.ok(all.isCertain());
          for (const [path, { token }] of all.holds) {
            assert.ok(token.zxid > (newest.get(path) ?? 0n));
            newest.set(path, token.zxid);
          }
          inside--;
          done++;
          await all.release();
        }
      };
      await Promise.all([cycle(a, paths), cycle(b, [...paths].reverse())]);
      assert.is(done, 2 * ROUNDS);
      for (const path of paths) assert.equal((await a.children(path)).children, []);
      assert.is(a.stats().watches + b.stats().watches, 0);
    },
    { timeoutMs: 170_000 },
  );
});
