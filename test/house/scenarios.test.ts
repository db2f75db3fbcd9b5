import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { top } from './repository.js';

const rows = readFileSync(join(top, 'docs/internals/scenarios.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| \d/.test(line))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')));

suite('the list of scenarios', (test) => {
  test('has each of the eighty-one once, and says of each how it stands', () => {
    const numbers = rows.map(([number]) => number);
    const all = Array.from({ length: 80 }, (_, at) => String(at + 1));
    all.splice(all.indexOf('67'), 0, '66b');
    assert.equal(numbers, all);
    for (const row of rows) assert.match(row.at(-1)!, /^(covered|partly: |not covered)/);
  });

  test('tells how many of them are covered', () => {
    const page = readFileSync(join(top, 'docs/internals/scenarios.md'), 'utf8');
    const count = (state: string) => rows.filter((row) => row.at(-1)!.startsWith(state)).length;
    const told = `${count('covered')} are covered, ${count('partly')} in part, ${count('not covered')} not`;
    assert.ok(page.includes(`Of ${rows.length}, ${told}.`), told);
  });

  test('names tests that there are', () => {
    const named = rows.flatMap((row) =>
      [...row[2]!.matchAll(/`([^`]+)` › "([^"]+)"/g)].map(([, path, title]) => [path!, title!]),
    );
    assert.ok(named.length > 80);
    const missing = named.filter(([path, title]) => {
      const source = readFileSync(join(top, 'test', path!), 'utf8');
      return !source.includes(`'${title}'`) && !source.includes(`\`${title}\``);
    });
    assert.equal(missing, []);
  });
});
