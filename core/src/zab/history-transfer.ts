import { utf8 } from '../base/bytes.js';
import type { Config } from '../config/config.js';
import { packetTypes, writePacket } from '../wire/quorum.js';
import type { Writer } from '../wire/writer.js';
import { writeDecided } from './broadcast.js';
import type { HistoryEntry, LeaderHistory } from './history.js';
import type { LearnerHandler } from './learner-handler.js';
import type { Membership } from './membership.js';
import type { SyncLimits } from './sync-limits.js';

export interface TransferParts {
  readonly config: Config;
  readonly limits: SyncLimits;
  readonly membership: Membership;
  readonly history: LeaderHistory;
  readonly epoch: () => number;
  /** What a Vivarium learner is to know before it serves: see `packetTypes.secrets`. */
  readonly secrets: () => Uint8Array;
  /** Proposed and not decided. */
  readonly undecided: readonly HistoryEntry[];
  /** Hands on what was said to all so far, so that whoever follows from now on hears none of it. */
  readonly cut: () => void;
  /** The newest disk request that is durable. */
  readonly durable: () => number;
}

/**
 * How a learner comes by the leader's history: what it lacks, what it has too much, or all of it.
 * Behind that come what is proposed and not decided, and NEWLEADER; from the moment at which this
 * is written down the learner is told of everything that happens.
 *
 * @see ZooKeeper 3.9 LearnerHandler.syncFollower
 */
export class HistoryTransfer {
  readonly #parts: TransferParts;

  constructor(parts: TransferParts) {
    this.#parts = parts;
  }

  /** Begins. A learner may have to wait, for a snapshot or for its turn, until a later call. */
  begin(learner: LearnerHandler): void {
    const { config, history, cut, limits } = this.#parts;
    if (limits.isWaiting(learner)) return;
    cut();
    const plan = history.plan(learner.zxidHigh, learner.zxidLow);
    if (plan.kind === 'snap' || config.forceSnapshotSync) {
      this.#beginSnapshot(learner);
      return;
    }
    if (!limits.mayBegin(learner, 'diff')) return;
    const { out } = learner.link;
    const type = plan.kind === 'diff' ? packetTypes.diff : packetTypes.trunc;
    writePacket(out, type, plan.zxidHigh, plan.zxidLow);
    for (const { zxidHigh, zxidLow, bytes } of plan.entries) {
      writeDecided(out, zxidHigh, zxidLow, bytes);
      learner.link.packetsOut += 2;
    }
    this.#sayUndecided(learner, out);
    this.#sayNewLeader(learner, out);
    this.#follows(learner);
  }

  /** Sends one more piece of a learner's snapshot, if it can take one. */
  goOn(learner: LearnerHandler): void {
    const { snapshot, link, backlog } = learner;
    if (snapshot === undefined || backlog === undefined || link.isSlow) return;
    link.out.raw(snapshot.next());
    if (!snapshot.done) return;
    this.#parts.cut();
    learner.snapshot = undefined;
    learner.backlog = undefined;
    if (learner.isVivarium) {
      const { appliedHigh, appliedLow } = this.#parts.history;
      link.say(packetTypes.snapEnd, appliedHigh, appliedLow);
    }
    link.out.raw(backlog.bytes, 0, backlog.position);
    this.#sayNewLeader(learner, link.out);
    this.#follows(learner);
  }

  /** From now on it is told what all are told, and the history must be in front of that. */
  #follows(learner: LearnerHandler): void {
    learner.link.flush(this.#parts.durable());
    learner.stage = 'syncing';
  }

  #beginSnapshot(learner: LearnerHandler): void {
    const { history, limits } = this.#parts;
    const { appliedHigh, appliedLow } = history;
    const decided = history.decidedAfter(appliedHigh, appliedLow);
    /* The own disk is far behind: what is decided is not all at hand. */
    if (decided === undefined || !limits.mayBegin(learner, 'snap')) return;
    learner.link.say(packetTypes.snap, appliedHigh, appliedLow);
    learner.snapshot = history.snapshot();
    learner.stage = 'snapping';
    const backlog = learner.beginBacklog();
    for (const { zxidHigh, zxidLow, bytes } of decided) {
      writeDecided(backlog, zxidHigh, zxidLow, bytes);
    }
    this.#sayUndecided(learner, backlog);
  }

  #sayUndecided({ isObserver }: LearnerHandler, to: Writer): void {
    if (isObserver) return;
    for (const { zxidHigh, zxidLow, bytes } of this.#parts.undecided) {
      writePacket(to, packetTypes.proposal, zxidHigh, zxidLow, bytes);
    }
  }

  #sayNewLeader(learner: LearnerHandler, to: Writer): void {
    const { membership, secrets, epoch } = this.#parts;
    if (learner.isVivarium) writePacket(to, packetTypes.secrets, 0, 0, secrets());
    writePacket(to, packetTypes.newLeader, epoch(), 0, utf8(membership.text));
  }
}
