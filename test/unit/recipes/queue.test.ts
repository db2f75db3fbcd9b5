import {
  lockQueue,
  readQueue,
  upgradableQueue,
  writeQueue,
} from '@vivarium/recipes/internal/lock/lock-queues';
import { aheadOf, contendersOf, electionQueue } from '@vivarium/recipes/internal/shared/queue';
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

const orderOf = ({ labels }: { readonly labels: readonly string[] }, names: readonly string[]) =>
  contendersOf(labels, names).map(({ name }) => name);

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
      orderOf(lockQueue, names),
      [2, 1, 0, 3, 4].map((index) => names[index]),
    );
  });

  test('goes on through the wrap of the counter', () => {
    const names = ['lock--2147483648', 'lock-2147483647', 'lock--2147483647', 'lock-2147483646'];
    assert.equal(
      orderOf(lockQueue, names),
      [3, 1, 0, 2].map((index) => names[index]),
    );
  });

  test('leaves out what is no contender', () => {
    const names = ['notes', 'lock-', 'lock-12', 'x-latch-0000000001', 'lock-0000000009-old'];
    assert.equal(orderOf(lockQueue, names), []);
    assert.equal(orderOf(electionQueue, names), ['x-latch-0000000001']);
  });

  test('of an election has those who stand by kazoo, in their turn', () => {
    const kazoos = '0123456789abcdef0123456789abcdef__lock__0000000001';
    const ours = '_c_00000000-0000-0000-0000-000000000000-latch-0000000002';
    assert.equal(aheadOf(electionQueue, [ours, kazoos], ours), [kazoos]);
  });
});

suite('who is in the way', (test) => {
  const read = (number: number) => `r-__READ__${String(number).padStart(10, '0')}`;
  const up = (number: number) => `u-up-__READ__${String(number).padStart(10, '0')}`;
  const write = (number: number) => `w-__WRIT__${String(number).padStart(10, '0')}`;
  const lock = (number: number) => `l-lock-${String(number).padStart(10, '0')}`;

  test('of who writes: everybody who came before', () => {
    const names = [read(1), write(2), up(3), lock(4), write(5), read(6)];
    assert.equal(aheadOf(writeQueue, names, write(5)), names.slice(0, 4));
    assert.equal(aheadOf(lockQueue, names, lock(4)), names.slice(0, 3));
  });

  test('of who reads: only those who write and came before', () => {
    const names = [read(1), write(2), up(3), lock(4), read(5), write(6)];
    assert.equal(aheadOf(readQueue, names, read(5)), [write(2), lock(4)]);
    assert.equal(aheadOf(readQueue, names, read(1)), []);
  });

  test('of who may come to write: those who write, and those who may too', () => {
    const names = [read(1), up(2), read(3), up(4), up(5)];
    assert.equal(aheadOf(upgradableQueue, names, up(4)), [up(2)]);
  });

  test('of who reads: not an upgrade that waits for it, also across the wrap', () => {
    const upgraded = 'u-up5-__WRIT__0000000002';
    assert.equal(aheadOf(readQueue, [upgraded, read(4)], read(4)), []);
    assert.equal(aheadOf(readQueue, [upgraded, read(6)], read(6)), [upgraded]);
    const wrapped = 'u-up-2147483640-__WRIT__2147483646';
    const late = 'r-__READ__-2147483641';
    assert.equal(aheadOf(readQueue, [wrapped, late], late), []);
    assert.equal(aheadOf(writeQueue, [upgraded, write(4)], write(4)), [upgraded]);
  });

  test('is not known when our own node is not there', () => {
    assert.is(aheadOf(lockQueue, [lock(1)], lock(2)), undefined);
  });
});
