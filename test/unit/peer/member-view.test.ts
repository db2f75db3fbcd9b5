import { monitorValues } from '@vivarium/core/internal/admin/monitor';
import type { PeerView } from '@vivarium/core/internal/peer/view';
import * as assert from 'uvu/assert';
import { adminContext } from '../../support/admin-context.js';
import { suite } from '../../support/suite.js';
import { EnsembleRig, type RigOptions } from './ensemble-rig.js';

/** An ensemble of three servers and an observer that serve, number 1 of which follows. */
async function served(options: RigOptions = {}): Promise<EnsembleRig> {
  const rig = new EnsembleRig({ observers: 1, ...options });
  rig.start();
  await rig.until('all serve', () => rig.servers.every(({ view }) => view?.serving === true));
  return rig;
}

/** Creates some nodes through one server. */
async function write(rig: EnsembleRig, serverId: number, count: number): Promise<void> {
  const client = rig.client({}, [serverId]);
  const made = Promise.all(
    Array.from({ length: count }, (_, at) => client.create(`/of-${serverId}-${at}`, 'x')),
  );
  await rig.done(made);
  await rig.done(client.close());
  await rig.time.advance(50);
}

const viewOf = (rig: EnsembleRig, serverId: number): PeerView => rig.servers[serverId - 1]!.view!;
const valuesOf = (rig: EnsembleRig, serverId: number) =>
  monitorValues(adminContext(viewOf(rig, serverId)));

suite('the view of a member', (test) => {
  test('says what its role is, and of a leader who follows', async () => {
    const rig = await served();
    const leader = rig.leader!;
    const follower = leader === 1 ? 2 : 1;
    for (const [id, mode, state] of [
      [leader, 'leader', 'leading'],
      [follower, 'follower', 'following'],
      [4, 'observer', 'observing'],
    ] as const) {
      const { mode: shown, quorum } = viewOf(rig, id);
      assert.is(shown, mode);
      assert.is(quorum?.state, state);
      assert.is(quorum?.phase, 'broadcast');
      assert.is(quorum?.leaderId, leader);
      assert.is(quorum?.syncMode, undefined);
      assert.is(quorum?.leading !== undefined, id === leader);
    }
    const learners = viewOf(rig, leader).quorum!.leading!.learners();
    assert.is(learners.length, 3);
    const observer = learners.find(({ serverId }) => serverId === 4)!;
    assert.equal(
      [observer.isObserver, observer.isVoter, observer.isForwarding],
      [true, false, true],
    );
    assert.ok(observer.port > 0);
  });

  test('says that it looks while it does, from the end of its role on', async () => {
    const rig = await served();
    for (const id of [1, 2, 3]) if (id !== rig.leader) rig.servers[id - 1]!.kill();
    const last = rig.leader!;
    await rig.until('nobody leads', () => rig.leader === undefined);
    const { mode, serving, quorum, connectionCount } = viewOf(rig, last);
    assert.equal([mode, serving, connectionCount], ['looking', false, 0]);
    assert.equal([quorum?.state, quorum?.phase], ['looking', 'election']);
    assert.equal([quorum?.leaderId, quorum?.leading], [undefined, undefined]);
    assert.is(valuesOf(rig, last).looking_count, 2);
  });

  test('of a leader that serves no clients takes none, though it leads', async () => {
    const rig = await served({ config: { leaderServes: false } });
    const leader = rig.leader!;
    assert.is(viewOf(rig, leader).acceptsClients, false);
    const client = rig.client({}, [leader]);
    await rig.time.advance(500);
    assert.is.not(client.state.type, 'connected');
    await rig.done(client.close());
    await write(rig, leader === 1 ? 2 : 1, 1);
  });
});

suite('the metrics of members', (test) => {
  test('count elections, what is proposed, and what learners hear of it', async () => {
    const rig = await served({ config: { ackLoggingFrequency: 2 } });
    const leader = rig.leader!;
    const follower = leader === 1 ? 2 : 1;
    await write(rig, follower, 5);
    await write(rig, 4, 3);
    const ofLeader = valuesOf(rig, leader);
    /* Sessions begin and end by transactions too. */
    assert.is(ofLeader.proposal_count, 12);
    assert.is(ofLeader.commit_count, 12);
    assert.is(ofLeader.cnt_quorum_ack_latency, 12);
    assert.is(ofLeader.cnt_propagation_latency, 12);
    assert.is(ofLeader.cnt_proposal_ack_creation_latency, 12);
    assert.ok(Number(ofLeader[`cnt_${leader}_ack_latency`]) > 0);
    assert.ok(Number(ofLeader[`cnt_${follower}_ack_latency`]) <= 6);
    assert.is(ofLeader.looking_count, 1);
    assert.is(ofLeader.cnt_election_time, 1);
    assert.is(ofLeader.cnt_leader_unavailable_time, 1);
    assert.is(ofLeader.diff_count, 3);
    assert.is(ofLeader.snap_count, 0);
    assert.is(ofLeader.cnt_inflight_diff_count, 6);
    assert.ok(Number(ofLeader.max_proposal_size) > 48);
    const ofFollower = valuesOf(rig, follower);
    assert.is(ofFollower.learner_proposal_received_count, 12);
    assert.is(ofFollower.learner_commit_received_count, 12);
    assert.is(ofFollower.cnt_proposal_latency, 12);
    assert.is(ofFollower.cnt_commit_propagation_latency, 12);
    assert.is(ofFollower.cnt_proposal_ack_creation_latency, 12);
    assert.is(ofFollower.cnt_follower_sync_time, 1);
    assert.is(ofFollower.cnt_leader_unavailable_time, 0);
    assert.is(ofFollower.commit_count, 0);
    assert.is(ofFollower.proposal_count, 0);
    const ofObserver = valuesOf(rig, 4);
    assert.is(ofObserver.learner_proposal_received_count, 0);
    assert.is(ofObserver.learner_commit_received_count, 12);
    assert.is(ofObserver.cnt_observer_sync_time, 1);
    assert.is(ofObserver.cnt_election_time, 0);
    const { requests, received } = viewOf(rig, leader)
      .quorum!.leading!.learners()
      .find(({ serverId }) => serverId === 4)!;
    assert.is(requests, 5);
    assert.ok(received > 5);
  });

  test('count snapshots that are sent', async () => {
    const rig = await served({ config: { forceSnapshotSync: true } });
    const values = valuesOf(rig, rig.leader!);
    assert.is(values.snap_count, 3);
    assert.is(values.diff_count, 0);
    assert.is(values.cnt_inflight_snap_count, 6);
  });
});
