/**
 * A lock that many may hold to read, or one to write.
 *
 * Nodes: `path`, a container; `path/_c_<uuid>-__READ__<sequence>` and `…-__WRIT__<sequence>`,
 * ephemeral, one for each hold and each who waits. The names are Curator's; what an upgrade adds
 * to them is in `upgrade.ts`.
 *
 * Connected, readers hold behind the last writer ahead of them, a writer when it is first.
 * Suspended holds are suspect, and ours until the session may have ended by our own clock. When
 * the session is lost holds are lost for good, and who waits goes to the end of the queue.
 */

import type { Client } from '@vivarium/core';
import { ZkError } from '@vivarium/core';
import type { Hold } from '../hold/hold.js';
import type { NodeHold } from '../hold/node-hold.js';
import { assertFolderPath } from '../shared/node-path.js';
import type { WaitOptions } from '../shared/patience.js';
import { downgrade } from './downgrade.js';
import { readQueue, upgradableQueue, writeQueue } from './lock-queues.js';
import { type Asked, holdOrShare, workNested } from './nested.js';
import {
  assertLockOptions,
  assertWithout,
  type HoldOptions,
  type RwLockOptions,
} from './options.js';
import { requestHold } from './request-hold.js';
import type { Claim } from './scope.js';
import { upgrade } from './upgrade.js';

/** A lock that many may hold to read, or one to write. */
export interface RwLock {
  /**
   * Waits to read: together with others who read, as soon as all who wrote or asked to write before
   * us are gone. With `upgradable` the hold can become a writer's; of these there is one at a time.
   *
   * @throws like `acquireLock`
   */
  read(options: HoldOptions & { readonly upgradable: true }): Promise<UpgradableHold>;
  read(options?: RwLockOptions & { readonly upgradable?: false | undefined }): Promise<Hold>;
  /**
   * Waits to write: alone, as soon as all who came before us are gone.
   *
   * @throws like `acquireLock`
   */
  write(options?: RwLockOptions): Promise<WriteHold>;
  /** Reads if nobody writes or waits to write; null otherwise. @throws like `tryLock` */
  tryRead(options?: RwLockOptions): Promise<Hold | null>;
  /** Writes if nobody is there; null otherwise. @throws like `tryLock` */
  tryWrite(options?: RwLockOptions): Promise<WriteHold | null>;
  /**
   * Calls `work` while it reads, then releases: like `withLock`. To ask to write in there is a
   * SELF_DEADLOCK; to read once more is not, but waits for whoever came to write meanwhile, who
   * waits for us: give `reentrant`.
   *
   * @throws like `withLock`
   */
  withRead<T>(work: (hold: Hold) => T | PromiseLike<T>, options?: RwLockOptions): Promise<T>;
  /**
   * Calls `work` while it writes, then releases: like `withLock`. To ask to read or to write in
   * there is a SELF_DEADLOCK, or with `reentrant` another part in the hold to write.
   *
   * @throws like `withLock`
   */
  withWrite<T>(work: (hold: Hold) => T | PromiseLike<T>, options?: RwLockOptions): Promise<T>;
}

/** The hold of one who writes. */
export interface WriteHold extends Hold {
  /**
   * Goes on as a reader, without anybody writing in between: resolves with a hold to read that has
   * the same token, and ends this one (`released`). Those who wait to read come in; who waits to
   * write waits for the new hold too. While no server answers it waits, but no longer than the
   * hold lasts; when it rejects, the hold is as it was.
   *
   * @throws RecipeError HOLD_LOST, HOLD_REVOKED or RELEASED when the hold has ended; ZkError
   *   NO_AUTH
   */
  downgrade(): Promise<Hold>;
}

/** The hold of one who reads, and may come to write. */
export interface UpgradableHold extends Hold {
  /**
   * Waits to write, without anybody writing in between: for those who read now, before all who
   * wait. Resolves with a hold to write that has the same token: greater than that of every earlier
   * writer, smaller than that of every later one. This hold goes on under it, and with its end both
   * end. When it rejects, this hold is as it was.
   *
   * @throws RecipeError HOLD_LOST, HOLD_REVOKED or RELEASED when the hold has ended, TIMED_OUT,
   *   UNREADABLE_PREDECESSOR, QUEUE_TOO_LONG; ZkError NO_AUTH, BAD_ARGUMENTS while it is upgraded
   *   already; the reason of `options.signal`
   */
  upgrade(options?: WaitOptions): Promise<Hold>;
}

/** The read-write lock of a path. Nothing is asked of a server before one of its functions is. */
export function rwLock(zk: Client, path: string): RwLock {
  assertFolderPath(zk, path, 'rwLock');
  const asked = (claim: Claim, options: RwLockOptions): Asked => {
    assertLockOptions(path, options);
    assertWithout(path, options, ['localQueue'], 'a read-write lock has none');
    return { zk, path, claim, options };
  };
  const reading = (options: RwLockOptions, waits: boolean) => () =>
    requestHold(zk, path, readQueue, options, waits);
  const writing = (options: RwLockOptions, waits: boolean) => async () => {
    const { data, acl } = options;
    const hold = await requestHold(zk, path, writeQueue, options, waits);
    return hold && Object.assign(hold, { downgrade: () => downgrade(zk, hold, { data, acl }) });
  };
  function read(options: HoldOptions & { readonly upgradable: true }): Promise<UpgradableHold>;
  function read(options?: RwLockOptions): Promise<Hold>;
  async function read({
    upgradable = false,
    ...options
  }: RwLockOptions & { readonly upgradable?: boolean | undefined } = {}): Promise<Hold> {
    if (typeof upgradable !== 'boolean') {
      const reason = `upgradable is ${typeof upgradable}; give true or false`;
      throw new ZkError('BAD_ARGUMENTS', { path, reason });
    }
    if (!upgradable) {
      return (await holdOrShare(asked('read', options), true, reading(options, true))) as Hold;
    }
    assertWithout(path, options, ['reentrant'], 'a hold that may be upgraded is one of its own');
    const { data, acl } = options;
    return holdOrShare(asked('upgradable', options), true, async () => {
      const hold = (await requestHold(zk, path, upgradableQueue, options, true)) as NodeHold;
      return Object.assign(hold, { upgrade: upgrade(zk, hold, { data, acl }) });
    });
  }
  const write = async (options: RwLockOptions, waits: boolean) => {
    const hold = await holdOrShare(asked('write', options), waits, writing(options, waits));
    if (hold === undefined) return null;
    return 'downgrade' in hold ? (hold as WriteHold) : onlyAPart(hold);
  };
  return {
    read,
    write: async (options = {}) => (await write(options, true)) as WriteHold,
    tryRead: async (options = {}) => {
      return (await holdOrShare(asked('read', options), false, reading(options, false))) ?? null;
    },
    tryWrite: async (options = {}) => write(options, false),
    withRead: async (work, options = {}) => {
      const request = reading(options, true) as () => Promise<Hold>;
      return workNested(asked('read', options), request, work);
    },
    withWrite: async (work, options = {}) => {
      const request = writing(options, true) as () => Promise<Hold>;
      return workNested(asked('write', options), request, work);
    },
  };
}

/** A part in another's hold to write: who has the rest still writes. */
function onlyAPart(share: Hold): WriteHold {
  const downgrade = async () => {
    const reason = 'the hold is a part in another, which would have to be downgraded';
    throw new ZkError('BAD_ARGUMENTS', { operation: 'downgrade', path: share.path, reason });
  };
  return Object.assign(share, { downgrade });
}
