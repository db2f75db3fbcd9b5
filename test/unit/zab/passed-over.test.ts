import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { ElectionRig, history } from './election-rig.js';
import { upTo } from './ensembles.js';

suite('an election that has elected somebody in vain', (test) => {
  test('passes over who was followed in vain, and not for ever', () => {
    const rig = new ElectionRig(2, { voters: upTo(4) });
    rig.election.passOver(4, rig.now);
    rig.look(history(7n));
    rig.hear(4, { leader: 4, zxid: 9n });
    assert.is(rig.election.greeting!.leader, 2);
    rig.hear(1, { leader: 4, zxid: 9n });
    rig.hear(3, { leader: 4, zxid: 9n });
    rig.pass(1_000);
    assert.is(rig.election.decision, undefined);
    rig.said;
    rig.pass(4_000);
    assert.equal(rig.said, ['1: looking 4 1', '3: looking 4 1', '4: looking 4 1'], 'same round');
    assert.is(rig.election.decision!.leader, 4);
  });

  // Found by the simulator: two servers, each of which was missing to the same third one, passed it
  // over by turns, and never voted for it at the same time.
  test('votes again for who was followed in vain when others follow it, and does so once', () => {
    const rig = new ElectionRig(2, { voters: upTo(4) });
    for (const [round, isForgiven] of [
      [1, true],
      [2, false],
      [3, true],
    ] as const) {
      rig.election.passOver(4, rig.now);
      rig.look(history(7n));
      rig.hear(4, { leader: 4, zxid: 9n, round });
      assert.is(rig.election.greeting!.leader, 2);
      rig.hear(1, { state: 'following', leader: 4, zxid: 9n, round: round - 1 });
      assert.is(rig.election.greeting!.leader, 2, 'in another round');
      rig.hear(1, { state: 'following', leader: 4, zxid: 9n, round });
      assert.is(rig.election.greeting!.leader, isForgiven ? 4 : 2);
    }
  });

  test('takes the word of who was passed over when it has begun an epoch', () => {
    const rig = new ElectionRig(2, { voters: upTo(4) });
    rig.election.passOver(4, rig.now);
    rig.look(history(7n));
    const said = { leader: 4, zxid: 9n, peerEpoch: 0 };
    for (const from of [1, 3]) rig.hear(from, { state: 'following', ...said });
    rig.hear(4, { state: 'leading', ...said });
    assert.is(rig.election.decision, undefined);
    for (const from of [1, 3]) rig.hear(from, { state: 'following', ...said, peerEpoch: 1 });
    rig.hear(4, { state: 'leading', ...said, peerEpoch: 1 });
    assert.is(rig.election.decision!.leader, 4);
  });
});
