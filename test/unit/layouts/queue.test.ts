import { isOurName } from '@vivarium/core/internal/layouts/made-by';
import { memberName } from '@vivarium/core/internal/layouts/member';
import { contendersIn } from '@vivarium/core/internal/layouts/queue';
import { compareSequences, sequentialName } from '@vivarium/core/internal/layouts/sequence';
import { holdersIn } from '@vivarium/recipes/internal/lock/lock-queues';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { Random } from '../tree/random.js';

const UUID = '_c_01a21105-7378-0035-0000-000000000001';
const KAZOO = '681c17270f2f4ca59843dac499d76089';

/** Numbers of those in a queue, with a star behind those who hold. */
function seen(names: readonly string[]): string {
  return contendersIn(names)
    .map(({ sequence, holds }) => `${sequence}${holds ? '*' : ''}`)
    .join(' ');
}

suite('sequential names', (test) => {
  test('are taken apart, across the wrap of the counter', () => {
    assert.equal(sequentialName('a-lock-0000000041'), { stem: 'a-lock-', sequence: 41 });
    assert.equal(sequentialName('lock--2147483648'), { stem: 'lock-', sequence: -2147483648 });
    assert.equal(sequentialName('x__lock__-000000005'), { stem: 'x__lock__', sequence: -5 });
    assert.is(sequentialName('lock-12'), undefined);
    assert.ok(compareSequences(2147483647, -2147483648) < 0);
  });
});

suite('a queue of a lock', (test) => {
  test('is in the order of its numbers, whoever gave the names', () => {
    const names = [
      `${KAZOO}__lock__0000000044`,
      `${UUID}-lock-0000000041`,
      '_c_3c96a29a-a673-485b-87c2-2c6f744df157-lock-0000000042',
      'a22e5ca512ad44d1b211e6271b6b0cd7-lock-0000000043',
      'x-72057594037927936-0000000045',
      'something else',
    ];
    assert.is(seen(names), '41* 42 43 44 45');
    assert.equal(
      contendersIn(names).map(({ library }) => library),
      ['vivarium or curator', 'vivarium or curator', 'kazoo', 'kazoo', 'zookeeper recipes'],
    );
  });

  test('lets readers hold together until the first who writes', () => {
    const names = ['__READ__0000000001', '__READ__0000000002', '__WRIT__0000000003'];
    const own = [...names, '__READ__0000000004'].map((name) => `${UUID}-${name}`);
    assert.is(seen(own), '1* 2* 3 4');
    assert.is(seen(own.slice(2)), '3* 4');
    assert.is(seen([`${KAZOO}__rlock__0000000001`, `${KAZOO}__lock__0000000002`]), '1* 2');
  });

  test('lets one upgradable reader hold, and an upgrade at its old place', () => {
    const up = (at: string) => `${UUID}-up-__READ__${at}`;
    assert.is(seen([up('0000000001'), up('0000000002'), `${UUID}-__READ__0000000003`]), '1* 2 3*');
    const upgrade = [
      up('0000000001'),
      `${UUID}-__READ__0000000002`,
      `${UUID}-up2-__WRIT__0000000005`,
    ];
    assert.is(seen(upgrade), '1* 2 5');
  });

  test('has the holders that the recipes find, whatever is in the folder', () => {
    const random = new Random(7);
    const labels = ['-lock-', '__lock__', '-__WRIT__', '-__READ__', '__rlock__', '-up-__READ__'];
    let held = 0;
    for (let round = 0; round < 5_000; round++) {
      // Around the wrap of the counter in every other folder.
      const base = round % 2 === 0 ? 10 : 0x7fff_fffc;
      const names = Array.from({ length: random.below(7) }, (_, at) => {
        const number = String((base + at) | 0).padStart(10, '0');
        const upgrade = `-up${(base + random.below(at + 1)) | 0}-__WRIT__`;
        const label = random.below(8) === 0 ? upgrade : labels[random.below(labels.length)]!;
        return `${label.startsWith('__') ? KAZOO : UUID}${label}${number}`;
      }).filter(() => random.below(4) > 0);
      const holders = contendersIn(names).filter(({ holds }) => holds);
      held += holders.length;
      assert.equal(
        holders.map(({ name }) => name),
        holdersIn(names),
        names.join(),
      );
    }
    assert.ok(held > 4_000, String(held));
  });

  test('of an election has one who leads', () => {
    assert.is(
      seen([`${UUID}-latch-0000000007`, 'n_0000000005', `${KAZOO}-latch-0000000006`]),
      '5* 6 7',
    );
    assert.equal(contendersIn([`${UUID}-latch-0000000007`])[0]!.wish, 'lead');
    assert.equal(contendersIn([]), []);
  });

  test('holds no words that end like a label of an election', () => {
    // A folder of `version_0000000001` was shown as an election.
    assert.is(seen(['version_0000000001', 'session_0000000002']), '');
  });
});

suite('names of members and of those who queue', (test) => {
  test('a protected name is ours when the session is in it', () => {
    assert.is(isOurName(`${UUID}-lock-0000000041`, 0x01a2110573780035n), true);
    assert.is(isOurName(`${UUID}-lock-0000000041`, 0x0100000000000001n), false);
    assert.is(isOurName('lock-0000000041', 1n), undefined);
  });

  test('members are called as their library has it', () => {
    assert.equal(memberName('worker17'), { id: 'worker17', library: 'vivarium or curator' });
    assert.equal(memberName(`${KAZOO}-worker18`), { id: 'worker18', library: 'kazoo' });
    assert.equal(memberName(`${KAZOO}__party__`), { id: undefined, library: 'kazoo' });
  });
});
