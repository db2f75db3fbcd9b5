import type { Zxid } from '../base/ids.js';
import { DOUBTED_ZXID, type Notification } from '../wire/election.js';
import type { Membership } from './membership.js';
import { type Candidate, compareHistories, NO_CANDIDATE } from './vote.js';

/** The history that a server votes with. It is durable, and all of it is in the tree. */
export interface OwnHistory {
  readonly zxid: Zxid;
  /** The current epoch, as the file says it. */
  readonly peerEpoch: number;
  /** False when the end of the log is undecidable: it may once have held more. */
  readonly isTrusted: boolean;
  /** Whether nothing on the disk says that it was in an ensemble before, or is to begin one. */
  readonly isEmpty: boolean;
  /** It is in doubt, and is not to stand even when all are, unless an operator says so. */
  readonly needsOrder?: boolean;
}

/**
 * Whether a server's own history is a reason to vote for it, or to count its vote. It is in doubt
 * when its end is undecidable, and when it is empty although others have data: then it may have
 * been lost, with writes that a quorum relies on. A server in doubt says so with a zxid of -1, is
 * passed over by everybody, votes for nobody and waits for a leader to learn from.
 *
 * When every voter says so, nothing better will ever come: then each stands with what it has, and
 * the best of all of it wins.
 */
export class Standing {
  readonly #serverId: number;
  readonly #membership: Membership;
  #own: OwnHistory = { zxid: DOUBTED_ZXID, peerEpoch: -1, isTrusted: false, isEmpty: true };
  /** Never forgotten: data does not go away. */
  #othersHaveData = false;
  readonly #doubters = new Set<number>();
  #isSharedByAll = false;

  constructor(serverId: number, membership: Membership) {
    this.#serverId = serverId;
    this.#membership = membership;
  }

  /** A new look begins, with this history: what others think of theirs has to be heard anew. */
  begin(own: OwnHistory): void {
    this.#own = own;
    this.#doubters.clear();
    this.#isSharedByAll = false;
    this.#noteDoubters();
  }

  get isVoter(): boolean {
    return this.#membership.isVoter(this.#serverId);
  }

  get isEmpty(): boolean {
    return this.#own.isEmpty;
  }

  get isDoubted(): boolean {
    const { isTrusted, isEmpty } = this.#own;
    return !this.#isSharedByAll && (!isTrusted || (isEmpty && this.#othersHaveData));
  }

  /** Whether this server is in doubt as all others are, and stands all the same. */
  get isSharedByAll(): boolean {
    return this.#isSharedByAll;
  }

  /** This server with what it has, if that counts for anything. */
  get candidate(): Candidate | undefined {
    return this.isVoter && !this.isDoubted ? this.#asIs : undefined;
  }

  /** What a round begins with. */
  get initial(): Candidate {
    if (!this.isVoter) return NO_CANDIDATE;
    return this.isDoubted ? this.doubted : this.#asIs;
  }

  /** How this server says that it is in doubt. */
  get doubted(): Candidate {
    return { ...this.#asIs, zxid: DOUBTED_ZXID };
  }

  get #asIs(): Candidate {
    const { zxid, peerEpoch } = this.#own;
    return { leader: this.#serverId, zxid, peerEpoch };
  }

  /** Whether a server has said in this look that it is in doubt. */
  doubts(serverId: number): boolean {
    return this.#doubters.has(serverId);
  }

  /**
   * Takes notice of what another voter says of data.
   *
   * @returns whether this changes how this server stands
   */
  hear(from: number, said: Notification): boolean {
    const before = this.isDoubted;
    if (said.zxid === DOUBTED_ZXID) this.#doubters.add(from);
    if (said.zxid > 0n || said.peerEpoch > 0 || said.zxid === DOUBTED_ZXID) {
      this.#othersHaveData = true;
    }
    this.#noteDoubters();
    return this.isVoter && this.isDoubted !== before;
  }

  /** Whether a vote for this server tells its history as it is. */
  isTrue(said: Notification): boolean {
    /* Before versions were told, the epoch may have been guessed from the zxid. */
    return said.version === 0 || compareHistories(said, this.#asIs) === 0;
  }

  #noteDoubters(): void {
    if (!this.isDoubted || !this.isVoter || this.#own.needsOrder === true) return;
    const others = [...this.#membership.voters].filter((id) => id !== this.#serverId);
    this.#isSharedByAll = others.every((id) => this.#doubters.has(id));
  }
}
