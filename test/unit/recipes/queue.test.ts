import { contendersOf, electionQueue, lockQueue } from '@vivarium/recipes/internal/shared/queue';
import { compareSequences, sequenceAfter } from '@vivarium/recipes/internal/shared/sequence';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const own = '_c_01000035-242d-0002-0000-000000000001-lock-';

suite('the numbers of sequential nodes', (test) => {
  test('are what follows a label, with their sign', () => {
    assert.is(sequenceAfter('lock-', `${own}0000000007`), 7);
    assert.is(sequenceAfter('lock-', `${own}2147483647`), 2147483647);
    assert.is(sequenceAfter('lock-', `${own}-2147483648`), -2147483648);
    assert.is(sequenceAfter('lock-', `${own}-000000005`), -5);
  });

  test('are 32 bits of longer ones', () => {
    assert.is(sequenceAfter('lock-', 'lock-4294967298'), 2);
  });

  test('are not found where there is no label or no number', () => {
    for (const name of ['lock-', 'lock-7', 'lock-x0000000007', 'block', '0000000007', 'lock-1-']) {
      assert.is(sequenceAfter('lock-', name), undefined, name);
    }
  });

  test('are ordered by age across the wrap', () => {
    const ages = [2147483646, 2147483647, -2147483648, -2147483647, -5];
    assert.equal([...ages].reverse().sort(compareSequences), ages);
    assert.is(compareSequences(3, 3), 0);
  });
});

suite('the order of a queue', (test) => {
  test('is by number alone, whoever made the node', () => {
    const names = [
      '_c_ffffffff-0000-0000-0000-000000000000-lock-0000000003',
      '0123456789abcdef0123456789abcdef__lock__0000000002',
      'lock-0000000001',
      '_c_00000000-0000-0000-0000-000000000000-lock-0000000004',
      '_c_00000000-0000-0000-0000-000000000000-__READ__0000000005',
    ];
    assert.equal(
      contendersOf(lockQueue, names),
      [2, 1, 0, 3, 4].map((index) => names[index]),
    );
  });

  test('goes on through the wrap of the counter', () => {
    const names = ['lock--2147483648', 'lock-2147483647', 'lock--2147483647', 'lock-2147483646'];
    assert.equal(
      contendersOf(lockQueue, names),
      [3, 1, 0, 2].map((index) => names[index]),
    );
  });

  test('leaves out what is no contender', () => {
    const names = ['notes', 'lock-', 'lock-12', 'x-latch-0000000001', 'lock-0000000009-old'];
    assert.equal(contendersOf(lockQueue, names), []);
    assert.equal(contendersOf(electionQueue, names), ['x-latch-0000000001']);
  });
});
