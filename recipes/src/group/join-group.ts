/**
 * Membership in a group.
 *
 * Nodes: `group`, a container; `group/<id>`, ephemeral, what the member shows.
 *
 * Connected the member is seen by all. Suspended it is still seen, and what it wants to show is
 * written afterwards. When the session is lost it is gone for the others, and joins again in the
 * next with its newest data.
 */

import type { Acl, Client, Codec } from '@vivarium/core';
import { ZkError } from '@vivarium/core';
import type { Observable } from 'rxjs';
import { RecipeError } from '../errors.js';
import { deskOf } from '../shared/desk.js';
import { assertFolderPath } from '../shared/node-path.js';
import { childOf } from '../shared/paths.js';
import { patienceOf, type WaitOptions, whicheverFirst } from '../shared/patience.js';
import { memberCodec } from './member-codec.js';
import { NodeMembership } from './node-membership.js';

export interface JoinOptions<T = unknown> extends WaitOptions {
  /** Who we are in the group: the name of our node, so without a slash. */
  readonly id: string;
  /** What we show to the others; nothing when left out. */
  readonly data?: T | undefined;
  /**
   * What we show from now on; the newest value is written, older ones may be skipped. What goes
   * wrong in it, or with a value that the codec refuses, is the program's: it is reported as rxjs
   * reports errors that nobody handles, and the membership goes on as it was.
   */
  readonly data$?: Observable<T> | undefined;
  /** JSON when left out; the others have to read it by the same. */
  readonly codec?: Codec<T> | undefined;
  /** Of our node, and of the group's folders if they have to be made; open when left out. */
  readonly acl?: readonly Acl[] | undefined;
  /**
   * What to do when somebody else is in the group under this id: reject with DUPLICATE_MEMBER (the
   * default), wait until that one has gone, or take its place, which it is told.
   */
  readonly onDuplicate?: 'error' | 'wait' | 'replace' | undefined;
}

/**
 * - `joined`: our node stands.
 * - `suspect`: no server answers at the moment; the others most likely still see us.
 * - `rejoining`: our node is gone, or our session is; we come back by ourselves.
 * - `displaced`: somebody else came under our id; we come back when that one has gone.
 * - `left`: for good.
 */
export type MembershipStatus = 'joined' | 'suspect' | 'rejoining' | 'displaced' | 'left';

/** Our place in a group. It is kept until we leave, from session to session. */
export interface Membership<T = unknown> extends AsyncDisposable {
  readonly id: string;
  readonly path: string;
  readonly status: MembershipStatus;
  /**
   * Hot; begins with the present status, then each change; `suspect` while disconnected; completes
   * after `left`; errors when the servers refuse to have us back or to take what we show, such as
   * with NO_AUTH: we have then left.
   */
  readonly status$: Observable<MembershipStatus>;
  /**
   * Changes what we show. Resolves when it or something newer was written; while away that is when
   * we are back.
   *
   * @throws RecipeError MEMBER_LEFT; ZkError BAD_ARGUMENTS when the codec refuses the value, or
   *   what the servers refuse it with, which ends the membership
   */
  update(data: T): Promise<void>;
  /**
   * Leaves the group. Resolves when the server has confirmed that our node is gone, or the session
   * is over. Idempotent.
   *
   * @throws ZkError when the server refuses to delete our node
   */
  leave(): Promise<void>;
}

/**
 * Joins a group: from now on `members$` of everybody shows us, until we leave or die. Resolves when
 * we are in it. Makes the folder `group` when it is missing.
 *
 * When our session ends without our doing, or somebody deletes our node, we join again by
 * ourselves; what somebody else writes into it is written over. The end of the client is the end
 * of the membership.
 *
 * @throws RecipeError DUPLICATE_MEMBER or TIMED_OUT; ZkError NO_AUTH, BAD_ARGUMENTS,
 *   SESSION_EXPIRED when the client is closed; the reason of `options.signal`
 */
export async function joinGroup<T = unknown>(
  zk: Client,
  group: string,
  options: JoinOptions<T>,
): Promise<Membership<T>> {
  const { id, data, data$, acl, onDuplicate = 'error', codec = memberCodec<T>() } = options;
  if (typeof id !== 'string' || id === '' || id.includes('/')) {
    const reason = `the id ${JSON.stringify(id)} is no name for a node`;
    throw new ZkError('BAD_ARGUMENTS', { operation: 'joinGroup', path: group, reason });
  }
  const path = childOf(group, id);
  assertFolderPath(zk, group, 'joinGroup');
  const { places } = deskOf(zk);
  const patience = patienceOf(zk, path, options);
  try {
    for (let other = places.get(path); other !== undefined; other = places.get(path)) {
      if (!other.isLeaving) throw new RecipeError('DUPLICATE_MEMBER', path);
      await whicheverFirst(other.gone, patience.signal);
    }
    const membership = new NodeMembership(zk, { id, path, codec, acl }, data);
    await membership.join(onDuplicate, patience.signal);
    if (data$ !== undefined) membership.follow(data$);
    return membership;
  } finally {
    patience.end();
  }
}
