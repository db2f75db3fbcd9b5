import { moveOf, orderOf } from '@vivarium/core/internal/session/rebalance';
import { ServerChoice } from '@vivarium/core/internal/session/server-choice';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const DRAWS = 5_000;
const never = () => assert.unreachable('no draw is needed') as never;

suite('who moves when the list of servers has changed', (test) => {
  test('of a list that has grown, the share of the new servers, and to these alone', () => {
    const move = (draw: number) => moveOf([0, 1, 2], [0, 1, 2, 3, 4], 1, () => draw);
    assert.equal([move(0), move(0.39)], [{ toAdded: 1 }, { toAdded: 1 }]);
    assert.equal([move(0.41), move(0.99)], [undefined, undefined]);
  });

  test('of a list that has grown without our server, everybody, to the new ones', () => {
    assert.equal(moveOf([0, 1], [0, 2, 3], 1, never), { toAdded: 1 });
  });

  test('of a list that has not grown and names our server, nobody', () => {
    assert.is(moveOf([0, 1, 2], [0, 1], 0, never), undefined);
    assert.is(moveOf([0, 1, 2], [0, 3, 4], 0, never), undefined);
  });

  test('of a list without our server, as many to each of the new ones as it takes', () => {
    // One of three is replaced: its clients go to the one that came, the others are full.
    assert.equal(moveOf([0, 1, 2], [0, 1, 3], 2, never), { toAdded: 1 });
    // One of three is taken away: its clients are shared by those that are left.
    assert.equal(moveOf([0, 1, 2], [0, 1], 2, never), { toAdded: 0 });
    // Of five two stay and one comes; three lose a fifth each, two of fifteen for each old one.
    const { toAdded } = moveOf([0, 1, 2, 3, 4], [0, 1, 5], 4, never)!;
    assert.ok(Math.abs(toAdded - (1 - (2 * 2) / (3 * 3))) < 1e-9);
  });

  test('any change leaves every server with the same share of a crowd', () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 48_271) % 0x7fff_ffff;
      return seed / 0x7fff_ffff;
    };
    const changes: readonly (readonly [number, number, number])[] = [
      [3, 3, 5],
      [3, 1, 4],
      [5, 2, 3],
      [5, 3, 3],
      [4, 2, 4],
    ];
    for (const [before, kept, after] of changes) {
      const old = Array.from({ length: before }, (_, i) => i);
      const now = Array.from({ length: after }, (_, i) => (i < kept ? i : before + i));
      const load = new Map(now.map((server) => [server, 0]));
      for (const server of old) {
        for (let i = 0; i < DRAWS; i++) {
          const choice = new ServerChoice(before, false, random);
          const to = choice.replace(now, server) ? choice.take() : server;
          load.set(to, load.get(to)! + 1);
        }
      }
      const fair = (before * DRAWS) / after;
      for (const [server, count] of load) {
        const about = `${before}, ${kept} kept, ${after} now: ${server} has ${count}, not ${fair}`;
        assert.ok(Math.abs(count - fair) < fair * 0.1, about);
      }
    }
  });

  test('all are tried, those that were added first when it must be one of them', () => {
    assert.equal(
      orderOf({ toAdded: 1 }, [0, 1], [1, 2, 0, 3], () => 0.999),
      [2, 3, 1, 0],
    );
    assert.equal(
      orderOf({ toAdded: 0 }, [0, 1], [1, 2, 0, 3], () => 0),
      [1, 0, 2, 3],
    );
  });
});

suite('a choice whose list is replaced', (test) => {
  const half = () => 0.5;

  test('stays where it is, and goes on behind it', () => {
    const choice = new ServerChoice(3, true, half);
    assert.is(choice.take(), 0);
    assert.not(choice.replace([2, 0, 1, 3], 0));
    assert.equal([choice.take(), choice.take(), choice.take()], [1, 3, 2]);
  });

  test('tries the first of the list when it keeps the order and its server is gone', () => {
    const choice = new ServerChoice(3, true, half);
    choice.take();
    assert.ok(choice.replace([2, 1], 0));
    assert.equal([choice.take(), choice.take(), choice.take()], [2, 1, 2]);
  });

  test('does not decide anew when it is given the same list again', () => {
    let draws = 0;
    const random = () => {
      draws++;
      return 0.4;
    };
    const choice = new ServerChoice(1, false, random);
    const server = choice.take();
    assert.ok(choice.replace([0, 1], server), '0.4 is less than a half');
    const before = draws;
    assert.ok(choice.replace([1, 0], server), 'the move is still owed');
    assert.is(draws, before);
    assert.is(choice.take(), 1);
    assert.not(choice.replace([1, 0], 1));
  });

  test('counts as being where it was about to go', () => {
    const choice = new ServerChoice(1, false, half);
    assert.ok(choice.replace([1], choice.take()));
    assert.ok(choice.replace([1, 2], 0), 'it is still to go');
    assert.is(choice.take(), 1);
    const back = new ServerChoice(1, false, half);
    back.replace([1], back.take());
    assert.not(back.replace([0], 0), 'it has not left yet');
  });

  test('forgets what it held against servers that are gone, and waits no longer for them', () => {
    const choice = new ServerChoice(2, true, half);
    for (let i = 0; i < 8; i++) choice.failed();
    for (const server of [0, 1]) {
      choice.serves(server);
      choice.hungUp(server, 0);
    }
    assert.ok(choice.diverged);
    choice.replace([0, 2], 1);
    assert.not(choice.diverged);
    assert.is(choice.delayMs(), 50);
    assert.not(choice.prefer(1));
    assert.ok(choice.prefer(2));
    assert.is(choice.take(), 2);
  });
});
