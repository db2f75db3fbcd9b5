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
import type { Hold } from '../hold/hold.js';
import type { NodeHold } from '../hold/node-hold.js';
import type { WaitOptions } from '../shared/patience.js';
import { downgrade } from './downgrade.js';
import { readQueue, upgradableQueue, writeQueue } from './lock-queues.js';
import { type LockOptions, requestHold } from './request-hold.js';
import { upgrade } from './upgrade.js';

/** A lock that many may hold to read, or one to write. */
export interface RwLock {
  /**
   * Waits to read: together with others who read, as soon as all who wrote or asked to write before
   * us are gone. With `upgradable` the hold can become a writer's; of these there is one at a time.
   *
   * @throws like `acquireLock`
   */
  read(options: LockOptions & { readonly upgradable: true }): Promise<UpgradableHold>;
  read(options?: LockOptions & { readonly upgradable?: false | undefined }): Promise<Hold>;
  /**
   * Waits to write: alone, as soon as all who came before us are gone.
   *
   * @throws like `acquireLock`
   */
  write(options?: LockOptions): Promise<WriteHold>;
  /** Reads if nobody writes or waits to write; null otherwise. @throws like `acquireLock` */
  tryRead(options?: LockOptions): Promise<Hold | null>;
  /** Writes if nobody is there; null otherwise. @throws like `acquireLock` */
  tryWrite(options?: LockOptions): Promise<WriteHold | null>;
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
   * wait. Resolves with a hold to write, whose token is greater than that of every earlier writer;
   * this hold goes on under it, and with its end both end. When it rejects, this hold is as it was.
   *
   * @throws RecipeError HOLD_LOST, HOLD_REVOKED or RELEASED when the hold has ended, TIMED_OUT,
   *   UNREADABLE_PREDECESSOR, QUEUE_TOO_LONG; ZkError NO_AUTH, BAD_ARGUMENTS while it is upgraded
   *   already; the reason of `options.signal`
   */
  upgrade(options?: WaitOptions): Promise<Hold>;
}

/** The read-write lock of a path. Nothing is asked of a server before one of its functions is. */
export function rwLock(zk: Client, path: string): RwLock {
  const writing = async (options: LockOptions, waits: boolean) => {
    const { data, acl } = options;
    const hold = await requestHold(zk, path, writeQueue, options, waits);
    return hold && Object.assign(hold, { downgrade: () => downgrade(zk, hold, { data, acl }) });
  };
  function read(options: LockOptions & { upgradable: true }): Promise<UpgradableHold>;
  function read(options?: LockOptions): Promise<Hold>;
  async function read({
    upgradable = false,
    ...options
  }: LockOptions & { readonly upgradable?: boolean | undefined } = {}): Promise<Hold> {
    if (!upgradable) return (await requestHold(zk, path, readQueue, options, true)) as Hold;
    const { data, acl } = options;
    const hold = (await requestHold(zk, path, upgradableQueue, options, true)) as NodeHold;
    return Object.assign(hold, { upgrade: upgrade(zk, hold, { data, acl }) });
  }
  return {
    read,
    write: async (options = {}) => (await writing(options, true)) as WriteHold,
    tryRead: async (options = {}) => {
      return (await requestHold(zk, path, readQueue, options, false)) ?? null;
    },
    tryWrite: async (options = {}) => (await writing(options, false)) ?? null,
  };
}
