import type { Millis } from '../base/ids.js';
import type { LogRange } from '../storage/log-range.js';
import type { SnapshotSender } from '../storage/snapshot-sender.js';
import { packetTypes, readEpochAck } from '../wire/quorum.js';
import { Writer } from '../wire/writer.js';
import type { QuorumLink } from './quorum-link.js';
import type { SyncFeed } from './sync-feed.js';
import type { SyncCost } from './sync-limits.js';

/**
 * How far a learner has come, seen from the leader.
 *
 * `greeting`: it has not said who it is. `waiting`: it has, and the epoch is not decided. `asked`:
 * it was told the epoch. `accepted`: it has accepted the epoch, and its history's end is known.
 * `sending`: a snapshot, or what it lacks of the logs, is being sent. `syncing`: the history is on
 * its way, and the answer to it is awaited.
 * `synced`: it has the history, durably. `serving`: it was told to serve.
 */
export type LearnerStage =
  | 'greeting'
  | 'waiting'
  | 'asked'
  | 'accepted'
  | 'sending'
  | 'syncing'
  | 'synced'
  | 'serving';

/** What a leader knows of one learner. It also stands for the sessions that come through it. */
export class LearnerHandler {
  readonly link: QuorumLink;
  readonly openedAt: Millis;
  stage: LearnerStage = 'greeting';
  serverId = -1;
  isVoter = false;
  /** It wants transactions when they are committed, not before. */
  isObserver = false;
  /** It speaks for a Vivarium server that has been told so: the link is sealed. */
  isVivarium = false;
  acceptedEpoch = 0;
  /** The end of its history when it accepted the epoch. */
  zxidHigh = 0;
  zxidLow = 0;
  /** It has found that its history cannot be cut. */
  wantsTree = false;
  /** Up to this transaction of the epoch everything is durable there. */
  acked = 0;
  /** Since when it owes the acknowledgement of a transaction. */
  owesSince: Millis = Number.POSITIVE_INFINITY;
  lastHeardAt: Millis;
  /** Requests that it has forwarded. */
  requests = 0;
  /** Writes among them that are not applied here yet. */
  outstanding = 0;
  /** When each PING was sent that is not answered yet, oldest first. */
  readonly pingsSentAt: Millis[] = [];
  pingsSent = 0;
  pingsAnswered = 0;
  /** When the newest PING was sent that it has answered; when that answer came. */
  answeredPingSentAt: Millis = Number.NEGATIVE_INFINITY;
  lastReportAt: Millis = Number.NEGATIVE_INFINITY;
  /** The logs on disk, in which the end of its history is being looked for. */
  logs: LogRange | undefined = undefined;
  /** The snapshot that is being sent, or what it lacks of the logs; and what goes behind it. */
  snapshot: SnapshotSender | undefined = undefined;
  feed: SyncFeed | undefined = undefined;
  backlog: Writer | undefined = undefined;
  /** What bringing it up to date costs, while that lasts; or will, when its turn comes. */
  syncCost: SyncCost | undefined = undefined;
  waitsFor: SyncCost | undefined = undefined;

  constructor(link: QuorumLink, now: Millis) {
    this.link = link;
    this.openedAt = now;
    this.lastHeardAt = now;
  }

  /**
   * It accepts the epoch, and says what it has.
   *
   * @returns its current epoch; -1 when it had accepted this one before
   * @throws MalformedError
   */
  accepts(zxidHigh: number, zxidLow: number, data: Uint8Array | null): number {
    const { currentEpoch, wantsTree } = readEpochAck(data);
    this.zxidHigh = zxidHigh;
    this.zxidLow = zxidLow;
    this.wantsTree = wantsTree;
    return currentEpoch;
  }

  /** Whether the end of its history is being looked for in the logs. */
  get isSought(): boolean {
    return this.logs?.settled === false;
  }

  /** Whether its history is being sent, a piece at a time. */
  get isBeingSent(): boolean {
    return this.snapshot !== undefined || this.feed !== undefined;
  }

  /** Whether there is something to do for it at once, though nothing comes. */
  get isDue(): boolean {
    return this.isSought || (this.isBeingSent && !this.link.isSlow);
  }

  /** Whether it is told of what happens from now on. */
  get isForwarding(): boolean {
    return this.stage === 'syncing' || this.stage === 'synced' || this.stage === 'serving';
  }

  /** Whether the history of the leader is durable there. */
  get isSynced(): boolean {
    return this.stage === 'synced' || this.stage === 'serving';
  }

  /** Answers {@link LeaderParts.revalidate}. */
  revalidated(session: bigint, isValid: boolean): void {
    const to = new Writer(9);
    to.long(session);
    to.boolean(isValid);
    this.link.say(packetTypes.revalidate, -1, -1, to.copy());
  }

  /** Lets its oldest sync pass. */
  passSync(): void {
    this.link.say(packetTypes.sync, 0, 0);
  }

  /** Forgets what was counted of it. */
  resetStats(): void {
    this.link.packetsIn = 0;
    this.link.packetsOut = 0;
    this.requests = 0;
  }

  /** For messages. */
  get name(): string {
    const who = this.serverId === -1 ? 'a server' : `server ${this.serverId}`;
    return `${who} at ${this.link.address}`;
  }

  /** Begins to gather what must go behind the history that is being sent. */
  beginBacklog(): Writer {
    this.backlog = new Writer(4096);
    return this.backlog;
  }
}
