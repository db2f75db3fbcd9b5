/** What is known of a whole run to those who watch its servers from inside. */
import type { EnsembleSpec } from '@vivarium/core/internal/config/ensemble';
import type { Kernel } from '@vivarium/core/internal/local/kernel';
import { txnTypes } from '@vivarium/core/internal/wire/txns';
import { Marks } from '../marks.js';
import { demand } from '../violation.js';
import { Canon } from './canon.js';
import { Ensemble } from './ensemble.js';
import { type Entry, zxidText } from './entry.js';
import { Meanings } from './meanings.js';
import { type Packet, packetName } from './quorum-stream.js';
import type { Subject } from './subject.js';
import { stateName, states, type Vote } from './votes.js';

/** How long a decision may take on its way to the disk. */
const PROPOSAL_MICROS = 500_000;

export interface WitnessParts {
  readonly kernel: Kernel;
  /** May grow. */
  readonly subjects: readonly Subject[];
  readonly spec: EnsembleSpec | undefined;
  readonly hasLocalSessions: boolean;
  readonly tell: ((line: string) => void) | undefined;
}

export class Witness {
  readonly canon = new Canon();
  readonly meanings = new Meanings();
  readonly marks = new Marks();
  /** Sessions of which somebody has asked for the end. */
  readonly closing = new Set<bigint>();
  /** When servers went on that had been stopped in their tracks. */
  readonly resumed: { readonly server: string; readonly at: number }[] = [];
  /** Sessions that were refused to their owners, by members of an ensemble. */
  readonly refusals: { readonly id: bigint; readonly by: string; readonly at: number }[] = [];
  /** When somebody first proposed the end of a session. */
  readonly #ending = new Map<bigint, number>();
  /** Whether sessions may be known to one server alone. */
  readonly hasLocalSessions: boolean;
  /** Undefined for a server that stands alone. */
  readonly ensemble: Ensemble | undefined;
  readonly #kernel: Kernel;
  /** Sessions that one server alone knows. */
  readonly #locals = new Set<bigint>();

  /** What waits for a packet. */
  readonly #awaited: {
    readonly type: number;
    readonly happen: (sender: number, receiver: number | undefined) => void;
  }[] = [];
  /** Tells whoever reads the run; not part of the trace. */
  readonly #tell: ((line: string) => void) | undefined;

  constructor({ kernel, subjects, spec, tell, hasLocalSessions }: WitnessParts) {
    this.hasLocalSessions = hasLocalSessions;
    this.#kernel = kernel;
    this.#tell = tell;
    const { canon } = this;
    const now = () => this.now;
    const { marks } = this;
    this.ensemble = spec && new Ensemble({ spec, canon, subjects, marks, now });
  }

  /** Microseconds of the world, which no server sees. */
  get now(): number {
    return this.#kernel.now;
  }

  /** Somebody who decides has proposed a transaction. */
  proposed({ type, clientId }: Entry): void {
    const isUpgrade = type === txnTypes.createSession && this.#locals.delete(clientId);
    if (isUpgrade) this.marks.hit('session-upgraded');
    if (type !== txnTypes.closeSession || this.#ending.has(clientId)) return;
    this.#ending.set(clientId, this.now);
  }

  /** S5: no session was refused to its owner that nobody had decided to end. */
  judgeRefusals(): void {
    for (const { id, by, at } of this.refusals) {
      const end = this.#ending.get(id);
      demand(end !== undefined && end <= at + PROPOSAL_MICROS, 'S5', () => {
        return `${by} refused session ${id} to its owner at ${at} µs; it was to end at ${end}`;
      });
    }
  }

  /** A server has applied everything up to a zxid. */
  applied({ log, name }: Subject, upTo: bigint): void {
    if (upTo <= this.canon.lastZxid) return;
    demand(upTo <= log.durableZxid, 'R4', () => {
      return `${name} has applied ${zxidText(upTo)}; durable is ${zxidText(log.durableZxid)}`;
    });
    // Alone, nobody else is to be asked.
    if (this.ensemble === undefined) this.canon.commit(log, upTo, this.now, name, () => {});
  }

  /** A session began that no transaction tells of. */
  beganLocally(session: bigint): void {
    this.#locals.add(session);
    this.marks.hit('session-local');
  }

  /** A server that is cut off shows what it has, which may be old, and may come to nothing. */
  showsOld({ log, name }: Subject, zxid: bigint, story: () => string): void {
    demand(zxid <= log.durableZxid, 'R4', () => {
      const durable = zxidText(log.durableZxid);
      return `${story()} of ${name} tells of zxid ${zxidText(zxid)}; durable is ${durable}`;
    });
  }

  /** A server shows a client what it has applied. */
  shows(subject: Subject, zxid: bigint, story: () => string): void {
    if (zxid > subject.attested) subject.attested = zxid;
    const { name } = subject;
    this.showsOld(subject, zxid, story);
    // Credentials, and events that setWatches makes up, are answered without a state.
    if (this.ensemble === undefined || zxid <= 0n) return;
    this.ensemble.commits(subject, zxid, name);
    const missed = this.canon.after(zxid);
    if (missed === undefined) return;
    const ms = (this.now - this.canon.committedAt(missed.zxid)!) / 1_000;
    demand(ms <= subject.staleMs, 'C5', () => {
      const what = `${zxidText(missed.zxid)} was committed ${ms} ms before`;
      return `${story()} of ${name} shows ${zxidText(zxid)}, and ${what}`;
    });
  }

  /** Lets something happen when a packet of this kind is sent next. */
  await(type: number, happen: (sender: number, receiver: number | undefined) => void): void {
    this.#awaited.push({ type, happen });
  }

  /**
   * A server has said something on a link to its leader or to a learner.
   *
   * @param peer the learner; undefined for a leader
   */
  sent({ id, name }: Subject, peer: number | undefined, packet: Packet): void {
    const { type, zxid, data } = packet;
    const at = this.#awaited.findIndex((each) => each.type === type);
    if (at >= 0) {
      const [awaited] = this.#awaited.splice(at, 1);
      awaited!.happen(id, peer ?? this.ensemble?.leaderships.at(-1)?.subject.id);
    }
    const to = peer === undefined ? 'its leader' : `s${peer}`;
    if (this.#tell === undefined) return;
    const bytes = data === null ? '' : `, ${data.length} bytes`;
    this.#tell(`${this.#at} ${name} to ${to}: ${packetName(type)} ${zxidText(zxid)}${bytes}`);
  }

  /** A server has told another one whom it is for. */
  voted(subject: Subject, vote: Vote): void {
    const { state, leader, zxid, round, peerEpoch } = vote;
    const { name } = subject;
    if (state === states.looking && zxid === -1n) subject.isInDoubt = true;
    this.#marksVote(subject, vote);
    const what = `${stateName(state)} votes for ${leader} at ${zxidText(zxid)}`;
    this.#tell?.(`${this.#at} ${name}, ${what}, epoch ${peerEpoch}, round ${round}`);
  }

  #marksVote({ id, log, epochs }: Subject, { state, leader, zxid, peerEpoch }: Vote): void {
    const { marks } = this;
    if (state === states.leading || state === states.following) marks.hit('late-joiner');
    if (state !== states.looking) return;
    if (zxid === -1n) marks.hit('vote-in-doubt');
    else if (leader !== id && zxid >= 0n) {
      const own = epochs.durable('currentEpoch');
      if (peerEpoch > own) marks.hit('vote-by-epoch');
      else if (zxid > log.lastZxid) marks.hit('vote-by-zxid');
      else marks.hit('vote-by-number');
    }
  }

  get #at(): string {
    return (this.now / 1_000).toFixed(3);
  }
}
