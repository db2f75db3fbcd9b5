import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { playSeed, titles } from './catalog.js';

suite('a scenario in the world of a seed', (test) => {
  test(
    'is the same run each time, and another one with each seed',
    async () => {
      const title = titles.find((each) =>
        each.endsWith('is revoked when somebody deletes its node, and goes to the next'),
      )!;
      const traces: number[] = [];
      for (const seed of [1, 2, 3, 1, 2, 3]) {
        const { errors, trace } = await playSeed(title, seed);
        assert.equal(errors, []);
        traces.push(trace);
      }
      assert.equal(traces.slice(0, 3), traces.slice(3));
      assert.is(new Set(traces).size, 3);
    },
    { timeoutMs: 60_000 },
  );
});
