import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { titles } from '../scenarios/catalog.js';
import { scenarioRows, titlesOf } from '../scenarios/numbers.js';
import { suite } from '../support/suite.js';
import { top } from './repository.js';

const page = readFileSync(join(top, 'docs/internals/scenarios.md'), 'utf8');
const rows = scenarioRows(page);
/** Of all that are to be played with many seeds. */
const SEEDED_AT_LEAST = 60;

suite('the list of scenarios', (test) => {
  test('has each of the eighty-one once, and says of each how it stands', () => {
    const numbers = rows.map(({ number }) => number);
    const all = Array.from({ length: 80 }, (_, at) => String(at + 1));
    all.splice(all.indexOf('67'), 0, '66b');
    assert.equal(numbers, all);
    for (const { state } of rows) assert.match(state, /^(covered|partly: |not covered)/);
  });

  test('tells how many of them are covered', () => {
    const count = (state: string) => rows.filter((row) => row.state.startsWith(state)).length;
    const told = `${count('covered')} are covered, ${count('partly')} in part, ${count('not covered')} not`;
    assert.ok(page.includes(`Of ${rows.length}, ${told}.`), told);
  });

  test('names tests that there are', () => {
    const named = rows.flatMap(({ tests }) => tests);
    assert.ok(named.length > 80);
    const missing = named.filter(({ path, title }) => {
      const source = readFileSync(join(top, 'test', path), 'utf8');
      return !source.includes(`'${title}'`) && !source.includes(`\`${title}\``);
    });
    assert.equal(missing, []);
  });

  test('tells which of them are played with many seeds', () => {
    const seeded = rows.filter((row) => titlesOf(row, titles).length > 0);
    assert.ok(seeded.length >= SEEDED_AT_LEAST, `${seeded.length}`);
    const told = `${seeded.length} are played with many seeds: ${rangesOf(seeded.map(({ number }) => number))}.`;
    assert.ok(page.replace(/\s+/g, ' ').includes(told), told);
  });
});

/** `1 to 4, 7, 9` */
function rangesOf(numbers: readonly string[]): string {
  const ranges: string[][] = [];
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (range !== undefined && Number(range.at(-1)) + 1 === Number(number)) range.push(number);
    else ranges.push([number]);
  }
  const told = (range: readonly string[]) =>
    range.length < 3 ? range.join(', ') : `${range[0]} to ${range.at(-1)}`;
  return ranges.map(told).join(', ');
}
