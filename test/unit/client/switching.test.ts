/** Streams that are subscribed to and left very often, as `switchMap` does. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { connect } from '@vivarium/core';
import { Subject, switchMap } from 'rxjs';
import * as assert from 'uvu/assert';
import { monitoredServer } from '../../support/monitored-server.js';
import { suite } from '../../support/suite.js';

const TIMES = 100_000;
/** A prime number, so that each path has its turn in every way. */
const PATHS = 97;
/** So many are begun and left before anything is heard of the server, and before one is told. */
const [AT_ONCE, UNTOLD] = [10, 20];
/** Less than a hundred bytes for each subscription. */
const GROWTH_BYTES = 8 * 2 ** 20;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapBytes(): number {
  for (let round = 0; round < 3; round++) collect();
  return process.memoryUsage().heapUsed;
}

suite('a hundred thousand subscriptions, each in place of the one before', (test) => {
  test(
    'leave neither watches nor memory behind (scenario 61)',
    async (t) => {
      const server = await monitoredServer(t);
      const zk = await connect(server.connectString, { graceMs: 0 });
      t.cleanup(() => zk.close());
      const watchCount = async () => (await server.figures()).get('watch_count')!;
      for (let path = 0; path < PATHS; path += 2) await zk.create(`/${path}`);
      const chosen = new Subject<number>();
      let told = 0;
      const subscription = chosen
        .pipe(switchMap((number) => zk.node$(`/${number % PATHS}`)))
        .subscribe(() => told++);
      t.cleanup(() => subscription.unsubscribe());
      const go = async (from: number, to: number) => {
        for (let number = from; number < to; number++) {
          chosen.next(number);
          if (number % AT_ONCE === AT_ONCE - 1) await zk.sync();
          if (number % UNTOLD === UNTOLD - 1) await zk.sync();
        }
        // One for the reads, and one for the removals that they lead to.
        await zk.sync();
        await zk.sync();
        const { entries, subscribers, armed, watches, dirty, reading } = zk.stats();
        assert.equal([entries, subscribers, armed, watches, dirty, reading], [1, 1, 1, 1, 0, 0]);
        assert.is(await watchCount(), 1);
        return heapBytes();
      };
      const before = await go(0, TIMES / 10);
      const after = await go(TIMES / 10, TIMES);
      assert.ok(told >= TIMES / UNTOLD, `${told} were told`);
      const grown = after - before;
      assert.ok(grown < GROWTH_BYTES, `the heap has grown by ${grown} bytes`);
      subscription.unsubscribe();
      await zk.sync();
      assert.equal([zk.stats().entries, zk.stats().watches, await watchCount()], [0, 0, 0]);
    },
    { timeoutMs: 170_000 },
  );
});
