import { runCommand } from '@vivarium/core/internal/admin/commands';
import type { AdminContext } from '@vivarium/core/internal/admin/facts';
import { answerWord } from '@vivarium/core/internal/admin/four-letter';
import { answerHttp } from '@vivarium/core/internal/admin/http';
import { monitorValues } from '@vivarium/core/internal/admin/monitor';
import { renderPrometheus } from '@vivarium/core/internal/admin/prometheus';
import type { PeerView } from '@vivarium/core/internal/peer/view';
import * as assert from 'uvu/assert';
import { adminContext, peerView, sessionView } from '../../support/admin-context.js';
import { leaderView, learnerView, membership, quorumView } from '../../support/quorum-view.js';
import { suite } from '../../support/suite.js';

const NO_ARGUMENT = new Uint8Array(0);

const follower = (changes: Partial<PeerView> = {}) =>
  peerView({ mode: 'follower', serverId: 1, quorum: quorumView(), ...changes });
const leader = (changes: Partial<PeerView> = {}) =>
  peerView({ mode: 'leader', serverId: 1, quorum: leaderView(), ...changes });
const looking = () =>
  peerView({
    mode: 'looking',
    serverId: 1,
    serving: false,
    acceptsClients: false,
    quorum: quorumView({ state: 'looking', phase: 'election', leaderId: undefined }),
  });

/** It has looked for so long that it answers reads, with one session that it alone knows. */
const cutOff = () =>
  peerView({
    mode: 'read-only',
    serverId: 1,
    localSessionCount: 1,
    sessions: () => [{ ...sessionView, isLocal: true }],
    quorum: quorumView({ state: 'looking', phase: 'election', leaderId: undefined }),
  });

const contextOf = (view: PeerView): AdminContext =>
  adminContext(view, { serverId: 1, ensemble: membership.spec, clientPort: 2181 });
const word = (name: string, view: PeerView) => answerWord(name, NO_ARGUMENT, contextOf(view)).text;
const command = (name: string, view: PeerView) =>
  runCommand(name, 'GET', new Map(), contextOf(view)).body;

suite('words of a server in an ensemble', (test) => {
  test('conf ends with who is in it, and no end of line', () => {
    const text = word('conf', follower());
    assert.ok(
      text.endsWith(
        'serverId=1\ninitLimit=10\nsyncLimit=5\nelectionAlg=3\nelectionPort=3888\n' +
          `quorumPort=2888\npeerType=0\nmembership: \n${membership.text}`,
      ),
      text,
    );
  });

  test('srvr of a leader ends with the sizes of its proposals, -1 before the first', () => {
    const view = leader();
    assert.match(
      word('srvr', view),
      'Mode: leader\nNode count: 7\nProposal sizes last/min/max: -1/-1/-1\n',
    );
    for (const bytes of [88, 36, 48]) view.metrics.proposalBytes.add(bytes);
    assert.ok(word('stat', view).endsWith('Proposal sizes last/min/max: 48/36/88\n'));
    assert.not.match(word('srvr', follower()), 'Proposal');
  });

  test('dump of a learner has all sessions with their timeouts, of a leader their deadlines', () => {
    const globalSessions = () =>
      new Map([
        [0x20n, 4000],
        [0x10n, 30_000],
      ]);
    assert.match(
      word('dump', follower({ globalSessions })),
      'SessionTracker dump:\nGlobal Sessions(2):\n0x10\t30000ms\n0x20\t4000ms\nephemeral nodes',
    );
    assert.match(
      word('dump', leader()),
      'SessionTracker dump:\nSession Sets (1)/(1):\n1 expire at',
    );
    assert.equal(command('dump', follower()).expiry_time_to_session_ids, {});
  });

  test('dump has local sessions before all others, where there are any', () => {
    const sessions = () => [sessionView, { ...sessionView, id: 0x30n, isLocal: true }];
    const expire = '1 expire at Tue Nov 24 15:19:37 UTC 2026:\n\t0x';
    assert.match(
      word('dump', leader({ sessions })),
      `Local Session Sets (1)/(1):\n${expire}30\n` +
        `Global Session Sets (1)/(1):\n${expire}100004bbaa30000\nephemeral`,
    );
    assert.match(
      word('dump', follower({ sessions })),
      `Local Session Sets (1)/(1):\n${expire}30\nGlobal Sessions(`,
    );
  });

  test('of a server that is cut off say that it answers reads only', () => {
    assert.is(word('isro', cutOff()), 'ro');
    assert.match(
      word('srvr', cutOff()),
      /^Zookeeper version: .*\nREAD-ONLY mode; serving only read-only clients\nLatency .*/,
    );
    assert.match(word('srvr', cutOff()), 'Mode: read-only\n');
    assert.match(word('stat', cutOff()), 'read-only clients\nClients:\n');
    assert.match(word('mntr', cutOff()), 'zk_server_state\tread-only\n');
    assert.match(word('mntr', cutOff()), 'zk_local_sessions\t1\n');
    assert.is(command('is_read_only', cutOff()).read_only, true);
    assert.is(command('is_read_only', follower()).read_only, false);
    assert.is(command('server_stats', cutOff()).read_only, true);
    const ready = answerHttp({ method: 'GET', target: '/ready' }, contextOf(cutOff()));
    assert.is(ready.status, 200);
    assert.match(ready.body, 'serving reads only');
  });

  test('while it looks for a leader, they say that it does not serve', () => {
    const text = 'This ZooKeeper instance is not currently serving requests';
    for (const name of ['srvr', 'stat', 'mntr', 'conf', 'cons', 'dump', 'wchs', 'dirs', 'crst']) {
      assert.is(word(name, looking()), `${text}\n`, name);
    }
    assert.is(word('isro', looking()), 'null');
    assert.is(word('ruok', looking()), 'imok');
  });

  test('a leader that serves no clients says the same, its commands answer', () => {
    const view = leader({ acceptsClients: false });
    assert.match(word('srvr', view), 'not currently serving');
    assert.is(answerHttp({ method: 'GET', target: '/ready' }, contextOf(view)).status, 503);
    assert.is(command('leader', view).is_leader, true);
  });
});

suite('commands of a server in an ensemble', (test) => {
  test('leader says who leads and where', () => {
    const answered = { is_leader: false, leader_id: 2, leader_ip: '10.0.0.2' };
    assert.equal(command('leader', follower()), { ...answered, command: 'leader', error: null });
    assert.is(command('lead', leader()).is_leader, true);
  });

  test('observers are those of a leader, and only those that follow', () => {
    const { observers, synced_observers } = command('observers', leader());
    assert.is(synced_observers, 1);
    assert.equal(observers, [
      {
        remote_socket_address: '/10.0.0.2:51000',
        sid: 4,
        established: 1_795_533_500_000,
        queued_packets: 0,
        queued_packets_size: 0,
        packets_received: 33,
        packets_sent: 51,
        requests: 6,
        last_zxid: 0x1_0000_0014n,
      },
    ]);
    assert.is(command('observers', follower()).synced_observers, 0);
  });

  test('voting_view has the addresses of those who vote, clients where they are known', () => {
    const { current_config: config } = command('voting_view', follower());
    assert.equal(Object.keys(config as object), ['1', '2', '3']);
    const rows = config as Record<string, Record<string, unknown>>;
    assert.equal(rows['1'], {
      server_addresses: ['10.0.0.1:2888'],
      election_addresses: ['10.0.0.1:3888'],
      client_address: '127.0.0.1:23510',
      learner_type: 'participant',
    });
    assert.is(rows['2']!.client_address, '');
    assert.is(rows['3']!.client_address, '0.0.0.0:2183');
  });

  test('zabstate tells zxid, epoch and phase, and nothing while no leader is known', () => {
    const state = command('zabstate', follower({ lastZxid: 0x1_0000_0014n }));
    assert.is(state.myid, 1);
    assert.is(state.voting, true);
    assert.is(state.last_zxid, '0x100000014');
    assert.is(state.zab_epoch, 1);
    assert.is(state.zab_counter, 20);
    assert.is(state.zabstate, 'broadcast');
    const { all_addresses, one } = state.quorum_address as Record<string, unknown>;
    assert.equal([all_addresses, one], [['10.0.0.1:2888'], '10.0.0.1:2888']);
    assert.equal(command('zabstate', looking()), {
      voting: false,
      zabstate: '',
      command: 'zabstate',
      error: null,
    });
  });

  test('server_stats of a leader has the sizes of its proposals', () => {
    const sizes = { last_buffer_size: -1, min_buffer_size: -1, max_buffer_size: -1 };
    assert.equal(command('server_stats', leader()).proposal_stats, sizes);
    assert.not.ok('proposal_stats' in command('server_stats', follower()));
  });

  test('the figures of observers are reset by an order to the server', () => {
    const { command: order } = runCommand('orst', 'POST', new Map(), contextOf(leader()));
    assert.equal(order, { name: 'reset-observer-stats' });
  });
});

suite('metrics of a server in an ensemble', (test) => {
  test('say what it is, and how far it has come', () => {
    const of = (changes: Parameters<typeof quorumView>[0]) =>
      monitorValues(contextOf(follower({ quorum: quorumView(changes) }))).peer_state;
    assert.is(of({}), 'following - broadcast');
    assert.is(
      of({ phase: 'synchronization', syncMode: 'snap' }),
      'following - synchronization - snap',
    );
    assert.is(monitorValues(contextOf(looking())).peer_state, 'looking');
    const observing = quorumView({ state: 'observing' });
    const values = monitorValues(contextOf(follower({ mode: 'observer', quorum: observing })));
    assert.equal(Object.keys(values).slice(1, 4), [
      'server_state',
      'peer_state',
      'observer_master_id',
    ]);
    assert.is(values.observer_master_id, 2);
  });

  test('of a leader count its learners', () => {
    const stranger = learnerView({ serverId: 9, isVoter: false });
    const { learners } = leaderView().leading!;
    const quorum = leaderView({ learners: () => [...learners(), stranger] });
    const values = monitorValues(contextOf(leader({ quorum })));
    assert.is(values.quorum_size, 3);
    assert.is(values.learners, 4);
    assert.is(values.synced_followers, 2);
    assert.is(values.synced_non_voting_followers, 1);
    assert.is(values.synced_observers, 1);
    assert.is(values.pending_syncs, 2);
    assert.is(values.leader_uptime, 1_000_000);
    assert.is(values.last_proposal_size, -1);
  });

  test('of others have no gauges of leaders', () => {
    const values = monitorValues(contextOf(follower()));
    assert.is(values.quorum_size, 3);
    for (const name of ['learners', 'synced_followers', 'pending_syncs', 'min_proposal_size']) {
      assert.not.ok(name in values, name);
    }
    assert.not.ok('quorum_size' in monitorValues(adminContext()));
  });

  test('have the way of acknowledgements for each server', () => {
    const view = leader();
    for (const ms of [3, 5]) view.metrics.ackLatency.of('2').add(ms);
    const values = monitorValues(contextOf(view));
    assert.is(String(values.avg_2_ack_latency), '4.0');
    assert.is(values.cnt_2_ack_latency, 2);
    const page = renderPrometheus(contextOf(view));
    assert.match(
      page,
      '# TYPE ack_latency summary\nack_latency{key="2",quantile="0.5",} 5.0\n' +
        'ack_latency{key="2",quantile="0.9",} 5.0\nack_latency{key="2",quantile="0.99",} 5.0\n' +
        'ack_latency_count{key="2",} 2.0\nack_latency_sum{key="2",} 8.0\n',
    );
  });
});
