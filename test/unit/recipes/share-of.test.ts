import { shareOf } from '@vivarium/recipes/internal/partitions/share-of';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const named = (what: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${what}-${index}`);

/** Who has which, by the word of each member alone. */
function sharedOut(partitions: readonly string[], members: readonly string[]) {
  const owners = new Map<string, string>();
  const loads: number[] = [];
  for (const member of members) {
    const share = shareOf(partitions, members, member);
    loads.push(share.size);
    for (const partition of share) {
      assert.not(owners.has(partition), `${partition} is given twice`);
      owners.set(partition, member);
    }
  }
  assert.is(owners.size, partitions.length);
  return { owners, loads };
}

suite('the share of a member', (test) => {
  test('is one of all that make up the whole, none two more than another', () => {
    for (const [count, members] of [
      [1, 1],
      [1, 3],
      [7, 7],
      [12, 5],
      [100, 9],
      [257, 16],
    ] as const) {
      const { loads } = sharedOut(named('tenant', count), named('host', members));
      assert.ok(Math.max(...loads) - Math.min(...loads) <= 1, `${count} over ${members}`);
    }
  });

  test('is the same whatever the order of the names, and in every release', () => {
    const partitions = named('p', 8);
    const share = [...shareOf(partitions, ['a', 'b', 'c'], 'b')].sort();
    const turned = shareOf([...partitions].reverse(), ['c', 'b', 'a'], 'b');
    assert.equal([...turned].sort(), share);
    assert.equal(share, PINNED);
  });

  test('is nothing for who is no member', () => {
    assert.is(shareOf(named('p', 8), ['a', 'b'], 'c').size, 0);
    assert.is(shareOf(named('p', 8), [], 'c').size, 0);
  });

  test('moves little when a member comes, and back when it goes', () => {
    for (const [count, members] of [
      [16, 3],
      [64, 4],
      [200, 10],
    ] as const) {
      let moved = 0;
      const rounds = 6;
      for (let round = 0; round < rounds; round++) {
        const partitions = named(`round-${round}`, count);
        const hosts = named('host', members + 1);
        const before = sharedOut(partitions, hosts.slice(0, -1)).owners;
        const after = sharedOut(partitions, hosts).owners;
        moved += partitions.filter((name) => before.get(name) !== after.get(name)).length;
        assert.equal(sharedOut(partitions, hosts.slice(0, -1)).owners, before);
      }
      // At least what the new one has to have; dividing by a remainder would move nearly all.
      const least = count / (members + 1);
      assert.ok(moved / rounds < 2 * least, `${moved / rounds} of ${count}, at least ${least}`);
    }
  });
});

/** What a released version has said once. */
const PINNED = ['p-0', 'p-4'];
