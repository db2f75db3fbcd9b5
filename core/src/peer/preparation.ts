import { codes } from '../base/errors.js';
import type { Host } from '../base/host.js';
import type { WallMillis } from '../base/ids.js';
import type { Config } from '../config/config.js';
import { type AclBudget, aclPermits, MOST_OWN_CHARACTERS, normaliseAcl } from '../tree/acl.js';
import type { Database } from '../tree/database.js';
import { quotaProblem } from '../tree/quota.js';
import { OPEN_ACL } from '../wire/permissions.js';
import type { Acl, Id } from '../wire/records.js';
import type { TxnBody } from '../wire/txns.js';
import type { Authenticator } from './auth.js';
import type { ChangeRecord } from './change-record.js';
import type { MetricsRegistry } from './metrics.js';
import type { Outstanding } from './outstanding.js';
import type { Session, SessionOwner } from './sessions.js';

/** A transaction to log, or the error code that the request gets (and that is logged instead). */
export type Prepared = TxnBody | number;

/** Who asks for a write, and the place it would take. */
export interface WriteOrigin {
  readonly session: Session | undefined;
  readonly identities: readonly Id[];
  /** The server that has forwarded it; `undefined` for a request made here. */
  readonly via: SessionOwner;
  readonly zxidHigh: number;
  readonly zxidLow: number;
  readonly timeMs: WallMillis;
}

export interface PreparationParts {
  readonly config: Config;
  readonly host: Host;
  readonly database: Database;
  readonly outstanding: Outstanding;
  readonly auth: Authenticator;
  readonly metrics: MetricsRegistry;
  /** What an asker is told whose session is not known: a leader's clients have all had one. */
  readonly unknownSession: number;
}

/** A quota that is exceeded again and again is reported so often. */
const REPORT_EVERY_MS = 60_000;

/** What writes are checked against. */
export class Preparation {
  readonly config: Config;
  readonly database: Database;
  readonly outstanding: Outstanding;
  readonly #host: Host;
  readonly #auth: Authenticator;
  readonly #metrics: MetricsRegistry;
  readonly unknownSession: number;
  /** What the write with this origin may still put into ACLs; one multi may hold many of them. */
  readonly #budget: AclBudget = { characters: MOST_OWN_CHARACTERS };
  #budgetOf: WriteOrigin | undefined = undefined;
  /** When each quota was last reported, by its path and what of it was exceeded. */
  readonly #reported = new Map<string, WallMillis>();

  constructor(parts: PreparationParts) {
    this.config = parts.config;
    this.database = parts.database;
    this.outstanding = parts.outstanding;
    this.#host = parts.host;
    this.#auth = parts.auth;
    this.#metrics = parts.metrics;
    this.unknownSession = parts.unknownSession;
  }

  /** 0, or why the session may not write. */
  checkSession({ session, via }: WriteOrigin): number {
    if (session === undefined) return this.unknownSession;
    if (session.closing) return codes.SESSION_EXPIRED;
    return session.owner === via ? 0 : codes.SESSION_MOVED;
  }

  /** Whether the asker has one of the wanted permissions on a node. */
  permits(node: ChangeRecord, wanted: number, origin: WriteOrigin): boolean {
    return this.config.skipAcl || aclPermits(node.acl, wanted, origin.identities);
  }

  /** The list to store for the one a client asks for; `undefined` for INVALID_ACL. */
  normaliseAcl(acl: readonly Acl[] | null, origin: WriteOrigin): readonly Acl[] | undefined {
    if (acl === OPEN_ACL) return acl;
    if (this.#budgetOf !== origin) {
      this.#budgetOf = origin;
      this.#budget.characters = MOST_OWN_CHARACTERS;
    }
    return normaliseAcl(acl, origin.identities, this.#auth.aclSchemes, this.#budget);
  }

  /**
   * Whether a change would go beyond a hard quota that is enforced. Any quota that it goes beyond
   * is counted, and reported once a minute.
   */
  breaksQuota(
    path: string,
    countDelta: number,
    bytesDelta: number,
    { timeMs }: WriteOrigin,
  ): boolean {
    const { quotas } = this.database;
    if (quotas.size === 0) return false;
    const problem = quotaProblem(quotas, path, countDelta, bytesDelta);
    if (problem === undefined) return false;
    const refused = problem.hard && this.config.enforceQuota;
    this.#metrics.quotaExceeded.add();
    const { prefix, what, limit, wanted } = problem;
    const key = `${what} ${prefix}`;
    const sinceMs = timeMs - (this.#reported.get(key) ?? Number.NEGATIVE_INFINITY);
    if (sinceMs >= 0 && sinceMs < REPORT_EVERY_MS) return refused;
    if (this.#reported.size >= quotas.size * 2) this.#reported.clear();
    this.#reported.set(key, timeMs);
    this.#host.log({
      level: 'warn',
      event: 'quota.exceeded',
      message: `the ${what} quota of ${limit} on ${prefix} is exceeded: ${wanted} ${
        refused ? 'is refused' : 'is let pass'
      }`,
      fields: { prefix, what, limit, wanted },
    });
    return refused;
  }
}

/** The version after a change, or `undefined` when another one was expected; -1 expects any. */
export function nextVersion(current: number, expected: number): number | undefined {
  return expected === -1 || expected === current ? (current + 1) | 0 : undefined;
}
