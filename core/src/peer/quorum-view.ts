import type { Millis, WallMillis, Zxid } from '../base/ids.js';
import { longOf } from '../base/long.js';
import type { EnsembleSpec } from '../config/ensemble.js';
import type { PeerState } from '../wire/election.js';
import type { LearnerHandler } from '../zab/learner-handler.js';
import type { SyncMode, ZabPhase } from '../zab/phase.js';
import type { MemberParts } from './assemble-member.js';
import { Leading } from './leading.js';
import type { Role } from './link-router.js';

/** What an administrator may see of a server's part in its ensemble. */
export interface QuorumView {
  readonly spec: EnsembleSpec;
  /** What `/zookeeper/config` says. */
  readonly text: string;
  readonly state: PeerState;
  readonly phase: ZabPhase;
  /** How it comes by the leader's history, while it does. */
  readonly syncMode: SyncMode | undefined;
  /** Number of the server that leads; `undefined` while this one looks for it. */
  readonly leaderId: number | undefined;
  /** Of a server that leads. */
  readonly leading: LeadingView | undefined;
}

/** What a leader knows of those who follow. */
export interface LeadingView {
  /** Since when a quorum follows, monotonic; `undefined` before. */
  readonly since: Millis | undefined;
  /** Syncs that wait for a quorum to say that it follows. */
  readonly pendingSyncs: number;
  learners(): readonly LearnerView[];
}

/** One learner, seen from the leader. */
export interface LearnerView {
  readonly serverId: number;
  readonly isObserver: boolean;
  readonly isVoter: boolean;
  /** Whether it is told of what happens: its history is, or is about to be, the leader's. */
  readonly isForwarding: boolean;
  readonly address: string;
  readonly port: number;
  /** Wall-clock time of its connecting. */
  readonly establishedAt: WallMillis;
  readonly received: number;
  readonly sent: number;
  /** Requests that it has forwarded. */
  readonly requests: number;
  /** Bytes that wait until it has a snapshot. */
  readonly queuedBytes: number;
  /** The last transaction that it was told of; -1 before the first. */
  readonly lastZxid: Zxid;
  /**
   * Up to this transaction everything is durable there; `undefined` while it is brought up to date,
   * and of observers, who acknowledge nothing.
   */
  readonly ackedZxid: Zxid | undefined;
}

/** Makes the view of a member's part in its ensemble. It looks; it keeps nothing. */
export function createQuorumView(
  { membership, election, turn }: MemberParts,
  serverId: number,
  role: () => Role,
): QuorumView {
  const viewOf = (learner: LearnerHandler, epoch: number, lastZxid: Zxid): LearnerView => ({
    serverId: learner.serverId,
    isObserver: learner.isObserver,
    isVoter: learner.isVoter,
    isForwarding: learner.isForwarding,
    address: learner.link.address,
    port: learner.link.port,
    establishedAt: turn.wall - (turn.now - learner.openedAt),
    received: learner.link.packetsIn,
    sent: learner.link.packetsOut,
    requests: learner.requests,
    queuedBytes: learner.backlog?.position ?? 0,
    lastZxid: learner.isForwarding ? lastZxid : -1n,
    ackedZxid:
      learner.isSynced && !learner.isObserver ? longOf(epoch, learner.acked | 0) : undefined,
  });
  return {
    spec: membership.spec,
    text: membership.text,
    get state() {
      return role() === undefined ? 'looking' : election.state;
    },
    get phase() {
      const now = role();
      if (now === undefined) return 'election';
      return now instanceof Leading ? now.leader.phase : now.learner.phase;
    },
    get syncMode() {
      const now = role();
      return now === undefined || now instanceof Leading ? undefined : now.learner.syncMode;
    },
    get leaderId() {
      const now = role();
      if (now === undefined) return undefined;
      return now instanceof Leading ? serverId : now.leaderId;
    },
    get leading() {
      const now = role();
      if (!(now instanceof Leading)) return undefined;
      const { leader } = now;
      return {
        since: leader.activeSince,
        pendingSyncs: leader.heartbeats.pendingSyncs,
        learners: () => {
          const last = longOf(leader.epoch, leader.proposals.last | 0);
          return Array.from(leader.learners, (learner) => viewOf(learner, leader.epoch, last));
        },
      };
    },
  };
}
