import { compareLongs } from '../base/long.js';
import type { Epochs } from './epochs.js';
import type { LearnerHandler } from './learner-handler.js';
import type { Membership } from './membership.js';

export interface DiscoveryParts {
  readonly serverId: number;
  readonly membership: Membership;
  readonly epochs: Epochs;
  /** The end of the leader's own history. */
  readonly last: { readonly zxidHigh: number; readonly zxidLow: number };
  /** The epoch is chosen and durably accepted here: learners may be told. */
  readonly chosen: (epoch: number) => void;
  /** A quorum has accepted the epoch, none of it knows more, and the leader lives in it. */
  readonly begun: () => void;
  /** There is no epoch left. */
  readonly failed: (reason: string) => void;
}

/** No epoch comes after this one: it would not fit a zxid. */
export const LAST_EPOCH = 0x7fff_ffff;

/**
 * How a leader comes to its epoch: from what a quorum has accepted so far follows one that none of
 * them has seen; when a quorum has accepted that, no leader before this one can decide anything.
 *
 * @see ZooKeeper 3.9 Leader.getEpochToPropose, waitForEpochAck
 */
export class Discovery {
  readonly #parts: DiscoveryParts;
  /** Accepted epochs of voters, until a quorum has reported. */
  readonly #accepted = new Map<number, number>();
  readonly #acks = new Set<number>();
  #stage: 'asking' | 'choosing' | 'proposing' | 'beginning' | 'done' = 'asking';
  #epoch = 0;

  constructor(parts: DiscoveryParts) {
    this.#parts = parts;
  }

  /** The chosen epoch; 0 before. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Whether learners may be told of the epoch. */
  get isChosen(): boolean {
    return this.#stage !== 'asking' && this.#stage !== 'choosing';
  }

  /** Begins with what the leader itself has accepted. */
  begin(): void {
    this.reported(this.#parts.serverId, this.#parts.epochs.accepted);
  }

  /** A voter says which epoch it has accepted last. */
  reported(id: number, epoch: number): void {
    if (this.#stage !== 'asking') return;
    this.#accepted.set(id, epoch);
    const { membership, epochs, serverId, chosen, failed } = this.#parts;
    if (!membership.hasQuorum(this.#accepted.keys())) return;
    const newest = Math.max(...this.#accepted.values());
    if (newest >= LAST_EPOCH) {
      failed(`no epoch comes after ${newest}: the data must be copied into a new ensemble`);
      return;
    }
    this.#epoch = newest + 1;
    this.#stage = 'choosing';
    epochs.accept(this.#epoch, () => {
      this.#stage = 'proposing';
      chosen(this.#epoch);
      this.#count(serverId);
    });
  }

  /** A voter has gone before the epoch was chosen. */
  left(id: number): void {
    if (this.#stage === 'asking') this.#accepted.delete(id);
  }

  /** Whether a learner that accepts the epoch knows more than the leader: it must not follow. */
  isAhead({ zxidHigh, zxidLow }: LearnerHandler, currentEpoch: number): boolean {
    const { epochs, last } = this.#parts;
    /* What is of a later epoch than a member can have accepted is of another ensemble. */
    if (Math.max(currentEpoch, zxidHigh) > this.#epoch) return true;
    if (this.#stage !== 'proposing' || currentEpoch < epochs.current) return false;
    if (currentEpoch > epochs.current) return true;
    return compareLongs(zxidHigh, zxidLow, last.zxidHigh, last.zxidLow) > 0;
  }

  /**
   * A voter has accepted the epoch.
   *
   * @param currentEpoch -1 when it had accepted it before, and may have been counted then
   */
  acknowledged(
    { serverId, isVivarium, zxidHigh, zxidLow }: LearnerHandler,
    currentEpoch: number,
  ): void {
    const { last } = this.#parts;
    const isNothing = (zxidHigh | zxidLow) === 0;
    const hasData = (last.zxidHigh | last.zxidLow) !== 0;
    /*
     * It was never in an ensemble, or has lost its data: nobody knows what it once confirmed. One
     * of ours that is in doubt says so.
     */
    const isWiped = isNothing && currentEpoch === 0 && hasData && !isVivarium;
    const isUntrusted = zxidHigh === -1 && zxidLow === -1;
    if (currentEpoch !== -1 && !isUntrusted && !isWiped) this.#count(serverId);
  }

  #count(id: number): void {
    if (this.#stage !== 'proposing') return;
    this.#acks.add(id);
    if (!this.#parts.membership.hasQuorum(this.#acks)) return;
    this.#stage = 'beginning';
    this.#parts.epochs.begin(this.#epoch, () => {
      this.#stage = 'done';
      this.#parts.begun();
    });
  }
}
