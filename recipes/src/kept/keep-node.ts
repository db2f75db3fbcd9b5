/**
 * A node that stays as long as it is wanted: an ephemeral node at a path of the caller's choice, in
 * folders that are made when they are missing. It is a membership (see `joinGroup`) in the folder
 * of its parent.
 *
 * While connected it stands, with the newest data. While suspended it most likely stands; what is
 * set meanwhile is written afterwards. When the session is lost it goes with it, and is made again
 * in the next.
 */
import type { Acl, Client, Codec, NodeData } from '@vivarium/core';
import { bytes } from '@vivarium/core';
import { map, type Observable } from 'rxjs';
import { isRecipeError, RecipeError } from '../errors.js';
import { joinGroup, type Membership } from '../group/join-group.js';
import { assertNodePath } from '../shared/node-path.js';
import { nameOf, parentOf } from '../shared/paths.js';
import type { WaitOptions } from '../shared/patience.js';
import { keptBytes } from './kept-bytes.js';

export interface KeepNodeOptions<T = NodeData> extends WaitOptions {
  /** How values become bytes; text, bytes or null are stored as they are when left out. */
  readonly codec?: Codec<T> | undefined;
  /** Of the node, and of its folders if they have to be made; open when left out. */
  readonly acl?: readonly Acl[] | undefined;
  /**
   * What to do about a node of somebody else at the path: reject with NODE_TAKEN (the default),
   * wait until it has gone, or delete it and make ours. One that this client made in an earlier
   * session is always replaced.
   */
  readonly onTaken?: 'error' | 'wait' | 'replace' | undefined;
}

/**
 * - `kept`: our node stands.
 * - `suspect`: no server answers at the moment; the node most likely stands.
 * - `missing`: somebody has deleted the node, or our session has ended; it is being made again.
 * - `displaced`: somebody else's node stands there; ours is made when that one has gone.
 * - `released`: for good.
 */
export type KeptNodeStatus = 'kept' | 'suspect' | 'missing' | 'displaced' | 'released';

/** A node that is kept until it is released, from session to session. */
export interface KeptNode<T = NodeData> extends AsyncDisposable {
  readonly path: string;
  readonly status: KeptNodeStatus;
  /**
   * Hot; begins with the present status, then each change; `suspect` while disconnected, `missing`
   * after the loss of a session; completes after `released`, which the end of the client is too;
   * errors when the servers refuse to have the node or its data, such as with NO_AUTH: it is then
   * kept no more.
   */
  readonly status$: Observable<KeptNodeStatus>;
  /**
   * Changes the data. Resolves when it or something newer was written; while the node is missing
   * that is when it stands again. Of values that are set while one is written only the newest is
   * written.
   *
   * @throws RecipeError RELEASED when it is kept no more; ZkError BAD_ARGUMENTS when the codec
   *   refuses the value, or what the servers refuse it with, which ends the keeping
   */
  set(data: T): Promise<void>;
  /**
   * Ends it. Resolves when the server has confirmed that the node is gone, or the session is over.
   * Idempotent.
   *
   * @throws ZkError when the server refuses to delete the node
   */
  release(): Promise<void>;
}

/** The words of a membership, and ours. */
const words = {
  joined: 'kept',
  suspect: 'suspect',
  rejoining: 'missing',
  displaced: 'displaced',
  left: 'released',
} as const;

/**
 * Keeps an ephemeral node: it stands, with the newest data, until it is released or this program
 * ends. Resolves when it stands.
 *
 * It is made again in each new session, and whenever somebody deletes it; what somebody else writes
 * into it is written over. A path is kept by one at a time, in this program too.
 *
 * @throws RecipeError NODE_TAKEN or TIMED_OUT; ZkError BAD_ARGUMENTS, NO_AUTH, SESSION_EXPIRED when
 *   the client is closed; the reason of `options.signal`
 */
export async function keepNode<T = NodeData>(
  zk: Client,
  path: string,
  data: NoInfer<T>,
  { codec, acl, onTaken, signal, timeoutMs }: KeepNodeOptions<T> = {},
): Promise<KeptNode<T>> {
  assertNodePath(zk, path, 'keepNode');
  const first = keptBytes(path, codec, data);
  const id = nameOf(path);
  const waiting = { signal, timeoutMs };
  let membership: Membership<Uint8Array>;
  try {
    membership = await joinGroup(zk, parentOf(path), {
      ...{ id, data: first, codec: bytes, acl, onDuplicate: onTaken },
      ...waiting,
    });
  } catch (cause) {
    throw isRecipeError(cause, 'DUPLICATE_MEMBER')
      ? new RecipeError('NODE_TAKEN', path, { cause })
      : cause;
  }
  return keptBy(membership, (value) => keptBytes(path, codec, value));
}

function keptBy<T>(
  membership: Membership<Uint8Array>,
  bytesOf: (value: T) => Uint8Array,
): KeptNode<T> {
  const { path, leave } = membership;
  return {
    path,
    get status() {
      return words[membership.status];
    },
    status$: membership.status$.pipe(map((status) => words[status])),
    set(value) {
      let stored: Uint8Array;
      try {
        if (membership.status === 'left') throw released(path);
        stored = bytesOf(value);
      } catch (error) {
        return Promise.reject(error);
      }
      const written = membership.update(stored).catch((error: unknown) => {
        throw isRecipeError(error, 'MEMBER_LEFT') ? released(path) : error;
      });
      // That it has ended is a status: who does not wait for the change is not troubled.
      written.catch(() => {});
      return written;
    },
    release: leave,
    [Symbol.asyncDispose]: leave,
  };
}

function released(path: string): RecipeError {
  return new RecipeError('RELEASED', path, { reason: 'the node is kept no more' });
}
