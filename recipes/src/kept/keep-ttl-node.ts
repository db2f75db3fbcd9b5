/**
 * A node that outlives sessions, and goes some time after its keepers have: a container with the
 * data, and below it `touch`, a node with a time to live that each keeper touches three times
 * within that. Both are made in one transaction, so none is left without its end. The layout is
 * that of Curator's `PersistentTtlNode`.
 *
 * While connected it is touched. While suspended it is not; it stands until its time has run out,
 * and is touched, or made again, as soon as a server answers. The loss of a session means nothing.
 */
import type { Acl, Client, Codec, NodeData } from '@vivarium/core';
import type { Observable } from 'rxjs';
import { assertCount } from '../shared/counts.js';
import { assertNodePath } from '../shared/node-path.js';
import { patienceOf, type WaitOptions } from '../shared/patience.js';
import { keptBytes } from './kept-bytes.js';
import { TtlKeeper } from './ttl-keeper.js';

export interface KeepTtlNodeOptions<T = NodeData> extends WaitOptions {
  /**
   * How long the node stays when nobody touches it, milliseconds: a whole number from 1 to
   * 2147483647. Servers look for nodes whose time has run out once a minute, unless told otherwise.
   */
  readonly ttlMs: number;
  /** How values become bytes; text, bytes or null are stored as they are when left out. */
  readonly codec?: Codec<T> | undefined;
  /** Of both nodes, and of their folders if they have to be made; open when left out. */
  readonly acl?: readonly Acl[] | undefined;
}

/**
 * - `kept`: it stands, and is touched in time.
 * - `suspect`: no server answers at the moment; it stands until its time has run out.
 * - `missing`: it has gone; it is being made again.
 * - `released`: we touch it no more.
 */
export type KeptTtlNodeStatus = 'kept' | 'suspect' | 'missing' | 'released';

/** A node with a time to live that does not run out before we release it. */
export interface KeptTtlNode<T = NodeData> extends AsyncDisposable {
  readonly path: string;
  readonly status: KeptTtlNodeStatus;
  /**
   * Hot; begins with the present status, then each change; `suspect` while disconnected, whatever
   * becomes of the session; completes after `released`, which the end of the client is too; errors
   * when the servers refuse the node, such as with NO_AUTH: it is then touched no more.
   */
  readonly status$: Observable<KeptTtlNodeStatus>;
  /**
   * Changes the data, exactly once: also when the answer is lost, nobody's later write is undone.
   * Resolves when it or something newer that we set is written; waits while no server answers.
   *
   * @throws RecipeError RELEASED when it is kept no more, UNKNOWN_OUTCOME or CONFLICT as
   *   `sharedValue` has them; ZkError BAD_ARGUMENTS when the codec refuses the value, NO_AUTH
   */
  set(data: T): Promise<void>;
  /**
   * Touches it no more: it goes `ttlMs` after the last touch, when a server looks. Others who keep
   * it too are not disturbed. Resolves at once. Idempotent.
   */
  release(): Promise<void>;
}

/**
 * Keeps a node with a time to live. Resolves when it stands.
 *
 * A node that is there already is taken over, and `data` is written unless it is undefined: then
 * what is there stays. Several may keep one node: it stays until the last has gone, with the data
 * of who wrote last. When somebody deletes it, it is made again, with the data that we set last.
 *
 * @throws RecipeError NO_TTL_NODES, TIMED_OUT, UNKNOWN_OUTCOME, CONFLICT; ZkError BAD_ARGUMENTS,
 *   NO_AUTH, SESSION_EXPIRED when the client is closed; the reason of `options.signal`. What was
 *   made by then goes when its time has run out
 */
export async function keepTtlNode<T = NodeData>(
  zk: Client,
  path: string,
  data: NoInfer<T> | undefined,
  { ttlMs, codec, acl, ...waiting }: KeepTtlNodeOptions<T>,
): Promise<KeptTtlNode<T>> {
  assertNodePath(zk, path, 'keepTtlNode');
  assertCount(path, 'ttlMs', ttlMs, 0x7fff_ffff);
  const bytesOf = (value: T) => keptBytes(path, codec, value);
  const first = data === undefined ? undefined : bytesOf(data);
  const patience = patienceOf(zk, path, waiting);
  try {
    const keeper = new TtlKeeper(zk, { path, ttlMs, acl });
    await keeper.begin(first, patience.signal);
    return keptBy(keeper, bytesOf);
  } finally {
    patience.end();
  }
}

function keptBy<T>(keeper: TtlKeeper, bytesOf: (value: T) => Uint8Array): KeptTtlNode<T> {
  const { path, status$, release } = keeper;
  return {
    path,
    get status() {
      return keeper.status;
    },
    status$,
    set(value) {
      let stored: Uint8Array;
      try {
        stored = bytesOf(value);
      } catch (error) {
        return Promise.reject(error);
      }
      return keeper.set(stored);
    },
    release,
    [Symbol.asyncDispose]: release,
  };
}
