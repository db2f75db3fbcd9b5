import type { Host } from '../base/host.js';
import type { Millis } from '../base/ids.js';
import type { Config } from '../config/config.js';
import type { Turn } from '../seam/turn.js';
import type { Reader } from '../wire/reader.js';
import type { Id } from '../wire/records.js';
import type { Epochs } from './epochs.js';
import type { LeaderHistory } from './history.js';
import type { LearnerHandler } from './learner-handler.js';
import type { Membership } from './membership.js';
import type { QuorumMetrics } from './quorum-metrics.js';

/** A request that a learner has forwarded. */
export interface ForwardedRequest {
  readonly session: bigint;
  /** The learner says that it alone knows the session. */
  readonly isLocal: boolean;
  readonly cxid: number;
  readonly operation: number;
  /** Its cursor stands at the body. */
  readonly body: Reader;
  readonly identities: readonly Id[];
}

export interface LeaderParts {
  readonly config: Config;
  readonly host: Host;
  readonly turn: Turn;
  readonly membership: Membership;
  readonly epochs: Epochs;
  readonly metrics: QuorumMetrics;
  readonly history: LeaderHistory;
  /** Whether those who elected this server, as far as they do not look again, are a quorum. */
  readonly hasSupport: () => boolean;
  /** What a Vivarium learner is to know before it serves: see `packetTypes.secrets`. */
  readonly secrets: () => Uint8Array;
  /** A quorum has the history: clients may be served from now on. */
  readonly activated: () => void;
  /** All transactions of the epoch up to this number are decided. */
  readonly committed: (number: number) => void;
  readonly request: (learner: LearnerHandler, request: ForwardedRequest) => void;
  /** A client came back to a learner; answered by {@link Leader.revalidated}. */
  readonly revalidate: (learner: LearnerHandler, session: bigint, timeoutMs: Millis) => void;
  /** A learner has heard from a session's client. */
  readonly touched: (session: bigint, timeoutMs: Millis) => void;
  /** The server cannot lead any longer. */
  readonly lost: (reason: string) => void;
}
