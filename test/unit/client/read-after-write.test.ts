/** A stream that is begun after a write was acknowledged. */
import { text } from '@vivarium/core';
import { startLocal } from '@vivarium/core/local';
import { firstValueFrom } from 'rxjs';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const TIMES = 10_000;

suite('a stream begun after a write', (test) => {
  for (const also of ['alone', 'beside one that goes on'] as const) {
    test(
      `shows that write, ten thousand times of as many (${also}, scenario 63)`,
      async (t) => {
        const local = await startLocal();
        t.cleanup(() => local.stop());
        const zk = await local.connect({ graceMs: 0 });
        t.cleanup(() => zk.close());
        await zk.create('/a');
        const standing = also === 'alone' ? undefined : zk.node$('/a').subscribe();
        t.cleanup(() => standing?.unsubscribe());
        for (let number = 1; number <= TIMES; number++) {
          const { mzxid } = await zk.set('/a', String(number));
          const seen = await firstValueFrom(zk.node$('/a', { codec: text }));
          assert.ok(seen.kind === 'present' && seen.data === String(number), `wrote ${number}`);
          assert.ok(seen.asOf >= mzxid);
        }
      },
      { timeoutMs: 120_000 },
    );
  }
});
