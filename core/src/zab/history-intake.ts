import { longOf } from '../base/long.js';
import { packetName, packetTypes } from '../wire/quorum.js';
import { MalformedError } from '../wire/reader.js';
import type { LearnerParts, Reception } from './learner-parts.js';
import type { SyncMode } from './phase.js';
import type { QuorumLink } from './quorum-link.js';

export interface HistoryIntakeParts
  extends Pick<LearnerParts, 'epochs' | 'truncate' | 'receive' | 'last'> {
  /** The leader says where a snapshot ends: it is Vivarium's. */
  readonly hasEnd: boolean;
  /** The own history is the beginning of the leader's by now, up to this transaction. */
  readonly begins: (zxidHigh: number, zxidLow: number) => void;
  /** What the disk had to do is done: the leader may be listened to again. */
  readonly goOn: () => void;
}

/**
 * How a learner makes its history the beginning of the leader's: it is that already (DIFF), or is
 * cut (TRUNC), or gives way to a snapshot (SNAP).
 */
export class HistoryIntake {
  readonly #parts: HistoryIntakeParts;
  #stage: 'waiting' | 'receiving' | 'received' | 'busy' = 'waiting';
  #reception: Reception | undefined = undefined;
  #heldLink: QuorumLink | undefined = undefined;
  #mode: SyncMode | undefined = undefined;
  #zxidHigh = 0;
  #zxidLow = 0;

  constructor(parts: HistoryIntakeParts) {
    this.#parts = parts;
  }

  /** How the history is taken over; `undefined` until the leader has said. */
  get mode(): SyncMode | undefined {
    return this.#mode;
  }

  /** Whether the disk works, and nothing may be read from the leader until it has. */
  get isBusy(): boolean {
    return this.#stage === 'busy' || this.#heldLink !== undefined;
  }

  /** Whether what comes is a snapshot, and no packets. */
  get isReceiving(): boolean {
    return this.#stage === 'receiving';
  }

  /** A packet of the leader. */
  take(type: number, zxidHigh: number, zxidLow: number): void {
    if (this.#stage === 'received' && type === packetTypes.snapEnd) {
      this.#install(longOf(zxidHigh, zxidLow));
      return;
    }
    if (this.#stage !== 'waiting') {
      throw new MalformedError(`${packetName(type)} comes where SNAPEND must`);
    }
    const { truncate, receive, last } = this.#parts;
    switch (type) {
      case packetTypes.diff: {
        this.#mode = 'diff';
        const { zxidHigh: high, zxidLow: low } = last();
        this.#parts.begins(high, low);
        return;
      }
      case packetTypes.trunc:
        this.#mode = 'trunc';
        this.#stage = 'busy';
        truncate(zxidHigh, zxidLow, () => this.#done(zxidHigh, zxidLow));
        return;
      case packetTypes.snap:
        this.#mode = 'snap';
        this.#reception = receive(zxidHigh, zxidLow, () => this.#caughtUp());
        this.#zxidHigh = zxidHigh;
        this.#zxidLow = zxidLow;
        this.#stage = 'receiving';
        return;
      default:
        throw new MalformedError(`${packetName(type)} comes where the history must begin`);
    }
  }

  /** Takes what has come of a snapshot; false when more is needed. */
  receive(link: QuorumLink): boolean {
    const bytes = link.packets.takeRest();
    if (bytes.length === 0) return link.more();
    const rest = this.#reception!.push(bytes);
    if (rest === undefined) {
      if (this.#reception!.isBehind) this.#hold(link);
      return true;
    }
    link.packets.push(rest);
    if (this.#parts.hasEnd) this.#stage = 'received';
    else this.#install(undefined);
    return true;
  }

  #hold(link: QuorumLink): void {
    this.#heldLink = link;
    link.hold(true);
  }

  #caughtUp(): void {
    const link = this.#heldLink;
    if (link === undefined) return;
    this.#heldLink = undefined;
    link.hold(false);
    this.#parts.goOn();
  }

  #install(endZxid: bigint | undefined): void {
    const { epochs } = this.#parts;
    this.#stage = 'busy';
    if (this.#zxidHigh > epochs.current) epochs.announce(this.#zxidHigh);
    this.#reception!.install(endZxid, () => this.#done(this.#zxidHigh, this.#zxidLow));
    this.#reception = undefined;
  }

  #done(zxidHigh: number, zxidLow: number): void {
    this.#parts.begins(zxidHigh, zxidLow);
    this.#parts.goOn();
  }
}
