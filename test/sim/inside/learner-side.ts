/**
 * Judges what a learner says to its leader:
 *
 * - R4: it has accepted an epoch on disk when it says so; it has its history on disk, and then the
 *   epoch, when it says that it is synchronised; a transaction is on disk when it is acknowledged.
 * - R9: the epoch that it says is current is the one on disk.
 * - R12: what it acknowledges first is the new leader.
 */
import type { Marks } from '../marks.js';
import { demand } from '../violation.js';
import { counterOf, epochOf, zxidText } from './entry.js';
import { type Packet, packets } from './quorum-stream.js';
import type { Subject } from './subject.js';

const NO_EPOCH = -1;

export class LearnerSide {
  /** Who is at the other end: its leader, whoever that is. */
  readonly peer = undefined;
  readonly #subject: Subject;
  readonly #marks: Marks;
  #kind: 'diff' | 'trunc' | 'snap' | undefined;
  #epoch: bigint | undefined;
  /** The last transaction of the history that its leader has sent, as committed. */
  #history = 0n;
  #isOffered = false;
  #hasAcked = false;
  /** It may serve. */
  isUpToDate = false;

  constructor(subject: Subject, marks: Marks) {
    this.#subject = subject;
    this.#marks = marks;
  }

  /** Its process dies now. */
  dies(): void {
    if (this.isUpToDate) return;
    const { epochs, log } = this.#subject;
    if (this.#hasAcked) {
      this.#marks.hit('dies-before-uptodate');
      return;
    }
    if (this.#kind !== undefined) this.#marks.hit(`${this.#kind}-interrupted`);
    const isLogged = this.#isOffered && log.durableZxid >= this.#history;
    if (isLogged && epochs.durable('currentEpoch') < this.#epoch!) {
      this.#marks.hit('dies-before-epoch');
    }
  }

  /** Where its history must end on disk before it may say that the new epoch is current. */
  get history(): bigint {
    return this.#isOffered ? this.#history : 0n;
  }

  hears({ type, zxid }: Packet): void {
    switch (type) {
      case packets.leaderInfo:
        this.#epoch = epochOf(zxid);
        return;
      case packets.diff:
      case packets.trunc:
      case packets.snap:
        this.#kind = kindOf(type);
        this.#history = zxid;
        return;
      case packets.commit:
      case packets.inform:
        if (!this.#isOffered && zxid > this.#history) this.#history = zxid;
        return;
      case packets.newLeader:
        this.#isOffered = true;
        return;
      case packets.upToDate:
        this.isUpToDate = true;
    }
  }

  sends({ type, zxid, data }: Packet): void {
    switch (type) {
      case packets.followerInfo:
      case packets.observerInfo: {
        const { name, epochs } = this.#subject;
        const accepted = epochs.durable('acceptedEpoch');
        demand(epochOf(zxid) <= accepted, 'R4', () => {
          return `${name} says that it has accepted ${epochOf(zxid)}; on disk is ${accepted}`;
        });
        return;
      }
      case packets.ackEpoch:
        this.#acceptsEpoch(zxid, data);
        return;
      case packets.ack:
        if (counterOf(zxid) === 0n && zxid !== 0n) this.#acksLeader(zxid);
        else this.#acks(zxid);
    }
  }

  #acceptsEpoch(last: bigint, data: Uint8Array | null): void {
    const { name, log, epochs } = this.#subject;
    const accepted = epochs.durable('acceptedEpoch');
    demand(this.#epoch !== undefined && accepted >= this.#epoch, 'R4', () => {
      return `${name} accepts epoch ${this.#epoch}; on disk is ${accepted}`;
    });
    demand(last <= log.durableZxid, 'R4', () => {
      const durable = zxidText(log.durableZxid);
      return `${name} says that its history ends with ${zxidText(last)}; durable is ${durable}`;
    });
    const current =
      data === null ? NO_EPOCH : new DataView(data.buffer, data.byteOffset).getInt32(0);
    if (current === NO_EPOCH) return;
    const kept = epochs.durable('currentEpoch');
    demand(BigInt(current) === kept, 'R9', () => {
      return `${name} says that its epoch is ${current}; on disk is ${kept}`;
    });
  }

  #acksLeader(zxid: bigint): void {
    if (this.#hasAcked) return;
    const { name, log, epochs } = this.#subject;
    const told = `${name} says that it has the history of epoch ${epochOf(zxid)}`;
    demand(this.#isOffered && epochOf(zxid) === this.#epoch, 'R12', () => told);
    demand(log.durableZxid >= this.#history, 'R4', () => {
      return `${told} up to ${zxidText(this.#history)}; durable is ${zxidText(log.durableZxid)}`;
    });
    const current = epochs.durable('currentEpoch');
    demand(current >= epochOf(zxid), 'R4', () => `${told}; current on disk is ${current}`);
    this.#hasAcked = true;
    if (this.#subject.isBlank) this.#marks.hit('blank-is-back');
    this.#subject.isBlank = false;
    this.#subject.isInDoubt = false;
    const { isRotten, attested } = this.#subject;
    if (isRotten) this.#marks.hit('rotten-is-back');
    // What it once had beyond the leader's history is lost.
    if (isRotten || this.#history > attested) this.#subject.attested = this.#history;
    this.#subject.isRotten = false;
  }

  #acks(zxid: bigint): void {
    const { name, log } = this.#subject;
    demand(this.#hasAcked, 'R12', () => {
      return `${name} acknowledges ${zxidText(zxid)} before the new leader`;
    });
    demand(log.holdsDurably(zxid), 'R4', () => {
      return `${name} acknowledges ${zxidText(zxid)}; durable is ${zxidText(log.durableZxid)}`;
    });
    if (zxid > this.#subject.attested) this.#subject.attested = zxid;
  }
}

function kindOf(type: number): 'diff' | 'trunc' | 'snap' {
  if (type === packets.diff) return 'diff';
  return type === packets.trunc ? 'trunc' : 'snap';
}
