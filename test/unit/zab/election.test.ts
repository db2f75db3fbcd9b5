import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { ElectionRig, history } from './election-rig.js';
import { upTo } from './ensembles.js';

suite('an election', (test) => {
  test('of one server is over when it begins', () => {
    const rig = new ElectionRig(1, { voters: [1] });
    rig.look(history(0n, { isEmpty: true }));
    assert.equal(rig.election.decision, {
      leader: 1,
      vote: { leader: 1, zxid: 0n, peerEpoch: 0, round: 1 },
    });
    assert.is(rig.election.state, 'leading');
    assert.ok(rig.election.hasSupport);
    assert.equal(rig.said, []);
  });

  test('of one server whose log is in doubt is over too: nobody knows better', () => {
    const rig = new ElectionRig(1, { voters: [1] });
    rig.look(history(7n, { isTrusted: false }));
    assert.is(rig.election.decision!.vote.zxid, 7n);
  });

  test('waits 200 ms for a server of which nothing is known', () => {
    const rig = new ElectionRig(2);
    rig.look(history(7n));
    rig.hear(1, { leader: 2 });
    assert.is(rig.election.wakeAt, 1_200);
    rig.pass(199);
    assert.is(rig.election.decision, undefined);
    rig.pass(1);
    assert.is(rig.election.decision!.leader, 2);
    assert.is(rig.election.wakeAt, Number.POSITIVE_INFINITY);
  });

  test('does not wait for a server that is out of reach', () => {
    const rig = new ElectionRig(2);
    rig.look(history(7n));
    rig.hear(1, { leader: 2 });
    rig.unreachable.add(3);
    rig.pass(1);
    assert.is(rig.election.decision!.leader, 2);
  });

  test('of servers without data waits a second, even for one that is out of reach', () => {
    const rig = new ElectionRig(2);
    rig.look(history(0n, { isEmpty: true }));
    rig.unreachable.add(3);
    rig.hear(1, { leader: 2, zxid: 0n });
    rig.pass(999);
    assert.is(rig.election.decision, undefined);
    rig.pass(1);
    assert.is(rig.election.decision!.leader, 2);
  });

  test('of servers without data does not wait when all have none', () => {
    const rig = new ElectionRig(2);
    rig.look(history(0n, { isEmpty: true }));
    for (const id of [1, 3]) rig.hear(id, { leader: 3, zxid: 0n });
    assert.is(rig.election.decision!.leader, 3);
  });

  test('does not wait for a server that does not vote with what it has', () => {
    const rig = new ElectionRig(2);
    rig.look(history(7n));
    rig.hear(3, { leader: 3, zxid: -1n });
    rig.hear(1, { leader: 2 });
    assert.is(rig.election.decision!.leader, 2);
  });

  test('does not wait for a server without weight', () => {
    const rig = new ElectionRig(2, { weightless: [3] });
    rig.look(history(7n));
    rig.hear(1, { leader: 2 });
    assert.is(rig.election.decision!.leader, 2);
  });

  test('waits for one that votes otherwise, or followed somebody else', () => {
    for (const parts of [
      { leader: 3, zxid: 1n },
      { state: 'following', leader: 9 },
    ] as const) {
      const rig = new ElectionRig(2);
      rig.look(history(7n));
      rig.hear(3, parts);
      rig.hear(1, { leader: 2 });
      assert.is(rig.election.decision, undefined);
    }
  });

  test('waits anew when a better candidate comes', () => {
    const rig = new ElectionRig(2);
    rig.look(history(7n));
    rig.hear(1, { leader: 2 });
    rig.pass(150);
    rig.hear(1, { leader: 1, zxid: 8n });
    assert.is(rig.election.greeting!.leader, 1);
    rig.pass(199);
    assert.is(rig.election.decision, undefined);
    rig.pass(1);
    assert.is(rig.election.decision!.leader, 1);
    assert.is(rig.election.state, 'following');
  });

  test('has no quorum any more when the link to a voter of it is lost', () => {
    const rig = new ElectionRig(2);
    rig.look(history(7n));
    rig.hear(1, { leader: 2 });
    rig.election.lost(1);
    rig.pass(1_000);
    assert.is(rig.election.decision, undefined);
  });

  test('tells its vote again after 200 ms, then in pauses twice as long, up to a minute', () => {
    const rig = new ElectionRig(2);
    rig.look(history(7n));
    rig.said;
    const pauses: number[] = [];
    for (let i = 0; i < 12; i++) {
      const from = rig.now;
      let said: string[] = [];
      while (said.length === 0) {
        rig.pass(rig.election.wakeAt - rig.now);
        said = rig.said;
      }
      assert.equal(said, ['1: looking 2 1', '3: looking 2 1']);
      pauses.push(rig.now - from);
    }
    const doubled = [200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200];
    assert.equal(pauses, [...doubled, 60_000, 60_000, 60_000]);
  });

  test('has one more round each time it begins', () => {
    const rig = new ElectionRig(2);
    for (const round of [1, 2, 3]) {
      rig.look(history(7n));
      assert.is(rig.election.round, round);
    }
  });

  test('answers a looker of an older round, and takes a later round with the better vote', () => {
    const rig = new ElectionRig(2);
    rig.look(history(7n));
    rig.look(history(7n));
    rig.said;
    rig.hear(1, { leader: 1, round: 1 });
    assert.equal(rig.said, ['1: looking 2 2']);
    rig.hear(1, { leader: 1, zxid: 6n, round: 9 });
    assert.equal(rig.said, ['1: looking 2 9', '3: looking 2 9']);
    rig.hear(1, { leader: 1, zxid: 8n, round: 12 });
    assert.equal(rig.said, ['1: looking 1 12', '3: looking 1 12']);
  });

  test('begins a later round with what it has itself, not with what it voted for', () => {
    const rig = new ElectionRig(2);
    rig.look(history(7n));
    rig.hear(1, { leader: 3, zxid: 9n });
    assert.is(rig.election.greeting!.leader, 3);
    rig.hear(1, { leader: 1, zxid: 5n, round: 2 });
    assert.is(rig.election.greeting!.leader, 2);
    assert.is(rig.election.greeting!.zxid, 7n);
  });

  test('answers a worse vote once, and nothing that agrees', () => {
    const rig = new ElectionRig(2, { voters: upTo(5) });
    rig.look(history(7n));
    rig.said;
    for (let i = 0; i < 3; i++) rig.hear(1, { leader: 1, zxid: 5n });
    assert.equal(rig.said, ['1: looking 2 1']);
    rig.hear(3, { leader: 2 });
    assert.equal(rig.said, []);
  });

  test('has nothing to do with what strangers propose, or whom nobody knows', () => {
    const rig = new ElectionRig(2);
    rig.look(history(7n));
    rig.hear(9, { leader: 2 });
    rig.hear(1, { leader: 9, zxid: 99n });
    rig.hear(1, { state: 'leading', leader: 9, zxid: 99n });
    rig.hear(1, { state: 'observing', leader: 3, zxid: 99n });
    rig.pass(10_000);
    assert.is(rig.election.decision, undefined);
    assert.is(rig.election.greeting!.leader, 2);
  });

  test('ignores a round that only damage can have made, with a warning', () => {
    const rig = new ElectionRig(2);
    rig.look(history(7n));
    rig.hear(3, { leader: 3, zxid: 99n, round: 2 ** 48 + 1 });
    assert.is(rig.election.round, 1);
    assert.is(rig.events.at(-1)!.event, 'election.strange-round');
    rig.hear(3, { leader: 3, zxid: 99n, round: 2 ** 48 });
    assert.is(rig.election.round, 2 ** 48);
  });

  test('says that there is a newer configuration, once', () => {
    const rig = new ElectionRig(2);
    rig.look(history(7n));
    for (let i = 0; i < 3; i++) rig.hear(1, { config: 'server.1=x\nversion=10000000a' });
    const told = rig.events.filter(({ event }) => event === 'election.newer-config');
    assert.is(told.length, 1);
    assert.match(told[0]!.message, /Server 1 has version 10000000a/);
    rig.hear(1, { config: 'version=10000000a' });
    rig.hear(1, { config: 'version=ffffffffffffffffffffffff' });
    assert.is(rig.events.filter(({ event }) => event === 'election.newer-config').length, 1);
  });
});

suite('a server that has decided', (test) => {
  const led = (): ElectionRig => {
    const rig = new ElectionRig(2, { voters: upTo(5), observers: [8] });
    rig.look(history(7n));
    rig.hear(1, { leader: 2 });
    rig.hear(4, { leader: 4, zxid: 1n });
    rig.hear(3, { leader: 2 });
    rig.said;
    rig.pass(200);
    return rig;
  };

  test('tells those who may not know, and not those who voted so', () => {
    assert.equal(led().said, ['4: leading 2 1', '5: leading 2 1']);
  });

  test('answers who looks, voter or not, and nobody else', () => {
    const rig = led();
    rig.said;
    rig.hear(5, { leader: 5, zxid: 99n, round: 4 });
    rig.hear(8, { leader: 1 });
    rig.hear(9, { leader: 1 });
    rig.hear(5, { state: 'following', leader: 2 });
    rig.hear(8, { state: 'observing', leader: 2 });
    assert.equal(rig.said, ['5: leading 2 1', '8: leading 2 1', '9: leading 2 1']);
    assert.is(rig.election.round, 1);
  });

  test('tells its new epoch to whoever may look, once', () => {
    const rig = led();
    rig.hear(3, { leader: 3, round: 2 });
    rig.said;
    rig.election.newEpoch(6);
    assert.equal(rig.said.sort(), ['3: leading 2 1', '4: leading 2 1', '5: leading 2 1']);
    assert.is(rig.election.greeting!.peerEpoch, 6);
    rig.election.newEpoch(6);
    rig.election.newEpoch(7);
    assert.equal(rig.said, []);
    assert.is(rig.election.greeting!.peerEpoch, 7);
  });

  test('has no epoch to tell when it looks', () => {
    const rig = new ElectionRig(2);
    rig.look(history(7n));
    rig.election.newEpoch(6);
    assert.is(rig.election.greeting!.peerEpoch, 0);
  });

  test('that is over tells nobody of it, and looks in the next round', () => {
    const rig = led();
    rig.said;
    rig.election.leave();
    rig.hear(5, { leader: 5, zxid: 99n, round: 4 });
    rig.hear(8, { leader: 1 });
    rig.election.newEpoch(6);
    rig.pass(10_000);
    assert.equal(rig.said, []);
    assert.is(rig.election.greeting, undefined);
    assert.is(rig.election.decision, undefined);
    assert.is(rig.election.wakeAt, Number.POSITIVE_INFINITY);
    rig.look(history(7n));
    assert.is(rig.election.round, 2);
  });

  test('is silent until it looks again', () => {
    const rig = led();
    rig.said;
    rig.pass(1_000_000);
    assert.equal(rig.said, []);
    assert.is(rig.election.wakeAt, Number.POSITIVE_INFINITY);
    rig.look(history(9n));
    assert.is(rig.election.decision, undefined);
    assert.is(rig.said.length, 4);
  });

  test('does not know what it was told before it looked', () => {
    const rig = led();
    rig.look(history(9n));
    rig.pass(1_000);
    assert.is(rig.election.decision, undefined);
  });

  test('lacks support when those who made it leader look for another (ZOOKEEPER-3109)', () => {
    const rig = led();
    assert.ok(rig.election.hasSupport);
    rig.hear(3, { leader: 2 });
    assert.ok(rig.election.hasSupport, 'it waits yet, with the same vote');
    rig.hear(3, { leader: 5, zxid: 99n });
    assert.not.ok(rig.election.hasSupport);
  });
});

suite('an observer', (test) => {
  const watching = (): ElectionRig => {
    const rig = new ElectionRig(8, { observers: [8, 9] });
    rig.look(history(99n));
    return rig;
  };

  test('asks every voter, and proposes nobody', () => {
    const rig = watching();
    const { zxid, leader } = rig.election.greeting!;
    assert.ok(zxid < -1n && leader < 0);
    assert.is(rig.said.length, 3);
  });

  test('takes the vote of a quorum, and adds nothing to it', () => {
    const rig = watching();
    rig.hear(1, { leader: 3 });
    rig.pass(1_000);
    assert.is(rig.election.decision, undefined);
    rig.hear(3, { leader: 3 });
    rig.hear(2, { leader: 3 });
    assert.is(rig.election.state, 'observing');
    assert.is(rig.election.decision!.leader, 3);
  });

  test('does not add itself to those who follow', () => {
    const rig = watching();
    rig.hear(3, { state: 'leading', leader: 3, zxid: 999n });
    assert.is(rig.election.decision, undefined);
    rig.hear(1, { state: 'following', leader: 3, zxid: 999n });
    assert.is(rig.election.decision!.leader, 3);
  });

  test('does not answer voters of an older round, who do not ask', () => {
    const rig = watching();
    rig.look(history(99n));
    rig.said;
    for (let i = 0; i < 5; i++) rig.hear(1, { leader: 1, round: 1 });
    assert.equal(rig.said, []);
  });

  test('that asks a looking voter is told as soon as that has decided', () => {
    const rig = new ElectionRig(2, { observers: [8] });
    rig.look(history(7n));
    rig.hear(8, { leader: 1, round: 5 });
    rig.said;
    rig.unreachable.add(3);
    rig.hear(1, { leader: 2 });
    assert.ok(rig.said.includes('8: leading 2 1'));
    assert.is(rig.election.round, 1);
  });
});
