import type { Host } from '../base/host.js';
import type { Config } from '../config/config.js';
import type { Turn } from '../seam/turn.js';
import type { Epochs } from './epochs.js';
import type { Membership } from './membership.js';
import type { QuorumMetrics } from './quorum-metrics.js';

/** Where a learner's log is, and what of it is decided; see `peer/ledger.ts`. */
export interface LearnerLedger {
  /** Transactions logged in this role, numbered from 1. */
  readonly appended: number;
  readonly durable: number;
  append(zxidHigh: number, zxidLow: number, bytes: Uint8Array): void;
  /** Everything up to this number is decided. */
  commitTo(number: number): void;
  /** Applies what is decided and durable. */
  advance(): void;
  /** Flushes what was appended, in front of whatever the disk is asked for next. */
  flush(): void;
}

/** A leader's tree on its way here; see `peer/installation.ts`. */
export interface Reception {
  /** Whether the disk has so much to do that nothing is to be pushed until it has caught up. */
  readonly isBehind: boolean;
  /**
   * Takes bytes, cut anywhere, which must not change until the next call.
   *
   * @returns what stands behind the tree, as soon as that is whole; `undefined` before
   * @throws MalformedError with the place, when it is not sound; then it is useless
   */
  push(bytes: Uint8Array): Uint8Array | undefined;
  /**
   * Puts the tree in the place of the own one, durably, and then calls back.
   *
   * @param endZxid the last transaction it may show effects of; `undefined` when nobody knows
   */
  install(endZxid: bigint | undefined, done: () => void): void;
}

export interface LearnerParts {
  readonly config: Config;
  readonly host: Host;
  readonly turn: Turn;
  readonly membership: Membership;
  readonly epochs: Epochs;
  readonly metrics: QuorumMetrics;
  readonly ledger: LearnerLedger;
  /** The leader's number. */
  readonly leader: number;
  readonly isObserver: boolean;
  /** Whether the own history is proof of what it holds; if not, it counts for nothing. */
  readonly isTrusted: boolean;
  /** Whether the own history has turned out to be one that cannot be cut. */
  readonly wantsTree: () => boolean;
  /** The end of the own log. */
  readonly last: () => { readonly zxidHigh: number; readonly zxidLow: number };
  /** Forgets what is behind a zxid, durably, and then calls back. */
  readonly truncate: (zxidHigh: number, zxidLow: number, done: () => void) => void;
  /**
   * Begins to take the leader's tree.
   *
   * @param caughtUp called when {@link Reception.isBehind} is false again
   */
  readonly receive: (zxidHigh: number, zxidLow: number, caughtUp: () => void) => Reception;
  /** The leader's whole history is here, durably: the own one is proof of what it holds. */
  readonly proven: () => void;
  /** What the leader says of passwords. */
  readonly secrets: (data: Uint8Array) => void;
  /** The leader's word: serve. */
  readonly serve: () => void;
  /** Sessions heard from since the last call, as the answer to a PING lists them. */
  readonly takeTouches: () => Uint8Array;
  readonly revalidated: (session: bigint, isValid: boolean) => void;
  /** The oldest sync may pass when all that is decided by now is applied. */
  readonly passSync: () => void;
  /** The ensemble has other members than this server was told, which is said: it must stop. */
  readonly membersChanged: (what: string) => void;
  /** The leader is not followed any longer. */
  readonly lost: (reason: string) => void;
}
