import { zxidOf } from '@vivarium/core/internal/base/ids';
import { Ballots } from '@vivarium/core/internal/zab/ballots';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { says } from './election-links-rig.js';
import { ensembleOf, upTo } from './ensembles.js';

const vote = { leader: 3, zxid: zxidOf(2, 7), peerEpoch: 2, round: 4 };
const ballotsOf = (voters = 5): Ballots => new Ballots(1, ensembleOf({ voters: upTo(voters) }));
const mine = (counter: number, peerEpoch = 2) => ({
  leader: 1,
  zxid: zxidOf(2, counter),
  peerEpoch,
});

suite('of what voters say', (test) => {
  test('the last word of each counts, as long as its link lasts', () => {
    const ballots = ballotsOf();
    ballots.put(2, says(vote));
    ballots.put(4, says(vote));
    ballots.put(4, says({ ...vote, zxid: zxidOf(2, 8) }));
    ballots.put(5, says(vote));
    assert.equal([...ballots.agreeingWith(vote)], [2, 5]);
    ballots.remove(5);
    assert.equal([...ballots.agreeingWith(vote)], [2]);
    ballots.clear();
    assert.equal([...ballots.agreeingWith(vote)], []);
  });

  test('a leader found in the same round, with the very vote, agrees as well', () => {
    const ballots = ballotsOf();
    ballots.put(2, says({ ...vote, state: 'following' }));
    ballots.put(4, says({ ...vote, state: 'following', round: 3 }));
    assert.equal([...ballots.agreeingWith(vote)], [2]);
  });

  test('whoever may look and not know is known', () => {
    const ballots = ballotsOf();
    ballots.put(2, says(vote));
    ballots.put(3, says({ ...vote, round: 3 }));
    ballots.put(4, says({ ...vote, leader: 9, state: 'following' }));
    assert.equal(ballots.mayNotKnow(vote), [3, 5]);
  });

  test('who is in doubt, or follows the same, has nothing better', () => {
    const ballots = ballotsOf();
    ballots.put(2, says({ zxid: -1n }));
    ballots.put(3, says({ leader: 3, state: 'leading', round: 1 }));
    ballots.put(4, says({ leader: 2, state: 'following' }));
    ballots.put(5, says({ leader: 3, state: 'observing' }));
    assert.equal(
      upTo(6).map((id) => ballots.hasNothingBetter(id, vote)),
      [false, true, true, false, false, false],
    );
  });

  test('a leader needs its own word, and a quorum', () => {
    const ballots = ballotsOf(3);
    ballots.put(2, says({ ...vote, state: 'following' }));
    assert.is(ballots.leaderOf(vote, mine(1)), undefined);
    ballots.put(3, says({ ...vote, state: 'leading', leader: 2 }));
    assert.is(ballots.leaderOf(vote, mine(1)), undefined);
    ballots.put(3, says({ ...vote, state: 'leading' }));
    assert.is(ballots.leaderOf({ ...vote, leader: 1 }, undefined)!.leader, 3);
  });

  test('this server follows a leader that knows no less than it does', () => {
    const ballots = ballotsOf(3);
    ballots.put(3, says({ ...vote, state: 'leading' }));
    const other = { ...vote, round: 9 };
    assert.is(ballots.leaderOf(other, mine(7))!.leader, 3);
    assert.is(ballots.leaderOf(other, mine(8)), undefined);
    assert.is(ballots.leaderOf(other, undefined), undefined);
  });

  test('a leader that has begun its epoch knows what was written in it, whatever its vote tells', () => {
    const ballots = ballotsOf(3);
    ballots.put(3, says({ ...vote, state: 'leading', peerEpoch: 3 }));
    assert.is(ballots.leaderOf(vote, { ...mine(8, 3), zxid: zxidOf(3, 5) })!.leader, 3);
    assert.is(ballots.leaderOf(vote, mine(8, 4)), undefined);
  });

  test('in the same round a vote for it, and those who tell another epoch, follow it as well', () => {
    const ballots = ballotsOf(7);
    ballots.put(3, says({ ...vote, state: 'leading' }));
    ballots.put(2, says(vote));
    ballots.put(4, says({ ...vote, state: 'following', peerEpoch: 9 }));
    assert.is(ballots.leaderOf({ ...vote, leader: 1 }, undefined), undefined);
    assert.is(ballots.leaderOf(vote, undefined)!.leader, 3);
    assert.is(ballots.leaderOf({ ...vote, round: 5 }, undefined), undefined);
  });

  test('of two leaders with a quorum the newer is one', () => {
    for (const order of [
      [2, 3],
      [3, 2],
    ]) {
      const ballots = ballotsOf(3);
      for (const leader of order) {
        ballots.put(leader, says({ ...vote, state: 'leading', leader, peerEpoch: leader }));
      }
      assert.is(ballots.leaderOf(vote, { ...mine(1), peerEpoch: 1 })!.leader, 3);
    }
  });
});
