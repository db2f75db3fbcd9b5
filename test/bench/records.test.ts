import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { Histogram } from './histogram.js';
import { summarizeProfile } from './profile.js';
import { type FactRecord, median, ratioOf } from './records.js';
import { judge } from './targets.js';

const restart = (round: number, subject: 'apache' | 'vivarium', restartMs: number): FactRecord => ({
  part: 'znodes',
  round,
  subject,
  values: { restartMs },
});

suite('the figures of the bench', (test) => {
  test('a histogram tells quantiles within its bins', () => {
    const histogram = new Histogram();
    for (let ms = 1; ms <= 100; ms++) histogram.add(ms);
    assert.is(histogram.count, 100);
    assert.is(Math.round(histogram.quantile(0.5)), 50);
    assert.is(Math.round(histogram.quantile(0.99)), 99);
    assert.is(Math.round(histogram.quantile(1)), 100);
    assert.is(new Histogram().quantile(0.5), 0);
  });
  test('the median of an odd and of an even count', () => {
    assert.is(median([3, 1, 2]), 2);
    assert.is(median([4, 1, 2, 3]), 2.5);
    assert.ok(Number.isNaN(median([])));
  });
  test('a ratio compares the two servers of the same round', () => {
    const records = [restart(1, 'apache', 10), restart(1, 'vivarium', 5)];
    records.push(restart(2, 'vivarium', 40), restart(2, 'apache', 20), restart(3, 'apache', 1));
    const ratio = ratioOf(records, (record) => record.values.restartMs);
    assert.equal(ratio, { median: 1.25, least: 0.5, greatest: 2, rounds: 2 });
  });
  test('a profile is summed up by function, without idle time', () => {
    const frame = (functionName: string) => ({
      functionName,
      url: 'file:///a/b/c.js',
      lineNumber: 4,
    });
    const idle = { functionName: '(idle)', url: '', lineNumber: -1 };
    const nodes = [
      { id: 1, callFrame: frame('f') },
      { id: 2, callFrame: frame('g') },
      { id: 3, callFrame: idle },
    ];
    const profile = { nodes, samples: [1, 2, 3, 2], timeDeltas: [1, 1, 100, 2] };
    const rows = summarizeProfile(JSON.stringify(profile), 5);
    assert.equal(rows, [
      { what: 'g  b/c.js:5', share: 0.75 },
      { what: 'f  b/c.js:5', share: 0.25 },
    ]);
  });
  test('a target is judged by the median, and only when both were measured', () => {
    assert.equal(judge([restart(1, 'vivarium', 5)]), []);
    const [judged] = judge([restart(1, 'apache', 10), restart(1, 'vivarium', 11)]);
    assert.is(judged?.holds, false);
    assert.is(judged?.demand, '≤ 1');
  });
});
