/**
 * Judges what a leader says to one learner:
 *
 * - R1, R10: what it proposes, and that nothing is left out; R11: not before it is established.
 * - R12: each packet has its place in the conversation.
 */
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { demand } from '../violation.js';
import type { Ensemble } from './ensemble.js';
import { Entry, epochOf, follows, zxidText } from './entry.js';
import type { Leadership } from './leadership.js';
import { type Packet, packets } from './quorum-stream.js';
import type { SessionWatch } from './session-watch.js';
import type { Subject } from './subject.js';
import type { Witness } from './witness.js';

export interface LeaderSideParts {
  readonly subject: Subject;
  readonly ensemble: Ensemble;
  readonly witness: Witness;
  readonly sessions: SessionWatch;
}

const NO_EPOCH = -1;

export class LeaderSide {
  /** The learner's number, once it has said it. */
  peer: number | undefined;
  readonly #parts: LeaderSideParts;
  #isObserver = false;
  #leadership: Leadership | undefined;
  /** The end of the learner's history, as it says. */
  #reported: bigint | undefined;
  /** Where the learner stands when it has logged what was sent; unknown before it is told how. */
  #reached: bigint | undefined;
  #committed = 0n;
  #kind: 'diff' | 'trunc' | 'snap' = 'diff';
  /** Something was sent behind the beginning. */
  #hasMore = false;
  #isOffered = false;
  #hasAcked = false;
  #isUpToDate = false;

  constructor(parts: LeaderSideParts) {
    this.#parts = parts;
  }

  hears({ type, zxid, data }: Packet, now: number): void {
    switch (type) {
      case packets.followerInfo:
      case packets.observerInfo:
        this.#isObserver = type === packets.observerInfo;
        if (data !== null && data.length >= 8) this.peer = Number(viewOf(data).getBigInt64(0));
        return;
      case packets.ackEpoch: {
        this.#reported = zxid;
        const isNew = data !== null && viewOf(data).getInt32(0) !== NO_EPOCH;
        if (!isNew) this.#marks.hit('epoch-accepted-before');
        const counts = isNew && zxid !== -1n;
        if (counts && !this.#isObserver) this.#leadership?.accepted.add(this.peer!);
        return;
      }
      case packets.ack:
        if (this.#isOffered && zxid === this.#epochStart) this.#acked();
        return;
      case packets.ping:
        for (const [session, timeoutMs] of touchesIn(data)) {
          this.#parts.sessions.reported(session, timeoutMs, now);
        }
        return;
      case packets.request:
        if (data !== null && data.length >= 16) this.#requests(viewOf(data).getInt32(12));
        return;
      case packets.revalidate:
        if (data !== null && data.length >= 12) {
          const view = viewOf(data);
          this.#parts.sessions.reported(view.getBigInt64(0), view.getInt32(8), now);
        }
    }
  }

  sends(packet: Packet, now: number): void {
    const { type, zxid } = packet;
    switch (type) {
      case packets.leaderInfo:
        this.#leadership = this.#parts.ensemble.proposesEpoch(this.#parts.subject, epochOf(zxid));
        return;
      case packets.diff:
      case packets.trunc:
      case packets.snap:
        this.#is(this.#reported !== undefined && this.#reached === undefined, packet);
        this.#reached = type === packets.diff ? this.#reported : zxid;
        this.#begins(type, zxid);
        return;
      case packets.proposal:
      case packets.inform:
        this.#proposes(packet, now);
        if (type === packets.inform) this.#commits(zxid);
        return;
      case packets.commit:
        this.#is(this.#reached !== undefined && zxid <= this.#reached, packet);
        this.#commits(zxid);
        return;
      case packets.newLeader:
        this.#is(this.#reached !== undefined && !this.#isOffered, packet);
        this.#isOffered = true;
        if (this.#reached! > this.#committed && this.#hasMore) this.#marks.hit('undecided-in-sync');
        if (this.#leadership !== undefined) this.#parts.ensemble.offers(this.#leadership);
        return;
      case packets.upToDate:
        this.#is(this.#hasAcked && !this.#isUpToDate, packet);
        this.#isUpToDate = true;
        this.#establishes(now);
        return;
      case packets.revalidate:
        if (packet.data?.[8] === 1) this.#marks.hit('revalidated');
        else this.#marks.hit('not-revalidated');
    }
  }

  get #marks() {
    return this.#parts.witness.marks;
  }

  #begins(type: number, zxid: bigint): void {
    if (type === packets.trunc) {
      this.#kind = 'trunc';
      this.#marks.hit('trunc');
      this.#truncates(zxid);
    } else if (type === packets.snap) {
      this.#kind = 'snap';
      this.#marks.hit(this.#isObserver ? 'observer-snap' : 'snap');
      const { ensemble, subject } = this.#parts;
      ensemble.sendsTree(subject, ensemble.subject(this.peer), zxid);
    } else {
      this.#kind = 'diff';
      this.#marks.hit(zxid === this.#reported ? 'diff-empty' : 'diff-some');
      if (this.#isObserver) this.#marks.hit('observer-diff');
    }
  }

  #requests(operation: number): void {
    if (operation === opcodes.sync) this.#marks.hit('sync-at-learner');
    else if (operation === opcodes.createSession) this.#marks.hit('session-through-learner');
    else if (operation === opcodes.closeSession) this.#marks.hit('close-through-learner');
    else this.#marks.hit(this.#isObserver ? 'write-through-observer' : 'write-through-learner');
  }

  #truncates(zxid: bigint): void {
    const { ensemble, subject } = this.#parts;
    ensemble.truncates(subject, ensemble.subject(this.peer), zxid);
  }

  get #epochStart(): bigint {
    return (this.#leadership?.epoch ?? -1n) << 32n;
  }

  #establishes(now: number): void {
    const leadership = this.#leadership;
    if (leadership === undefined || leadership.isEstablished) return;
    this.#parts.ensemble.establishes(leadership);
    this.#parts.sessions.decides(now);
  }

  #acked(): void {
    if (!this.#hasAcked) this.#marks.hit(`${this.#kind}-done`);
    this.#hasAcked = true;
    if (!this.#isObserver) this.#leadership?.acked.add(this.peer!);
  }

  #proposes(packet: Packet, now: number): void {
    const { zxid, data } = packet;
    const { subject, witness } = this.#parts;
    this.#is(this.#reached !== undefined && data !== null, packet);
    const before = this.#reached!;
    demand(follows(before, zxid), 'R10', () => {
      return `${this.#told} is sent ${zxidText(zxid)} after ${zxidText(before)}`;
    });
    this.#reached = zxid;
    if (!this.#isOffered && !this.#hasMore) {
      this.#hasMore = true;
      if (this.#kind !== 'diff') this.#marks.hit(`${this.#kind}-and-more`);
    }
    const entry = new Entry(zxid, data!, '', 0);
    witness.meanings.found(entry, `what ${subject.name} proposes`);
    witness.proposed(entry);
    const leadership = this.#leadership;
    const newest = this.#parts.ensemble.established.at(-1)?.epoch ?? 0n;
    if (leadership !== undefined && leadership.epoch < newest) {
      this.#marks.hit('stale-leader-proposes');
    }
    const isNew = leadership !== undefined && epochOf(zxid) === leadership.epoch;
    // One voter need not wait for anybody's answer.
    const isAlone = this.#parts.ensemble.members.isQuorum(new Set([subject.id]));
    if (isNew && isAlone) this.#parts.ensemble.establishes(leadership);
    demand(!isNew || leadership.isEstablished, 'R11', () => {
      return `${this.#told} is sent ${zxidText(zxid)} before the epoch is established`;
    });
    if (isNew) this.#parts.sessions.proposes(entry, now);
  }

  #commits(zxid: bigint): void {
    const { ensemble, subject } = this.#parts;
    demand(zxid > this.#committed, 'R12', () => {
      const after = zxidText(this.#committed);
      return `${this.#told} is told to commit ${zxidText(zxid)} after ${after}`;
    });
    this.#committed = zxid;
    if (this.#leadership?.isEstablished !== true) return;
    ensemble.commits(subject, zxid, `${subject.name} tells s${this.peer} to commit`);
  }

  get #told(): string {
    return `s${this.peer}, a learner of ${this.#parts.subject.name},`;
  }

  /** R12. */
  #is(isDue: boolean, { type, zxid }: Packet): void {
    demand(isDue, 'R12', () => `${this.#told} is sent packet ${type} with ${zxidText(zxid)}`);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The sessions that a learner has heard from, each with its timeout. */
function* touchesIn(data: Uint8Array | null): Generator<readonly [bigint, number]> {
  if (data === null) return;
  const view = viewOf(data);
  for (let at = 0; at + 12 <= data.length; at += 12) {
    yield [view.getBigInt64(at), view.getInt32(at + 8)];
  }
}
