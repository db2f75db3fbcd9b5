import type { Acl, Client } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { BehaviorSubject, type Observable } from 'rxjs';
import { isPassing, wasCutOff } from './doubt.js';
import { childOf } from './paths.js';
import { pause } from './pause.js';

/**
 * Nodes of which a session has to get rid: a released lock's, that of a request given up, that of
 * a hold whose time ran out. Deleting is not tried once but until the server has confirmed it or
 * the session is over, which removes its nodes too. Until there is a connection the deletions wait
 * in front of all other requests.
 */
export class CleanUps {
  readonly #zk: Client;
  readonly #pending = new BehaviorSubject(0);

  constructor(zk: Client) {
    this.#zk = zk;
  }

  /** How many are under way: now, and after each change. */
  get pending$(): Observable<number> {
    return this.#pending.asObservable();
  }

  /**
   * Deletes a node that has a name of its own.
   *
   * @throws what the server refuses it with, such as NO_AUTH
   */
  async remove(session: bigint, path: string): Promise<void> {
    await this.removeIn(session, path);
  }

  /** As {@link remove}; false when the session was over before the node was known to be gone. */
  removeIn(session: bigint, path: string): Promise<boolean> {
    return this.#counted(() => this.#insist(() => this.#zk.delete(path, { session, ahead: true })));
  }

  /** Deletes a node that may have been created: the child of `parent` whose name has this mark. */
  abandon(session: bigint, parent: string, mark: string): Promise<void> {
    return this.#counted(async () => {
      const options = { session, ahead: true };
      await this.#insist(async () => {
        // The list must not be from before the creation.
        await this.#zk.sync(parent, options);
        const { children } = await this.#zk.children(parent, options);
        for (const name of children.filter((each) => each.includes(mark))) {
          await this.#insist(() => this.#zk.delete(childOf(parent, name), options));
        }
      });
    });
  }

  /** Deletes the node of a name that others may use too, if it is the session's. */
  removeOwn(session: bigint, path: string): Promise<void> {
    return this.#counted(async () => {
      const options = { session, ahead: true };
      await this.#insist(async () => {
        await this.#zk.sync(path, options);
        const stat = await this.#zk.exists(path, options);
        if (stat?.ephemeralOwner !== session) return;
        // One try for each look: by the next, the name may be somebody else's.
        await this.#zk.delete(path, { ...options, version: stat.version });
      });
    });
  }

  /**
   * Deletes a node that has a name of its own, and leaves another in its place, both or none.
   *
   * @throws what the server refuses it with, such as NO_AUTH
   */
  replace(session: bigint, path: string, by: string, acl?: readonly Acl[]): Promise<void> {
    return this.#counted(async () => {
      const ops = [{ op: 'delete', path } as const, { op: 'create', path: by, acl } as const];
      await this.#insist(async () => {
        await this.#zk.multi(ops, { session, ahead: true });
      });
    });
  }

  /** Whether it was done; false when the session is over. */
  async #insist(work: () => Promise<void>): Promise<boolean> {
    for (;;) {
      try {
        await work();
        return true;
      } catch (error) {
        if (isZkError(error, 'NO_NODE')) return true;
        if (isZkError(error, 'SESSION_EXPIRED')) return false;
        // After a cut the next try waits for a connection.
        if (wasCutOff(error) || isZkError(error, 'BAD_VERSION')) continue;
        if (!isPassing(error)) throw error;
        await pause(this.#zk);
      }
    }
  }

  async #counted<T>(work: () => Promise<T>): Promise<T> {
    this.#pending.next(this.#pending.value + 1);
    try {
      return await work();
    } finally {
      this.#pending.next(this.#pending.value - 1);
    }
  }
}
