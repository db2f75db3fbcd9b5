import { option, optional } from './option.js';
import { boolean, decimal, int, ms, yesNo } from './option-kinds.js';

/**
 * ZooKeeper's options that matter in an ensemble only. A server that stands alone passes over them,
 * with a notice.
 */
export const ensembleOptions = {
  initLimit: optional<number>({
    key: 'initLimit',
    kind: int({ min: 1 }),
    doc:
      'Ticks that a follower may take to connect to the leader and to be brought up to date. ' +
      'Required in the zoo.cfg of an ensemble; 10 for ensembles that a program starts.',
  }),
  syncLimit: optional<number>({
    key: 'syncLimit',
    kind: int({ min: 1 }),
    doc:
      'Ticks after which a follower or leader that is not heard of counts as lost. Required in the ' +
      'zoo.cfg of an ensemble; 5 for ensembles that a program starts.',
  }),
  connectToLearnerMasterLimit: option<number>({
    key: 'connectToLearnerMasterLimit',
    kind: int(),
    default: 0,
    doc: 'Ticks that a follower may take to connect to the leader; 0 means initLimit.',
  }),
  cnxTimeout: option<number>({
    key: 'cnxTimeout',
    kind: ms({ min: 1 }),
    default: 5000,
    doc: 'How long a connection for elections may take to be opened and introduced.',
  }),
  electionPortBindRetry: option<number>({
    key: 'electionPortBindRetry',
    kind: int(),
    default: 3,
    doc: 'How often an election port that is taken is tried before the start fails; 0 is for ever.',
  }),
  minNotificationInterval: option<number>({
    key: 'fastleader.minNotificationInterval',
    kind: ms({ min: 1 }),
    default: 200,
    doc: 'How long an election waits for news before it sends its vote again, at first.',
  }),
  maxNotificationInterval: option<number>({
    key: 'fastleader.maxNotificationInterval',
    kind: ms({ min: 1 }),
    default: 60_000,
    doc: 'The longest such wait: each is twice as long as the one before.',
  }),
  maxConcurrentSnapSyncs: option<number>({
    key: 'leader.maxConcurrentSnapSyncs',
    kind: int({ min: 1 }),
    default: 10,
    doc:
      'Servers that a leader sends a snapshot to at one time. Observers wait for their turn; those ' +
      'who vote never do.',
  }),
  maxConcurrentDiffSyncs: option<number>({
    key: 'leader.maxConcurrentDiffSyncs',
    kind: int({ min: 1 }),
    default: 100,
    doc: 'Servers that a leader sends what they missed to at one time, with the same exception.',
  }),
  maxTimeToWaitForEpoch: option<number>({
    key: 'leader.maxTimeToWaitForEpoch',
    kind: ms({ min: 1, except: { value: -1, means: 'initLimit decides' } }),
    default: 500,
    doc:
      'How long a new leader waits for those who elected it, once they look for another; then it ' +
      'looks again too. ZooKeeper’s default is -1.',
  }),
  ackLoggingFrequency: option<number>({
    key: 'leader.ackLoggingFrequency',
    kind: int(),
    default: 1000,
    doc: 'Of so many transactions the way of one is measured, for ack_latency; 0 measures none.',
  }),
  leaderConnectDelayMs: option<number>({
    key: 'leaderConnectDelayDuringRetryMs',
    kind: ms(),
    default: 30,
    doc:
      'Time between the attempts of a follower to connect to the leader. 30, not 100 as in ' +
      'ZooKeeper: it makes the way back shorter.',
  }),
  leaderServes: option<boolean>({
    key: 'leaderServes',
    kind: yesNo,
    default: true,
    doc:
      'Whether the leader has clients of its own. With no it answers four-letter words and /ready ' +
      'as if it did not serve.',
  }),
  quorumListenOnAllIPs: option<boolean>({
    key: 'quorumListenOnAllIPs',
    kind: boolean,
    default: false,
    doc: "Whether the quorum and election ports are open on all of the machine's addresses.",
  }),
  multiAddressEnabled: option<boolean>({
    key: 'multiAddress.enabled',
    kind: boolean,
    default: false,
    doc:
      'Whether a server.N line may name several addresses, of which the ones that answer are used. ' +
      'The same on every server, since it changes how servers introduce themselves.',
  }),
  snapshotSizeFactor: option<number>({
    key: 'snapshotSizeFactor',
    kind: decimal(-1, 1_000),
    default: 0.33,
    doc:
      'A follower that missed more of the log files than this share of a snapshot is sent the ' +
      'snapshot. 0: no limit. Negative: what is not in memory any more is never sent from the ' +
      'log files.',
  }),
  forceSnapshotSync: option<boolean>({
    key: 'forceSnapshotSync',
    kind: boolean,
    default: false,
    doc: 'Whether followers are always sent a snapshot. For tests only.',
  }),
  localSessionsEnabled: option<boolean>({
    key: 'localSessionsEnabled',
    kind: boolean,
    default: false,
    doc:
      'Whether sessions begin as local ones, known to their own server only: they cost no write, ' +
      'cannot move and cannot own ephemeral nodes. The same on every server.',
  }),
  localSessionsUpgradingEnabled: option<boolean>({
    key: 'localSessionsUpgradingEnabled',
    kind: boolean,
    default: false,
    doc:
      'Whether a local session becomes an ordinary one when it makes an ephemeral node; if not, ' +
      'that is refused.',
  }),
  readOnlyModeEnabled: option<boolean>({
    key: 'readonlymode.enabled',
    kind: boolean,
    default: false,
    doc:
      'Whether a server that has found no leader for two seconds, or a tick if that is longer, ' +
      'answers reads of clients that accept it. ZooKeeper reads it from a system property only; ' +
      'here it works in zoo.cfg too.',
  }),
} as const;
