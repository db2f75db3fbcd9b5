import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { HandOvers } from './hand-overs.js';
import { renderRecipes } from './page.js';
import { judgeRecipes, quantile, type RecipeRecord, type RecipeSubject } from './records.js';

const record = (
  subject: RecipeSubject,
  name: RecipeRecord['case'],
  p50Ms: number,
  requests?: number,
): RecipeRecord => ({
  ...{ round: 1, subject, case: name, count: 10, p50Ms, p99Ms: 2 * p50Ms },
  ...(requests === undefined ? {} : { requests }),
});

suite('the figures of the recipes’ bench', (test) => {
  test('a quantile is one of the times', () => {
    assert.is(quantile([3, 1, 2], 0.5), 2);
    assert.is(quantile([1, 2, 3, 4], 0.5), 2);
    assert.is(quantile([1, 2, 3, 4], 0.99), 4);
    assert.ok(Number.isNaN(quantile([], 0.5)));
  });
  test('half of Curator’s time reaches the target, more does not', () => {
    const theirs = record('apache', 'hand-over 20', 10);
    const holds = (ours: number) =>
      judgeRecipes([theirs, record('vivarium', 'hand-over 20', ours)]).map((each) => each.holds);
    assert.equal(holds(5), [true]);
    assert.equal(holds(5.1), [false]);
    assert.equal(judgeRecipes([theirs, record('on-apache', 'hand-over 20', 1)]), []);
  });
  test('a release may ask for no more in a long queue than in a short one', () => {
    const short = record('vivarium', 'release 20', 1, 3);
    const holds = (requests: number) =>
      judgeRecipes([short, record('vivarium', 'release 200', 1, requests)])[0]?.holds;
    assert.is(holds(3.1), true);
    assert.is(holds(4), false);
    assert.is(holds(Number.NaN), false);
  });
  test('the page has a row for each case that was measured', () => {
    const records = [record('apache', 'lock', 2, 4), record('vivarium', 'lock', 1, 5)];
    const page = renderRecipes({ records, servers: 1 });
    assert.ok(page.includes('| lock | 2.00 · 4.00 | – · – | 1.00 · 2.00 | 0.50 | 1 × 10 |'), page);
    assert.ok(page.includes('| lock | 4.0 | – | 5.0 |'), page);
  });
  test('what is handed over comes to those who wait in their order', async () => {
    const hands = new HandOvers<number>();
    const first = hands.take();
    const second = hands.take();
    for (const one of [1, 2, 3]) hands.give(one);
    assert.equal([await first, await second, await hands.take()], [1, 2, 3]);
  });
});
