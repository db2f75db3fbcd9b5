import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { ElectionRig, history } from './election-rig.js';
import { upTo } from './ensembles.js';

/** Servers 1 to 4 are needed. Server 2 votes for 4, and others do not. */
function divided(zxid: bigint, parts: { serverId?: number } = {}): ElectionRig {
  const { serverId = 2 } = parts;
  const rig = new ElectionRig(serverId, { voters: upTo(4) });
  rig.look(history(zxid));
  if (serverId !== 4) rig.hear(4, { leader: 4, zxid: 9n });
  assert.is(rig.election.greeting!.leader, 4);
  rig.said;
  return rig;
}

const vote = (rig: ElectionRig) => rig.election.greeting!.leader;

suite('an election in which some do not vote for the best', (test) => {
  test('goes on with whom these vote for, when that one knows enough', () => {
    const rig = divided(7n);
    for (const from of [1, 3]) rig.hear(from, { leader: 3, zxid: 8n });
    rig.pass(400);
    assert.is(vote(rig), 4, 'they may not have heard of it');
    rig.pass(399);
    assert.is(vote(rig), 4);
    rig.pass(1);
    assert.equal(rig.said.slice(-3), ['1: looking 3 1', '3: looking 3 1', '4: looking 3 1']);
    rig.pass(200);
    assert.is(rig.election.decision!.leader, 3);
  });

  test('goes on so without one who has found a leader in vain', () => {
    const rig = divided(7n);
    rig.hear(1, { state: 'following', leader: 3, zxid: 8n });
    rig.hear(3, { leader: 3, zxid: 8n });
    rig.pass(400);
    rig.pass(400);
    assert.is(vote(rig), 3);
  });

  test('and the best is who gives in, if the other knows as much', () => {
    const rig = divided(9n, { serverId: 4 });
    for (const from of [1, 3]) rig.hear(from, { leader: 3, zxid: 9n });
    rig.pass(400);
    rig.pass(400);
    assert.is(vote(rig), 3);
  });

  test('keeps to the best while the other knows less than this server', () => {
    const rig = divided(8n);
    for (const from of [1, 3]) rig.hear(from, { leader: 3, zxid: 7n });
    for (let i = 0; i < 10; i++) rig.pass(400);
    assert.is(vote(rig), 4);
  });

  test('keeps to the best while there is no quorum without it', () => {
    const rig = divided(7n);
    rig.hear(3, { leader: 3, zxid: 8n });
    for (let i = 0; i < 10; i++) rig.pass(400);
    assert.is(vote(rig), 4);
  });

  test('keeps to the best when the others come over meanwhile', () => {
    const rig = divided(7n);
    for (const from of [1, 3]) rig.hear(from, { leader: 3, zxid: 8n });
    rig.pass(400);
    rig.hear(1, { leader: 4, zxid: 9n });
    rig.pass(400);
    rig.pass(400);
    assert.is(vote(rig), 4);
  });

  test('joins a leader with the others that look, when its followers cannot be heard', () => {
    const rig = new ElectionRig(1, { voters: upTo(5) });
    const own = { zxid: (3n << 32n) + 14n, peerEpoch: 3 };
    rig.look(history(own.zxid, own));
    const leading = { state: 'leading', leader: 5, zxid: (2n << 32n) + 33n, round: 9 } as const;
    rig.hear(5, { ...leading, peerEpoch: 3 });
    assert.is(rig.election.decision, undefined, 'two are no quorum');
    rig.hear(2, { leader: 2, ...own });
    assert.is(rig.election.decision!.leader, 5);
  });

  test('does not join one with others when it has not begun, or they may know more', () => {
    for (const [told, other] of [
      [2, 2],
      [3, 4],
    ] as const) {
      const rig = new ElectionRig(1, { voters: upTo(5) });
      rig.look(history(2n << 32n, { peerEpoch: 2 }));
      const zxid = (2n << 32n) + 33n;
      rig.hear(5, { state: 'leading', leader: 5, zxid, peerEpoch: told, round: 9 });
      rig.hear(2, { leader: 2, zxid: BigInt(other) << 32n, peerEpoch: other });
      assert.is(rig.election.decision, undefined);
    }
  });

  test('does not wake for it when nobody votes for another', () => {
    const rig = divided(7n);
    for (let i = 0; i < 5; i++) rig.pass(400);
    const { wakeAt } = rig.election;
    assert.ok(wakeAt > rig.now + 400, `${wakeAt - rig.now} ms`);
  });
});
