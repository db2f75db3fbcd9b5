/**
 * Judges what a learner says to its leader:
 *
 * - R4: it has accepted an epoch on disk when it says so; it has its leader's history on disk, and
 *   nothing behind that which a crash could bring back, and then the epoch, when it says that it is
 *   synchronised; a transaction is on disk when it is acknowledged.
 * - R9: the epoch that it says is current is the one on disk.
 * - R12: what it acknowledges first is the new leader, and once more when it is to serve.
 */
import type { Marks } from '../marks.js';
import { demand } from '../violation.js';
import type { Ensemble } from './ensemble.js';
import { counterOf, epochOf, zxidText } from './entry.js';
import { type Packet, packets } from './quorum-stream.js';
import type { Subject } from './subject.js';

const NO_EPOCH = -1;

export class LearnerSide {
  /** Who is at the other end: its leader, whoever that is. */
  readonly peer = undefined;
  readonly #subject: Subject;
  readonly #ensemble: Ensemble;
  readonly #marks: Marks;
  #kind: 'diff' | 'trunc' | 'snap' | undefined;
  #epoch: bigint | undefined;
  /** The last transaction of the history that its leader has sent, as committed. */
  #history = 0n;
  #isOffered = false;
  /** Where its history may end at most, by what its leader has sent. */
  #end = 0n;
  #acks = 0;
  /** It may serve. */
  isUpToDate = false;

  constructor(subject: Subject, ensemble: Ensemble, marks: Marks) {
    this.#subject = subject;
    this.#ensemble = ensemble;
    this.#marks = marks;
  }

  /** Its process dies now. */
  dies(): void {
    if (this.isUpToDate) return;
    const { epochs, log } = this.#subject;
    if (this.#acks > 0) {
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
        // A tree takes the place of what it had, and proves nothing before it is complete.
        if (type === packets.snap) this.#subject.isInDoubt = true;
        this.#history = zxid;
        this.#end = type === packets.diff && this.#end > zxid ? this.#end : zxid;
        return;
      case packets.proposal:
        this.#end = zxid;
        return;
      case packets.commit:
      case packets.inform:
        if (type === packets.inform) this.#end = zxid;
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
        else this.#acksProposal(zxid);
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
    if (last >= 0n) {
      log.demandCut(() => `${name} says that its history ends with ${zxidText(last)}`);
    }
    this.#end = last;
    this.#subject.hasDisowned = last < 0n;
    this.#ensemble.vouches(this.#subject, this.#epoch!);
    const current =
      data === null ? NO_EPOCH : new DataView(data.buffer, data.byteOffset).getInt32(0);
    if (current === NO_EPOCH) return;
    const kept = epochs.durable('currentEpoch');
    demand(BigInt(current) === kept, 'R9', () => {
      return `${name} says that its epoch is ${current}; on disk is ${kept}`;
    });
  }

  #acksLeader(zxid: bigint): void {
    const { name, log, epochs } = this.#subject;
    const told = `${name} says that it has the history of epoch ${epochOf(zxid)}`;
    // Once for NEWLEADER, and once more for UPTODATE.
    const isDue = this.#acks === 0 ? this.#isOffered : this.#acks === 1 && this.isUpToDate;
    demand(isDue && epochOf(zxid) === this.#epoch, 'R12', () => told);
    demand(log.durableZxid >= this.#history, 'R4', () => {
      return `${told} up to ${zxidText(this.#history)}; durable is ${zxidText(log.durableZxid)}`;
    });
    const current = epochs.durable('currentEpoch');
    demand(current >= epochOf(zxid), 'R4', () => `${told}; current on disk is ${current}`);
    demand(log.lastZxid <= this.#end, 'R4', () => {
      return `${told} up to ${zxidText(this.#end)}; its own ends with ${zxidText(log.lastZxid)}`;
    });
    log.demandCut(() => told);
    this.#acks++;
    if (this.#acks > 1) return;
    this.#ensemble.acknowledges(this.#subject, epochOf(zxid));
    if (this.#subject.isBlank) this.#marks.hit('blank-is-back');
    this.#subject.isBlank = false;
    this.#subject.isInDoubt = false;
    this.#ensemble.vouches(this.#subject, epochOf(zxid));
    const { isRotten, attested } = this.#subject;
    if (isRotten) this.#marks.hit('rotten-is-back');
    // What it once had beyond the leader's history is lost.
    if (isRotten || this.#history > attested) this.#subject.attested = this.#history;
    this.#subject.isRotten = false;
  }

  #acksProposal(zxid: bigint): void {
    const { name, log } = this.#subject;
    demand(this.#acks > 0, 'R12', () => {
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
