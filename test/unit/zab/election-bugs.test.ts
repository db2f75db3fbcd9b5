/** Bugs that ZooKeeper's election had, each by its number and as it was met. */
import { concatBytes } from '@vivarium/core/internal/base/bytes';
import { Random } from '@vivarium/core/internal/local/random';
import { writeHandshake, writeNotification } from '@vivarium/core/internal/wire/election';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { LinksRig, says } from './election-links-rig.js';
import { ElectionRig, history } from './election-rig.js';
import { upTo } from './ensembles.js';

suite('an election does not have the bug', (test) => {
  test('1419: it never settled, since those who follow told different zxids and rounds', () => {
    const rig = new ElectionRig(1, { voters: upTo(5) });
    rig.look(history(99n, { peerEpoch: 9 }));
    const common = { leader: 5, peerEpoch: 3 };
    rig.hear(2, { state: 'following', ...common, zxid: 7n, round: 4 });
    rig.hear(3, { state: 'following', ...common, zxid: 9n, round: 6 });
    assert.is(rig.election.decision, undefined);
    rig.hear(5, { state: 'leading', ...common, zxid: 8n, round: 6 });
    assert.is(rig.election.decision!.leader, 5);
    assert.is(rig.election.round, 6);
  });

  test('1419: votes of one round were counted together although they were for other zxids', () => {
    const rig = new ElectionRig(5, { voters: upTo(5) });
    rig.look(history(9n));
    rig.hear(1, { leader: 5, zxid: 9n });
    rig.hear(2, { leader: 5, zxid: 9n, round: 0 });
    rig.hear(3, { leader: 5, zxid: 9n, peerEpoch: 0, round: 0 });
    rig.pass(10_000);
    assert.is(rig.election.decision, undefined);
    rig.hear(2, { leader: 5, zxid: 9n });
    rig.pass(200);
    assert.is(rig.election.state, 'leading');
  });

  test('1514: a server led because others followed it, in a round that it is not in', () => {
    const rig = new ElectionRig(3);
    rig.look(history(7n));
    rig.look(history(7n));
    for (const id of [1, 2]) rig.hear(id, { state: 'following', leader: 3, round: 1 });
    rig.pass(10_000);
    assert.is(rig.election.decision, undefined);
    for (const id of [1, 2]) rig.hear(id, { state: 'following', leader: 3, round: 2 });
    rig.pass(200);
    assert.is(rig.election.state, 'leading');
  });

  test('1514: a server led because others follow what it was before it was restarted', () => {
    const rig = new ElectionRig(3);
    rig.look(history(9n, { peerEpoch: 1 }));
    for (const id of [1, 2]) rig.hear(id, { state: 'following', leader: 3, zxid: 7n });
    rig.pass(10_000);
    assert.is(rig.election.decision, undefined);
  });

  test('1732, 1818: a joiner met epochs from before and after the election', () => {
    /* Two servers that have elected the second in epoch 3, and begun its epoch 4. */
    const settled = [1, 2].map((id) => {
      const rig = new ElectionRig(id, { voters: upTo(4) });
      rig.look(history(7n, { peerEpoch: 3 }));
      for (const other of [1, 2, 3]) {
        if (other !== id) rig.hear(other, { leader: 2, peerEpoch: 3 });
      }
      rig.pass(200);
      rig.election.newEpoch(4);
      return rig.election.greeting!;
    });
    assert.equal(
      settled.map(({ peerEpoch, leader, state }) => ({ peerEpoch, leader, state })),
      [
        { peerEpoch: 4, leader: 2, state: 'following' },
        { peerEpoch: 4, leader: 2, state: 'leading' },
      ],
    );
    /* A third has found the leader in another round; the fourth adds it all up. */
    const joiner = new ElectionRig(4, { voters: upTo(4) });
    joiner.look(history(99n, { peerEpoch: 5 }));
    joiner.hear(3, { state: 'following', leader: 2, peerEpoch: 4, zxid: 1n, round: 9 });
    for (const [at, said] of settled.entries()) joiner.hear(at + 1, said);
    assert.is(joiner.election.decision!.leader, 2);
  });

  test('1818: peers of two leaderships were a quorum together', () => {
    const rig = new ElectionRig(1, { voters: upTo(5) });
    rig.look(history(99n, { peerEpoch: 9 }));
    rig.hear(2, { state: 'following', leader: 5, peerEpoch: 3, round: 4 });
    rig.hear(3, { state: 'following', leader: 5, peerEpoch: 3, round: 4 });
    rig.hear(5, { state: 'leading', leader: 5, peerEpoch: 4, round: 6 });
    assert.is(rig.election.decision, undefined);
    rig.hear(2, { state: 'following', leader: 5, peerEpoch: 4, round: 4 });
    rig.hear(3, { state: 'following', leader: 5, peerEpoch: 4, round: 6 });
    assert.is(rig.election.decision!.leader, 5);
  });

  test('3109: two of four look for ever while two have a leader that no quorum follows', () => {
    for (const id of [1, 2]) {
      const rig = new ElectionRig(id, { voters: upTo(5) });
      rig.look(history(7n));
      rig.look(history(7n));
      rig.hear(id === 1 ? 2 : 1, { leader: 2, round: 2 });
      rig.hear(4, { state: 'leading', leader: 4, zxid: 9n });
      assert.is(rig.election.decision, undefined);
      rig.hear(3, { state: 'following', leader: 4, zxid: 9n });
      assert.is(rig.election.decision!.leader, 4);
    }
  });

  test('3537: who still looks was counted among those who have found a leader', () => {
    const rig = new ElectionRig(1, { voters: upTo(5) });
    rig.look(history(99n, { peerEpoch: 9 }));
    rig.hear(2, { leader: 5, peerEpoch: 3, round: 0 });
    rig.hear(3, { state: 'following', leader: 5, peerEpoch: 3, round: 0 });
    rig.hear(5, { state: 'leading', leader: 5, peerEpoch: 3, round: 0 });
    assert.is(rig.election.decision, undefined);
    /* Nor is who followed once and looks now. */
    rig.hear(4, { state: 'following', leader: 5, peerEpoch: 2, round: 0 });
    rig.hear(3, { leader: 3, round: 0 });
    rig.hear(4, { state: 'following', leader: 5, peerEpoch: 3, round: 0 });
    assert.is(rig.election.decision, undefined);
    rig.hear(2, { state: 'following', leader: 5, peerEpoch: 3, round: 0 });
    assert.is(rig.election.decision!.leader, 5);
  });

  test('ZOOKEEPER-975 and others: followers of a server that is gone elected it again', () => {
    const rig = new ElectionRig(1);
    rig.look(history(7n));
    rig.hear(2, { state: 'following', leader: 3 });
    rig.hear(3, { state: 'leading', leader: 3 });
    assert.is(rig.election.decision!.leader, 3);
    rig.look(history(7n));
    rig.hear(2, { state: 'following', leader: 3 });
    rig.pass(10_000);
    assert.is(rig.election.decision, undefined);
    rig.hear(3, { state: 'leading', leader: 3 });
    rig.look(history(7n));
    rig.election.lost(3);
    rig.hear(2, { state: 'following', leader: 3 });
    assert.is(rig.election.decision, undefined);
  });

  test('3769, 4787: bytes that nobody can mean stopped the election for good', () => {
    const random = new Random(3769, 'bytes');
    const rig = new LinksRig(2);
    const to1 = rig.succeed(rig.dials.get(1)!);
    const word = writeNotification(says({ config: 'server.1=host1:1:2\nversion=0' }));
    const whole = concatBytes([writeHandshake(3, ['host3:3888']), word, word]);
    for (let i = 0; i < 3_000; i++) {
      const bytes = whole.slice(0, random.between(1, whole.length));
      for (let flips = random.between(0, 4); flips > 0; flips--) {
        bytes[random.between(0, bytes.length - 1)] = random.bits() & 0xff;
      }
      const connection = rig.accept(bytes, random.bytes(random.between(0, 40)));
      rig.links.closed(connection, 'closed');
      rig.turn.effects.length = 0;
      rig.pass(1);
    }
    const before = rig.heard.length;
    assert.ok(rig.links.has(to1));
    rig.links.bytes(to1, word);
    assert.is(rig.heard.length, before + 1);
  });
});
