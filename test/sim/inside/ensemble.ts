/**
 * The judge of what all servers do together, online:
 *
 * - R4, R5: what is taken for committed is durable on a quorum; a leader has on its own disk what
 *   it offers, and the epoch under which it does.
 * - R6: whoever is established has everything that was ever committed; R7: nobody cuts it off.
 * - R8: an epoch has one leader, and is newer than any that its quorum has accepted.
 * - R11: a leader broadcasts when it is established, not before.
 * - R15, T8: observers do not count, nor does who has lost its data and not got it back.
 */
import type { EnsembleSpec } from '@vivarium/core/internal/config/ensemble';
import type { Marks } from '../marks.js';
import { demand } from '../violation.js';
import type { Canon } from './canon.js';
import { type Entry, epochOf, zxidText } from './entry.js';
import { Leadership } from './leadership.js';
import { Members } from './members.js';
import type { ServerLog } from './server-log.js';
import type { Subject } from './subject.js';

export interface EnsembleParts {
  readonly spec: EnsembleSpec;
  readonly canon: Canon;
  readonly subjects: readonly Subject[];
  readonly marks: Marks;
  /** Virtual microseconds. */
  readonly now: () => number;
}

export class Ensemble {
  readonly members: Members;
  /** All that were begun, in the order of time. */
  readonly leaderships: Leadership[] = [];
  readonly #parts: EnsembleParts;
  /** Whose history was offered under an epoch. */
  readonly #offered = new Map<bigint, Leadership>();
  /** Who had its data when it gave its word, by epoch. */
  readonly #sound = new Map<bigint, Set<number>>();

  constructor(parts: EnsembleParts) {
    this.#parts = parts;
    this.members = new Members(parts.spec);
  }

  /** Those who serve or are about to, newest last. */
  get established(): readonly Leadership[] {
    return this.leaderships.filter(({ isEstablished }) => isEstablished);
  }

  subject(id: number | undefined): Subject | undefined {
    return this.#parts.subjects.find((each) => each.id === id);
  }

  /** A server tells a learner the epoch that is to begin. */
  proposesEpoch(subject: Subject, epoch: bigint): Leadership {
    const known = this.leaderships.findLast((each) => each.subject === subject);
    if (known?.epoch === epoch) return known;
    const accepted = subject.epochs.durable('acceptedEpoch');
    demand(accepted >= epoch, 'R4', () => {
      return `${subject.name} proposes epoch ${epoch}, and ${accepted} is on its disk`;
    });
    subject.log.demandCut(() => `${subject.name} proposes epoch ${epoch}`);
    demand(known === undefined || epoch > known.epoch, 'R8', () => {
      return `${subject.name} proposes epoch ${epoch} after ${known!.epoch}`;
    });
    const leadership = new Leadership(subject, epoch, this.#parts.now());
    this.leaderships.push(leadership);
    return leadership;
  }

  /**
   * A learner gives its word for an epoch. What becomes of its data later changes nothing, nor does
   * its word without data: its first may have been heard, while the leader's own disk was slow.
   */
  vouches({ id, isBlank }: Subject, epoch: bigint): void {
    if (isBlank) return;
    const sound = this.#sound.get(epoch) ?? new Set();
    this.#sound.set(epoch, sound);
    sound.add(id);
  }

  /** A leader tells a learner that the history before is the one of its epoch. */
  offers(leadership: Leadership): void {
    const { subject, epoch, accepted } = leadership;
    const told = `${subject.name} offers its history for epoch ${epoch}`;
    this.#demandOwn(leadership, told);
    if (leadership.isOffered) return;
    leadership.isOffered = true;
    const other = this.#offered.get(epoch);
    demand(other === undefined, 'R8', () => {
      return `${subject.name} leads epoch ${epoch}, which ${other!.subject.name} has led`;
    });
    this.#offered.set(epoch, leadership);
    const story = () => `${subject.name} begins epoch ${epoch} with ${namesOf(accepted)} alone`;
    this.#demandQuorum(accepted, 'R8', story, epoch);
  }

  /** A learner says that it has the history of an epoch. */
  acknowledges({ id }: Subject, epoch: bigint): void {
    const leadership = this.leaderships.find((each) => each.epoch === epoch && each.isOffered);
    leadership?.ackedAt.set(id, this.#parts.now());
  }

  /** A leader tells a learner to serve: a quorum has its history, which is now committed. */
  establishes(leadership: Leadership): void {
    if (leadership.isEstablished) return;
    const { canon, now } = this.#parts;
    const { subject, epoch, acked } = leadership;
    const told = `${subject.name} is established in epoch ${epoch}`;
    const newer = this.established.find((each) => each.epoch >= epoch);
    const isInOrder = newer === undefined || this.#isLateNews(leadership, newer);
    demand(isInOrder, 'R8', () => `${told}, after ${newer!.epoch}`);
    this.#demandQuorum(acked, 'R15', () => `${told} with ${namesOf(acked)} alone`, epoch);
    leadership.establishedAt = now();
    subject.isInDoubt = false;
    const { entries } = subject.log;
    const end = entries.findLast(({ zxid }) => epochOf(zxid) < epoch)?.zxid ?? 0n;
    // One that decides alone may have gone on before any learner was told.
    const due = canon.entries.findLast(({ zxid }) => epochOf(zxid) < epoch)?.zxid ?? 0n;
    demand(end >= due, 'R6', () => {
      return `${told} with a history up to ${zxidText(end)}; committed is ${zxidText(due)}`;
    });
    this.#marksLeader(leadership, end);
    this.#demandOwn(leadership, told);
    const ready = this.#voters(({ id, isBlank, epochs }) => {
      const isWiped = isBlank && acked.has(id);
      return epochs.durable('currentEpoch') >= epoch || isWiped;
    });
    const alone = () => `${told}; it is current on ${namesOf(ready)} alone`;
    this.#demandQuorum(ready, 'R4', alone, epoch);
    this.commits(subject, end, told);
  }

  /**
   * Whether a leader hears late, but not too late to lead, what a quorum has said in time: no clock
   * tells it that there is another one since. It can decide nothing any more.
   */
  #isLateNews({ subject, epoch, begunAt, acked, ackedAt }: Leadership, newer: Leadership): boolean {
    const { now } = this.#parts;
    if (newer.epoch === epoch || now() - begunAt > subject.initMs * 1_000) return false;
    const inTime = [...acked].filter((id) => {
      return id === subject.id || ackedAt.get(id)! < newer.establishedAt!;
    });
    return this.members.isQuorum(new Set(inTime));
  }

  /** R4: a leader counts itself, so its own disk has the epoch, and the history before it. */
  #demandOwn({ subject, epoch }: Leadership, told: string): void {
    const { log, epochs } = subject;
    const current = epochs.durable('currentEpoch');
    demand(current >= epoch, 'R4', () => `${told}; current on its disk is ${current}`);
    const end = log.entries.findLast(({ zxid }) => epochOf(zxid) < epoch)?.zxid ?? 0n;
    demand(end <= log.durableZxid, 'R4', () => {
      return `${told}, which ends with ${zxidText(end)}; durable is ${zxidText(log.durableZxid)}`;
    });
    log.demandCut(() => told);
  }

  /**
   * A server takes everything up to a zxid for committed, and says so. Its own disk may be behind
   * those of a quorum.
   */
  commits(subject: Subject, upTo: bigint, story: string): void {
    const { canon, subjects, now } = this.#parts;
    if (upTo <= canon.lastZxid && !subject.log.holdsDurably(upTo)) return;
    const holds = ({ log }: Subject) => log.holdsDurably(upTo);
    if (!holds(subject)) this.#parts.marks.hit('commit-ahead-of-own-disk');
    const { log } = holds(subject) ? subject : (subjects.find(holds) ?? subject);
    canon.commit(log, upTo, now(), story, (entry) => this.#mayCommit(entry, story));
  }

  /** Whether a quorum has something of a leader's that it has not said is committed. */
  mayCommitMore(log: ServerLog): boolean {
    const next = log.entries[log.indexAfter(this.#parts.canon.lastZxid)];
    if (next === undefined) return false;
    return this.members.isQuorum(this.#voters((each) => each.log.holdsDurably(next.zxid)));
  }

  /** How many epochs have all the transactions that an epoch may have. */
  fullEpochs(transactions: number): number {
    const last = BigInt(transactions);
    return this.#parts.canon.entries.filter(({ zxid }) => (zxid & 0xffff_ffffn) === last).length;
  }

  /** A leader sends a learner its tree, which stands for its history. */
  sendsTree({ log }: Subject, learner: Subject | undefined, zxid: bigint): void {
    learner?.log.offered(zxid, log.entries.slice(0, log.indexAfter(zxid)));
  }

  /** A leader tells a learner to forget what is behind a zxid. */
  truncates(leader: Subject, learner: Subject | undefined, zxid: bigint): void {
    if (learner === undefined) return;
    const { log, name } = learner;
    const lost = this.#firstCommitted(log.entries.slice(log.indexAfter(zxid)));
    demand(lost === undefined, 'R7', () => {
      const told = `${leader.name} tells ${name} to forget what is behind ${zxidText(zxid)}`;
      return `${told}, and ${zxidText(lost!.zxid)} was committed`;
    });
  }

  /**
   * A server's log has lost its end. What others have committed since it was told so, it will get
   * again; it is not needed for it to last.
   */
  cut(subject: Subject, entries: readonly Entry[]): void {
    const lost = this.#firstCommitted(entries);
    if (entries.length > 0 && lost === undefined) this.#parts.marks.hit('undecided-lost');
    if (lost === undefined) return;
    /* What a disk that has rotted may still hold was lost with the byte that nobody can read. */
    if (subject.isRotten && subject.hasDisowned) return;
    const others = this.#voters(({ id, log }) => id !== subject.id && log.holdsDurably(lost.zxid));
    this.#demandQuorum(others, 'R7', () => {
      const what = `cuts off ${zxidText(lost.zxid)}, which was committed`;
      return `${subject.name} ${what} and is left on ${namesOf(others)} alone`;
    });
  }

  #marksLeader({ subject, epoch }: Leadership, end: bigint): void {
    const { marks, canon, now } = this.#parts;
    const { established } = this;
    const before = established.at(-2);
    if (before !== undefined) {
      marks.hit(before.subject === subject ? 'leader-again' : 'leader-changes');
      if (before.epoch < epoch - 1n) marks.hit('epoch-unused');
    }
    const third = established.at(-3);
    if (third !== undefined && now() - third.establishedAt! < 60_000_000)
      marks.hit('three-leaders');
    if (end > canon.lastZxid) marks.hit('undecided-survives');
  }

  #firstCommitted(entries: readonly Entry[]): Entry | undefined {
    return entries.find(({ zxid }) => this.#parts.canon.find(zxid) !== undefined);
  }

  /** How many of whom hold something. */
  #voters(has: (subject: Subject) => boolean): ReadonlySet<number> {
    const { voters } = this.members;
    const ids = this.#parts.subjects.filter((each) => voters.has(each.id) && has(each));
    return new Set(ids.map(({ id }) => id));
  }

  #mayCommit({ zxid }: Entry, story: string): void {
    const holders = this.#voters(({ log }) => log.holdsDurably(zxid));
    /* Who has acknowledged it and lost it since has no vote before it has it again. */
    const had = this.#voters(({ isBlank, isRotten, lostZxid }) => {
      return (isBlank || isRotten) && zxid <= lostZxid;
    });
    if (had.size > 0 && this.members.isQuorum(new Set([...holders, ...had]))) return;
    this.#demandQuorum(holders, 'R5', () => {
      return `${story}: ${zxidText(zxid)} is durable on ${namesOf(holders)} alone`;
    });
  }

  /**
   * Without those who do not count.
   *
   * @param epoch what they gave their word for, if that is what counts
   */
  #demandQuorum(
    ids: ReadonlySet<number>,
    property: string,
    story: () => string,
    epoch?: bigint,
  ): void {
    const { subjects } = this.#parts;
    const vouched = epoch === undefined ? undefined : this.#sound.get(epoch);
    const blank = subjects.filter(({ id, isBlank }) => {
      return isBlank && ids.has(id) && vouched?.has(id) !== true;
    });
    const sound = new Set([...ids].filter((id) => !blank.some((each) => each.id === id)));
    const isQuorum = this.members.isQuorum(sound);
    demand(isQuorum || !this.members.isQuorum(ids), 'T8', () => {
      return `${story()}, with ${blank.map(({ name }) => name)} who had lost all data`;
    });
    demand(isQuorum, property, story);
  }
}

function namesOf(ids: ReadonlySet<number>): string {
  return ids.size === 0 ? 'nobody' : [...ids].map((id) => `s${id}`).join(' ');
}
