import type { Acl, Client, SessionInfo } from '@vivarium/core';
import { isZkError, json, type StandardSchema, ZkError } from '@vivarium/core';
import { RecipeError } from '../errors.js';
import { ensureFolder } from '../shared/folder.js';
import { namesIn } from '../shared/names-in.js';
import { childOf } from '../shared/paths.js';

/** What a lease's node says. */
export interface LeaseTerms {
  readonly id: string;
  /** Undefined for one without an end. */
  readonly ttlMs?: number | undefined;
}

/** A lease as it stands in the tree. */
export interface StandingLease extends LeaseTerms {
  readonly path: string;
  /** Counts renewals. */
  readonly version: number;
  /** zxid of the newest renewal. */
  readonly mzxid: bigint;
  /** When that was, by the leader's clock: milliseconds since 1970. */
  readonly mtime: number;
}

/** One look at a folder of leases. */
export interface LeaseView {
  /** Version of the folder's clock; undefined when there is none. */
  readonly clock: number | undefined;
  /** One at most, unless somebody made others by hand. */
  readonly standing: readonly StandingLease[];
}

/** Beginning of the name of a lease's node. */
const LEASE = 'lease-';
/** Name of the node whose writes tell the leader's time, and keep two from claiming at once. */
const CLOCK = 'clock';

const terms: StandardSchema<LeaseTerms> = {
  '~standard': {
    version: 1,
    vendor: 'vivarium',
    validate: (value) => {
      const { id, ttlMs } = (value ?? {}) as Partial<LeaseTerms>;
      const isTime = ttlMs === undefined || (typeof ttlMs === 'number' && ttlMs > 0);
      if (typeof id === 'string' && isTime) return { value: { id, ttlMs } };
      return { issues: [{ message: 'it must have an id, and a ttlMs if it has an end' }] };
    },
  },
};
export const termsFormat = json(terms);

/** The nodes of the leases of one path. */
export class LeaseFolder {
  readonly #zk: Client;
  readonly path: string;
  readonly #acl: readonly Acl[] | undefined;

  constructor(zk: Client, path: string, acl: readonly Acl[] | undefined) {
    this.#zk = zk;
    this.path = path;
    this.#acl = acl;
  }

  /** Path of the lease of this name of its own. */
  leaseOf(guid: string): string {
    return childOf(this.path, LEASE + guid);
  }

  get #clock(): string {
    return childOf(this.path, CLOCK);
  }

  /**
   * Reads the clock's version before all else: who claims with it claims what was seen here.
   *
   * @throws RecipeError INVALID_VALUE when a lease's data are none; ZkError
   */
  async look(session: SessionInfo, signal: AbortSignal): Promise<LeaseView> {
    const options = { session: session.id, signal };
    const clock = (await this.#zk.exists(this.#clock, options))?.version;
    const names = await namesIn(this.#zk, this.path, options);
    const standing: StandingLease[] = [];
    for (const name of names.filter((each) => each.startsWith(LEASE))) {
      const path = childOf(this.path, name);
      try {
        const { data, stat } = await this.#zk.get(path, { ...options, codec: termsFormat });
        const { version, mzxid, mtime } = stat;
        standing.push({ ...data, path, version, mzxid, mtime: Number(mtime) });
      } catch (error) {
        // Given back since the list was made.
        if (isZkError(error, 'NO_NODE')) continue;
        if (!isZkError(error, 'MARSHALLING_ERROR')) throw error;
        throw new RecipeError('INVALID_VALUE', path, { reason: error.message, cause: error });
      }
    }
    return { clock, standing };
  }

  /** The leader's time, by a write, and the clock's version after it; undefined without a clock. */
  async tellTime(
    session: SessionInfo,
    signal: AbortSignal,
  ): Promise<{ readonly mtime: number; readonly version: number } | undefined> {
    try {
      const stat = await this.#zk.set(this.#clock, '', { session: session.id, signal });
      return { mtime: Number(stat.mtime), version: stat.version };
    } catch (error) {
      if (!isZkError(error, 'NO_NODE')) throw error;
      await this.#zk.create(this.#clock, '', { acl: this.#acl, session: session.id, signal });
      return undefined;
    }
  }

  /**
   * Puts a lease of ours in the place of those that were seen; false when anything has been
   * claimed, renewed or given back since. When its answer is lost, the node's path tells whether
   * it was done.
   */
  async claim(
    path: string,
    { clock, standing }: LeaseView,
    data: LeaseTerms,
    session: SessionInfo,
    signal: AbortSignal,
  ): Promise<boolean> {
    const acl = this.#acl;
    const options = { session: session.id, signal };
    const turn =
      clock === undefined
        ? ({ op: 'create', path: this.#clock, acl } as const)
        : ({ op: 'set', path: this.#clock, data: '', version: clock } as const);
    // With their versions: one that is renewed this very moment is not taken.
    const deletions = standing.map(
      (each) => ({ op: 'delete', path: each.path, version: each.version }) as const,
    );
    const creation = { op: 'create', path, data: termsFormat.encode(data), acl } as const;
    try {
      await this.#zk.multi([turn, ...deletions, creation], options);
      return true;
    } catch (error) {
      if (!isZkError(error, 'BAD_VERSION', 'NODE_EXISTS', 'NO_NODE')) throw error;
      if (error.name === 'NO_NODE' && clock === undefined) {
        await ensureFolder(this.#zk, this.path, { acl, signal });
      }
      return false;
    }
  }
}

/** @throws ZkError BAD_ARGUMENTS unless it can be the id of a lease */
export function assertLeaseId(path: string, id: string): void {
  if (typeof id === 'string' && id !== '') return;
  const reason = 'the id is empty: give a name that tells this holder from all others';
  throw new ZkError('BAD_ARGUMENTS', { operation: 'acquireLease', path, reason });
}
