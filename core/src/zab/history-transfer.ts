import { utf8 } from '../base/bytes.js';
import type { Host } from '../base/host.js';
import { compareLongs } from '../base/long.js';
import type { Config } from '../config/config.js';
import { packetTypes, writePacket } from '../wire/quorum.js';
import type { Writer } from '../wire/writer.js';
import { writeDecided } from './broadcast.js';
import type { HistoryEntry, LeaderHistory, SyncPlan } from './history.js';
import type { LearnerHandler } from './learner-handler.js';
import type { Membership } from './membership.js';
import type { SyncFeed } from './sync-feed.js';
import type { SyncLimits } from './sync-limits.js';

export interface TransferParts {
  readonly config: Config;
  readonly host: Host;
  readonly limits: SyncLimits;
  readonly membership: Membership;
  readonly history: LeaderHistory;
  readonly epoch: () => number;
  /** What a Vivarium learner is to know before it serves: see `packetTypes.secrets`. */
  readonly secrets: () => Uint8Array;
  /** The number of the last transaction of the epoch that is decided. */
  readonly decided: () => number;
  /** Proposed and not decided. */
  readonly undecided: readonly HistoryEntry[];
  /** Hands on what was said to all so far, so that whoever follows from now on hears none of it. */
  readonly cut: () => void;
  /** A learner's history cannot be sent to its end: it has to come again. */
  readonly failed: (learner: LearnerHandler, reason: string) => void;
  /** The newest disk request that is durable. */
  readonly durable: () => number;
}

/** What is sent of the logs in one step, and of what goes behind in one frame. */
const PIECE_BYTES = 256 << 10;

/**
 * How a learner comes by the leader's history: what it lacks, what it has too much, or all of it.
 * Behind that come what is proposed and not decided, and NEWLEADER; from the moment at which this
 * is written down the learner is told of everything that happens.
 *
 * What is in memory is sent at once. What stands in the logs on disk only is looked for, and then
 * sent, a piece at a time, as a snapshot is: what happens meanwhile is gathered and goes behind it.
 * Where the logs turn out to be unreadable the learner is let go, and gets a snapshot when it
 * comes again.
 *
 * @see ZooKeeper 3.9 LearnerHandler.syncFollower
 */
export class HistoryTransfer {
  readonly #parts: TransferParts;
  /** Servers for which the logs could not be read to their end. */
  readonly #unreadable = new Set<number>();

  constructor(parts: TransferParts) {
    this.#parts = parts;
  }

  /**
   * Begins. A learner may have to wait, for a snapshot, for its turn, or until the end of its
   * history is found in the logs: until a later call.
   */
  begin(learner: LearnerHandler): void {
    const { limits, cut } = this.#parts;
    if (!learner.isSought && limits.isWaiting(learner)) return;
    if (this.#isSought(learner)) return;
    cut();
    const plan = this.#plan(learner);
    if (plan === undefined) return;
    if (plan.kind === 'snap') {
      this.#beginSnapshot(learner, plan.why);
      return;
    }
    if (!limits.mayBegin(learner, 'diff')) return;
    const { out } = learner.link;
    const { kind, zxidHigh, zxidLow, feed, fromLog } = plan;
    writePacket(out, kind === 'diff' ? packetTypes.diff : packetTypes.trunc, zxidHigh, zxidLow);
    learner.logs = undefined;
    if (fromLog) {
      this.#log('info', 'leader.sends-logs', `${learner.name} gets what it lacks from the logs`);
      learner.feed = feed;
      learner.stage = 'sending';
      this.#sayUndecided(learner, learner.beginBacklog());
      return;
    }
    while (feed.next() === 'txn') sayDecided(learner, feed);
    this.#sayUndecided(learner, out);
    this.#sayNewLeader(learner, out);
    this.#follows(learner);
  }

  /** Sends one more piece of what a learner is being sent, if it can take one. */
  goOn(learner: LearnerHandler): void {
    const { snapshot, feed, link } = learner;
    if (link.isSlow) return;
    if (feed !== undefined) this.#sendOn(learner, feed);
    if (snapshot === undefined) return;
    link.out.raw(snapshot.next());
    if (!snapshot.done) return;
    this.#parts.cut();
    if (learner.isVivarium) {
      const { appliedHigh, appliedLow } = this.#parts.history;
      link.say(packetTypes.snapEnd, appliedHigh, appliedLow);
    }
    this.#unreadable.delete(learner.serverId);
    this.#isSent(learner);
  }

  /** Looks on for the end of a learner's history; true while there is more to look at. */
  #isSought(learner: LearnerHandler): boolean {
    const { config, history } = this.#parts;
    const needsTree = config.forceSnapshotSync || learner.wantsTree;
    if (needsTree || this.#unreadable.has(learner.serverId)) return false;
    learner.logs ??= history.openLogs(learner.zxidHigh, learner.zxidLow);
    if (learner.isSought) learner.logs!.seek();
    return learner.isSought;
  }

  #plan({ zxidHigh, zxidLow, logs, wantsTree }: LearnerHandler): SyncPlan | undefined {
    const { config, history } = this.#parts;
    if (config.forceSnapshotSync) return { kind: 'snap', why: 'forceSnapshotSync is set' };
    if (wantsTree) return { kind: 'snap', why: 'it cannot cut its history' };
    return history.plan(zxidHigh, zxidLow, logs);
  }

  #sendOn(learner: LearnerHandler, feed: SyncFeed): void {
    const { out } = learner.link;
    const end = out.position + PIECE_BYTES;
    while (out.position < end) {
      const step = feed.next();
      if (step === 'txn') {
        sayDecided(learner, feed);
      } else if (step === 'broken') {
        const { serverId, name } = learner;
        const why = `the logs cannot be read on: ${feed.problem}`;
        this.#log('warn', 'leader.logs-broken', `${name} is to get a snapshot, as ${why}`);
        this.#unreadable.add(serverId);
        this.#parts.failed(learner, why);
        return;
      } else {
        if (step === 'end') {
          this.#parts.cut();
          this.#isSent(learner);
        }
        return;
      }
    }
  }

  /** All that was to be sent in pieces is: now what has happened meanwhile. */
  #isSent(learner: LearnerHandler): void {
    const { link } = learner;
    const { bytes, position } = learner.backlog!;
    learner.snapshot = undefined;
    learner.feed = undefined;
    learner.backlog = undefined;
    for (let at = 0; at < position; at += PIECE_BYTES) {
      link.out.raw(bytes, at, Math.min(position, at + PIECE_BYTES));
      link.flush(this.#parts.durable());
    }
    this.#sayNewLeader(learner, link.out);
    this.#follows(learner);
  }

  /**
   * From now on it is told what all are told, and the history must be in front of that. What is
   * decided by now it acknowledges with the history, and not once more.
   */
  #follows(learner: LearnerHandler): void {
    learner.acked = this.#parts.decided();
    learner.link.flush(this.#parts.durable());
    learner.stage = 'syncing';
  }

  #beginSnapshot(learner: LearnerHandler, why: string): void {
    const { history, limits } = this.#parts;
    const { appliedHigh, appliedLow } = history;
    const decided = history.decidedAfter(appliedHigh, appliedLow);
    /* What it has of that is not taken from it for a while: its copy may be one of a quorum's. */
    const [next] = decided ?? [];
    if (next !== undefined && isUpTo(learner, next)) return;
    if (decided === undefined || !limits.mayBegin(learner, 'snap')) return;
    this.#log('info', 'leader.sends-snapshot', `${learner.name} gets a snapshot: ${why}`);
    learner.logs = undefined;
    learner.link.say(packetTypes.snap, appliedHigh, appliedLow);
    learner.snapshot = history.snapshot();
    learner.stage = 'sending';
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

  #log(level: 'info' | 'warn', event: string, message: string): void {
    this.#parts.host.log({ level, event, message });
  }
}

/** Whether a learner's history goes as far as a transaction. */
function isUpTo({ zxidHigh, zxidLow }: LearnerHandler, entry: HistoryEntry): boolean {
  return compareLongs(zxidHigh, zxidLow, entry.zxidHigh, entry.zxidLow) >= 0;
}

/** Tells a learner of the transaction that its feed has come to. */
function sayDecided({ link }: LearnerHandler, feed: SyncFeed): void {
  writeDecided(link.out, feed.zxidHigh, feed.zxidLow, feed.bytes);
  link.packetsOut += 2;
}
