import { unreachable } from '../base/assert.js';
import type { ConnectionId } from '../base/ids.js';
import type { Input } from '../seam/inputs.js';
import type { Turn } from '../seam/turn.js';
import type { ElectionLinks } from '../zab/election-links.js';
import { QuorumLink } from '../zab/quorum-link.js';
import { EarlyLearners } from './early-learners.js';
import { Leading } from './leading.js';
import { Learning } from './learning.js';

/** What a member is at the moment; `undefined` while it looks for a leader. */
export type Role = Leading | Learning | undefined;

/** What comes over links and connections of clients alike. */
type LinkInput = Extract<Input, { type: `connection-${'bytes' | 'slow' | 'closed'}` }>;

/** Brings what comes over the links of a member to whom it is for. */
export class LinkRouter {
  readonly #turn: Turn;
  readonly #election: ElectionLinks;
  readonly #role: () => Role;
  readonly #early: EarlyLearners;

  constructor(turn: Turn, election: ElectionLinks, role: () => Role) {
    this.#turn = turn;
    this.#election = election;
    this.#role = role;
    this.#early = new EarlyLearners(turn);
  }

  opened({ connection, link, address, port }: Extract<Input, { type: 'link-opened' }>): void {
    if (link === 'election') {
      this.#election.opened(connection, address);
      return;
    }
    const role = this.#role();
    if (role instanceof Learning && role.learner.opened(connection, address, port)) return;
    if (connection > 0 && role instanceof Leading) {
      role.leader.opened(new QuorumLink(this.#turn, connection, address, port));
    } else if (connection > 0 && role === undefined) {
      this.#early.opened(connection, address, port);
    } else {
      const reason = 'this server does not lead';
      this.#turn.effects.push({ type: 'close', connection, reason });
    }
  }

  /** False when what came did not come over a link. */
  took(input: LinkInput): boolean {
    switch (input.type) {
      case 'connection-bytes':
        return this.#received(input.connection, input.bytes);
      case 'connection-slow':
        return this.#slow(input.connection, input.slow);
      case 'connection-closed':
        return this.#closed(input.connection, input.reason);
      default:
        return unreachable(input, 'input of a connection');
    }
  }

  /** It is known who leads: learners that came before that are taken in, or sent away. */
  decided(leader: number): void {
    const role = this.#role();
    if (role instanceof Leading) this.#early.handTo(role.leader);
    else this.#early.refuseAll(`server ${leader} leads`);
  }

  #received(connection: ConnectionId, bytes: Uint8Array): boolean {
    const role = this.#role();
    if (role instanceof Leading && role.leader.has(connection)) {
      role.leader.received(connection, bytes);
    } else if (role instanceof Learning && role.learner.has(connection)) {
      role.learner.received(bytes);
    } else if (this.#election.has(connection)) {
      this.#election.bytes(connection, bytes);
    } else if (this.#early.has(connection)) {
      this.#early.received(connection, bytes);
    } else {
      return false;
    }
    return true;
  }

  #slow(connection: ConnectionId, isSlow: boolean): boolean {
    const role = this.#role();
    if (this.#election.has(connection)) this.#election.slow(connection, isSlow);
    else if (role instanceof Leading && role.leader.has(connection)) {
      role.leader.slow(connection, isSlow);
    } else return role instanceof Learning && role.learner.has(connection);
    return true;
  }

  #closed(connection: ConnectionId, reason: string): boolean {
    const role = this.#role();
    if (this.#early.has(connection)) {
      this.#early.closed(connection);
    } else if (this.#election.has(connection)) {
      this.#election.closed(connection, reason);
    } else if (role instanceof Leading && role.leader.has(connection)) {
      role.leader.closed(connection, reason);
    } else {
      return role instanceof Learning && role.learner.closed(connection, reason);
    }
    return true;
  }
}
