/** Whole servers that elect, over links on a bad network, and what must hold of their elections. */

import { Random } from '@vivarium/core/internal/local/random';
import type { Notification } from '@vivarium/core/internal/wire/election';
import type { Membership } from '@vivarium/core/internal/zab/membership';
import { compareHistories, type Vote } from '@vivarium/core/internal/zab/vote';
import { Server } from './election-server.js';
import { Agenda, FlakyNetwork } from './flaky-network.js';

export class World {
  readonly agenda = new Agenda();
  readonly network: FlakyNetwork;
  readonly servers = new Map<number, Server>();
  readonly membership: Membership;
  /** The last write that was acknowledged. */
  committed = 0n;
  sends = 0;
  /** Who has voted for whom: voters by candidate and round. */
  readonly #votes = new Map<string, Set<number>>();
  /** Is told what happens, a line each. */
  trace: (line: string) => void = () => {};

  constructor(membership: Membership, seed: number) {
    this.membership = membership;
    this.network = new FlakyNetwork(this.agenda, new Random(seed, 'network'));
    for (const id of [...membership.voters, ...membership.observers]) {
      this.servers.set(id, new Server(this, id));
    }
  }

  get now(): number {
    return this.agenda.now;
  }

  /** A server votes: never for one that knows less than it does. */
  takeVote(from: Server, said: Notification): void {
    const { membership } = this;
    if (said.state !== 'looking' || said.zxid < 0n || !membership.isVoter(from.id)) return;
    const own = { leader: 0, zxid: from.disk.zxid, peerEpoch: from.disk.currentEpoch };
    if (membership.canLead(from.id) && compareHistories(said, own) < 0) {
      throw new Error(`${from.id} votes for ${said.leader}, which knows less`);
    }
    const key = keyOf(said);
    const voters = this.#votes.get(key) ?? new Set<number>();
    this.#votes.set(key, voters.add(from.id));
  }

  /** A server has decided: a quorum must have voted so, whenever that was. */
  judge(server: Server, vote: Vote): void {
    const voters = new Set(this.#votes.get(keyOf(vote)));
    /* A voter alone tells nobody. */
    if (this.membership.voters.size === 1) voters.add(vote.leader);
    if (this.membership.hasQuorum(voters)) return;
    throw new Error(
      `${server.id} takes ${keyOf(vote)} for its leader, voted for by ${[...voters]}`,
    );
  }

  /** Whether two servers hear each other, as far as anybody can tell. */
  canTalk(a: Server, b: Server): boolean {
    const { network } = this;
    if (!a.isAlive || !b.isAlive || a.isPaused || b.isPaused) return false;
    return !network.isCut(a.id, b.id) && !network.isCut(b.id, a.id);
  }

  /** The leader that all `members` have, if there is one and all is well with it. */
  leaderOf(members: readonly Server[]): Server | undefined {
    const [leader, ...more] = members.filter((one) => one.isEstablished);
    if (leader === undefined || more.length > 0) return undefined;
    const isFollowed = (one: Server) =>
      one === leader || (leader.followers.has(one) && one.election.decision?.leader === leader.id);
    return members.every(isFollowed) ? leader : undefined;
  }
}

/** The epoch is left out: those who follow tell that of their leader. */
function keyOf({ leader, zxid, round }: Vote): string {
  return `${leader} with ${zxid} in ${round}`;
}
