import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { marks } from '../sim/marks.js';
import { suite } from '../support/suite.js';
import { top } from './repository.js';

const PAGE = 'docs/internals/known-bugs.md';
const transcripts = ['test/unit/replication/transcripts', 'test/unit/zab/transcripts'];

/** The last column of every row: what shows that a bug is not here. */
const evidence = readFileSync(join(top, PAGE), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
  .map((line) => line.split(' | ').at(-1)!);

suite('the list of bugs that others had', (test) => {
  test('names tests and transcripts that there are', () => {
    const named = evidence.flatMap((text) => [...text.matchAll(/`([^`]+)`/g)].map(([, it]) => it!));
    assert.ok(named.length > 50);
    const missing = named.filter((name) => {
      const places = name.includes('/')
        ? [`test/${name}.test.ts`]
        : transcripts.map((folder) => `${folder}/${name}.txt`);
      return name !== 'check' && !places.some((place) => existsSync(join(top, place)));
    });
    assert.equal(missing, []);
  });

  test('names situations that the simulator counts', () => {
    const named = evidence.flatMap((text) =>
      [...text.matchAll(/\*([^*]+)\*/g)].map(([, it]) => it!),
    );
    assert.ok(named.length > 5);
    assert.equal(
      named.filter((mark) => !(mark in marks)),
      [],
    );
  });
});
