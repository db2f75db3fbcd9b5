import { participantsOf } from '../config/ensemble.js';
import type { LeadingView, LearnerView } from '../peer/quorum-view.js';
import type { PeerView } from '../peer/view.js';
import type { Gauge } from './gauges.js';
import { sizeOr } from './values.js';

/**
 * ZooKeeper's gauges of a server in an ensemble. Those of a leader are not there for others.
 *
 * @see ZooKeeper 3.9.5 QuorumZooKeeperServer, LeaderZooKeeperServer.registerMetrics
 */
export const quorumGauges: readonly Gauge[] = [
  {
    name: 'quorum_size',
    doc: 'Of a server in an ensemble: how many vote.',
    read: ({ quorum }) => (quorum === undefined ? undefined : participantsOf(quorum.spec).length),
  },
  ofLeader('learners', 'Of a leader: servers that are connected to it.', ({ learners }) =>
    count(learners(), () => true),
  ),
  ofLeader('synced_followers', 'Of a leader: followers that it tells of writes.', (leading) =>
    count(leading.learners(), ({ isObserver, isForwarding }) => isForwarding && !isObserver),
  ),
  ofLeader(
    'synced_non_voting_followers',
    'Of a leader: those among them that do not vote.',
    (leading) =>
      count(
        leading.learners(),
        ({ isObserver, isForwarding, isVoter }) => isForwarding && !isObserver && !isVoter,
      ),
  ),
  ofLeader('synced_observers', 'Of a leader: observers that it tells of writes.', (leading) =>
    count(leading.learners(), ({ isObserver, isForwarding }) => isForwarding && isObserver),
  ),
  ofLeader(
    'pending_syncs',
    'Of a leader: syncs that wait for a quorum to follow still.',
    ({ pendingSyncs }) => pendingSyncs,
  ),
  ofLeader(
    'leader_uptime',
    'Of a leader: milliseconds since a quorum follows.',
    ({ since }, _view, now) => (since === undefined ? 0 : Math.round(now - since)),
  ),
  ofLeader(
    'last_proposal_size',
    'Of a leader: bytes of the last transaction; -1 before the first.',
    (_leading, { metrics }) => sizeOr(metrics.proposalBytes, ({ last }) => last),
  ),
  ofLeader(
    'max_proposal_size',
    'Of a leader: bytes of the largest transaction.',
    (_leading, { metrics }) => sizeOr(metrics.proposalBytes, ({ max }) => max),
  ),
  ofLeader(
    'min_proposal_size',
    'Of a leader: bytes of the smallest transaction.',
    (_leading, { metrics }) => sizeOr(metrics.proposalBytes, ({ min }) => min),
  ),
];

function ofLeader(
  name: string,
  doc: string,
  read: (leading: LeadingView, view: PeerView, now: number) => number,
): Gauge {
  return {
    name,
    doc,
    read: (view, { now }) => {
      const leading = view.quorum?.leading;
      return leading === undefined || !view.serving ? undefined : read(leading, view, now);
    },
  };
}

function count(
  learners: readonly LearnerView[],
  counted: (learner: LearnerView) => boolean,
): number {
  return learners.filter(counted).length;
}
