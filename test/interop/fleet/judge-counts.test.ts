import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import type { Change } from './changes.js';
import { judgeCounts, type Told } from './judge-counts.js';
import { groundOf } from './names.js';

const ground = groundOf('test');
const AMOUNTS: Readonly<Record<string, number>> = { 'curator1.0': 1, 'vivarium1.0': 2 };
const curator = { participant: 'curator1.0', sum: 1, isExact: true };
const ours = { participant: 'vivarium1.0', sum: 4, isExact: true };

/** What is found when session 1 is Curator's and 2 ours, and these write these values. */
function judge(writes: readonly (readonly [session: number, value: number])[], told: Told[]) {
  const change = (session: number, path: string, text = ''): Change => {
    const data = new TextEncoder().encode(text);
    return { zxid: 1n, session: BigInt(session), what: 'set', path, data };
  };
  const marks = [
    { ...change(1, `${ground.marks}/curator1.0-0-begin`), what: 'create' as const },
    { ...change(2, `${ground.marks}/vivarium1.0-0-begin`), what: 'create' as const },
  ];
  const changes = writes.map(([session, value]) => change(session, ground.site, String(value)));
  const decode = (bytes: Uint8Array) => Number(new TextDecoder().decode(bytes));
  return judgeCounts([...marks, ...changes], ground, decode, (who) => AMOUNTS[who]!, told);
}

suite('the judge of numbers', (test) => {
  test('has nothing against sums that are right, and counts', () => {
    const { problems, sum, writes, handOvers, again } = judge(
      [
        [2, 2],
        [1, 3],
        [2, 5],
      ],
      [curator, ours],
    );
    assert.equal(problems, []);
    assert.equal({ sum, writes, again }, { sum: 5, writes: 3, again: 0 });
    assert.equal(handOvers, { 'Vivarium → Curator': 1, 'Curator → Vivarium': 1 });
  });

  test('sees an addition that was written over', () => {
    const { problems } = judge(
      [
        [2, 2],
        [1, 1],
      ],
      [],
    );
    assert.is(problems.length, 1);
    assert.match(problems[0]!, /^C1: curator1.0, which adds 1, has added -1/);
  });

  test('sees a write that adds nothing', () => {
    const { problems } = judge(
      [
        [2, 2],
        [2, 2],
      ],
      [],
    );
    assert.match(problems[0]!, /^C1: .* has added 0/);
  });

  test('sees an addition that is not in the log, and one too many', () => {
    const twice = [
      [2, 2],
      [2, 4],
    ] as const;
    assert.match(judge(twice, [{ ...ours, sum: 6 }]).problems[0]!, /^C3: .* told of 6.* has 4/);
    assert.match(judge(twice, [{ ...ours, sum: 2 }]).problems[0]!, /^C3: .* has more: 4/);
    const inexact = judge(twice, [{ ...ours, sum: 2, isExact: false }]);
    assert.equal({ problems: inexact.problems, again: inexact.again }, { problems: [], again: 2 });
  });

  test('sees a writer that nobody knows', () => {
    assert.match(judge([[3, 1]], []).problems[0]!, /^C1: somebody who is not known/);
  });
});
