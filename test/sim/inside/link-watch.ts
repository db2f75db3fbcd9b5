/**
 * Watches what one life of a server says and hears on its links to others, and takes it apart.
 *
 * R4: a server that looks for a leader votes with a history and an epoch that are on its disk; the
 * epoch that a leader tells of is on its own.
 */
import type { ConnectionId } from '@vivarium/core/internal/base/ids';
import type { Effect } from '@vivarium/core/internal/seam/effects';
import type { Input } from '@vivarium/core/internal/seam/inputs';
import { demand } from '../violation.js';
import { ElectionSide } from './election-side.js';
import type { Ensemble } from './ensemble.js';
import { zxidText } from './entry.js';
import { LeaderSide } from './leader-side.js';
import { LearnerSide } from './learner-side.js';
import { type Packet, packets, QuorumStream } from './quorum-stream.js';
import type { SessionWatch } from './session-watch.js';
import type { Subject } from './subject.js';
import { states, type Vote } from './votes.js';
import type { Witness } from './witness.js';

interface QuorumLink {
  readonly kind: 'quorum';
  readonly incoming: QuorumStream;
  readonly outgoing: QuorumStream;
  readonly side: LeaderSide | LearnerSide;
}

interface ElectionLink {
  readonly kind: 'election';
  readonly side: ElectionSide;
}

/** Behind the protocol's version in LEADERINFO: `VIVA`, if the leader takes up the offer. */
const ACCEPTANCE_AT = 4;
const ACCEPTANCE = 0x56495641;

export class LinkWatch {
  readonly #subject: Subject;
  readonly #witness: Witness;
  readonly #ensemble: Ensemble;
  readonly #sessions: SessionWatch;
  readonly #links = new Map<ConnectionId, QuorumLink | ElectionLink>();
  /** Transactions that a leader has sent to this life. */
  readonly #received = new Set<bigint>();

  constructor(subject: Subject, witness: Witness, ensemble: Ensemble, sessions: SessionWatch) {
    this.#subject = subject;
    this.#witness = witness;
    this.#ensemble = ensemble;
    this.#sessions = sessions;
  }

  /** Whether a transaction came from a leader, and was not proposed here. */
  hasReceived(zxid: bigint): boolean {
    return this.#received.has(zxid);
  }

  /** Where the history ends that a leader has sent, for whoever follows one. */
  get history(): bigint {
    return this.#learner?.history ?? 0n;
  }

  get #learner(): LearnerSide | undefined {
    for (const link of this.#links.values()) {
      if (link.kind === 'quorum' && link.side instanceof LearnerSide) return link.side;
    }
    return undefined;
  }

  /** The process dies now; says what it was doing. */
  dies(): void {
    const { marks, canon } = this.#witness;
    const { id, log } = this.#subject;
    const learner = this.#learner;
    const leads = this.#ensemble.established.at(-1)?.subject.id === id;
    learner?.dies();
    if (learner !== undefined) {
      const isVoter = this.#ensemble.members.voters.has(id);
      marks.hit(isVoter ? 'follower-dies' : 'observer-dies');
    } else if (leads) {
      marks.hit('leader-dies');
      if (canon.lastZxid > log.durableZxid) marks.hit('dies-before-reply');
      if (this.#ensemble.mayCommitMore(log)) marks.hit('dies-before-commit');
    } else {
      marks.hit('looker-dies');
    }
  }

  sees(input: Input, now: number): void {
    if (input.type === 'link-opened') this.#opened(input);
    if (input.type === 'connection-closed') this.#links.delete(input.connection);
    if (input.type !== 'connection-bytes') return;
    const link = this.#links.get(input.connection);
    if (link === undefined) return;
    if (link.kind === 'election') {
      link.side.hears(input.bytes.slice(), now);
      return;
    }
    link.incoming.push(input.bytes.slice());
    for (let packet = link.incoming.next(); packet; packet = link.incoming.next()) {
      if (packet.type === packets.proposal || packet.type === packets.inform) {
        this.#received.add(packet.zxid);
      }
      link.side.hears(packet, now);
      sealAfter(packet, link);
    }
  }

  /** It reads nothing more from a connection, for a while. */
  holds(connection: ConnectionId): void {
    const link = this.#links.get(connection);
    if (link?.kind !== 'quorum' || !(link.side instanceof LearnerSide)) return;
    this.#witness.marks.hit('snap-waits-for-disk');
  }

  /** It ends a connection. */
  closes(connection: ConnectionId): void {
    const link = this.#links.get(connection);
    if (link?.kind === 'election') link.side.closes();
  }

  /**
   * A step is over, with everything said in it.
   *
   * @param hasLeader whether it serves with a leader, or as one
   */
  stepped(hasLeader: boolean, now: number): void {
    for (const link of this.#links.values()) {
      if (link.kind === 'election') link.side.judge(hasLeader, now);
    }
  }

  /** False when it goes to a client. */
  sends(effect: Effect & { type: 'send' }, now: number): boolean {
    const link = this.#links.get(effect.connection);
    if (link === undefined) return false;
    if (link.kind === 'election') {
      for (const vote of link.side.says(effect.bytes.slice(), now)) this.#votes(vote);
      return true;
    }
    link.outgoing.push(effect.bytes.slice());
    for (let packet = link.outgoing.next(); packet; packet = link.outgoing.next()) {
      this.#witness.sent(this.#subject, link.side.peer, packet);
      link.side.sends(packet, now);
      sealAfter(packet, link);
    }
    return true;
  }

  #opened({ connection, link }: Input & { type: 'link-opened' }): void {
    const isDialed = connection < 0;
    if (link === 'election') {
      const side = new ElectionSide(this.#subject, isDialed);
      this.#links.set(connection, { kind: 'election', side });
      return;
    }
    const subject = this.#subject;
    const parts = {
      subject,
      witness: this.#witness,
      ensemble: this.#ensemble,
      sessions: this.#sessions,
    };
    this.#links.set(connection, {
      kind: 'quorum',
      incoming: new QuorumStream(`${subject.name} hears`),
      outgoing: new QuorumStream(`${subject.name} says`),
      side: isDialed
        ? new LearnerSide(subject, this.#ensemble, this.#witness.marks)
        : new LeaderSide(parts),
    });
  }

  #votes(vote: Vote): void {
    const { name, id, log, epochs } = this.#subject;
    this.#witness.voted(this.#subject, vote);
    if (vote.leader !== id) return;
    const current = epochs.durable('currentEpoch');
    const isLooking = vote.state === states.looking;
    demand(isLooking ? vote.peerEpoch === current : vote.peerEpoch <= current, 'R4', () => {
      return `${name} votes for itself with epoch ${vote.peerEpoch}; current on disk is ${current}`;
    });
    if (!isLooking) return;
    demand(vote.zxid <= log.durableZxid, 'R4', () => {
      const durable = zxidText(log.durableZxid);
      return `${name} votes with a history up to ${zxidText(vote.zxid)}; durable is ${durable}`;
    });
    if (vote.zxid < 0n) return;
    log.demandCut(() => `${name} votes with a history up to ${zxidText(vote.zxid)}`);
    if (vote.zxid > this.#subject.attested) this.#subject.attested = vote.zxid;
  }
}

/** Behind a LEADERINFO that accepts the learner's offer both directions are sealed. */
function sealAfter({ type, data }: Packet, { incoming, outgoing }: QuorumLink): void {
  if (type !== packets.leaderInfo || data === null || data.length < ACCEPTANCE_AT + 4) return;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (view.getInt32(ACCEPTANCE_AT) !== ACCEPTANCE) return;
  incoming.seal();
  outgoing.seal();
}
