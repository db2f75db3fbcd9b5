import { isZkError } from '@vivarium/core';
import { again } from '../shared/again.js';
import { deskOf } from '../shared/desk.js';
import { FOLDER_TURNS } from '../shared/folder.js';
import { childOf } from '../shared/paths.js';
import { currentSession } from '../shared/sessions.js';
import { ensureFolders, type QueueSite } from './queue-site.js';

/** For how long what was asked is counted on by our own clock, which may run otherwise. */
const TRUST_MS = 60_000;

/**
 * The time of the ensemble: that of its leader's clock, which stamps every write. It is what due
 * times are counted in, for no two clients need have the same time.
 */
export class ServerTime<T> {
  readonly #site: QueueSite<T>;
  /** A stamp, and when by our own clock its answer had come. */
  #known: { readonly stampMs: number; readonly atMs: number } | undefined;

  constructor(site: QueueSite<T>) {
    this.#site = site;
  }

  /** About the present time, never ahead of it: the answer to a stamp is later than the stamp. */
  async now(signal: AbortSignal): Promise<number> {
    const nowMs = this.#site.zk.clock.now();
    const known = this.#known;
    if (known !== undefined && nowMs - known.atMs < TRUST_MS) {
      return known.stampMs + Math.floor(nowMs - known.atMs);
    }
    return this.stamp(signal);
  }

  /** Asks for the time, with one transaction that leaves nothing behind. */
  async stamp(signal: AbortSignal): Promise<number> {
    const { zk, proofs, acl } = this.#site;
    for (let missing = 0; ; ) {
      const session = await currentSession(zk, signal);
      const path = childOf(proofs, `_t_${deskOf(zk).nextGuid(session.id)}`);
      // The Stat of a creation is not told by all servers.
      const ops = [
        { op: 'create', path, acl },
        { op: 'set', path, data: '' },
        { op: 'delete', path },
      ] as const;
      try {
        const [, { mtime }] = await zk.multi(ops, { session: session.id, signal });
        this.#known = { stampMs: mtime, atMs: zk.clock.now() };
        return mtime;
      } catch (error) {
        if (isZkError(error, 'NO_NODE') && missing++ < FOLDER_TURNS) {
          await ensureFolders(this.#site, session, signal);
        } else await again(zk, session, error, signal);
      }
    }
  }
}
