/**
 * Leader election as a stream of our own role.
 *
 * Nodes: `path`, a container; `path/_c_<uuid>-latch-<sequence>`, ephemeral, one for each
 * candidate, its data the id. Names and meaning are those of Curator's `LeaderLatch`.
 *
 * Connected, the first of the queue leads. Suspended a leader stays one until the session may have
 * ended by its own clock. When the session is lost the term is lost for good, and the candidate
 * stands again at the end of the queue.
 */

import type { Acl, Client, NodeData } from '@vivarium/core';
import { Observable } from 'rxjs';
import { serveHold } from '../hold/serve-hold.js';
import { assertFolderPath } from '../shared/node-path.js';
import { standForElection } from './stand-for-election.js';
import type { Term } from './term.js';

export interface CampaignOptions {
  /** Who we are: the data of our node, for those who look. */
  readonly id: NodeData;
  /** Of our node; open when left out. Every candidate needs READ. */
  readonly acl?: readonly Acl[] | undefined;
}

/**
 * - `follower`: enrolled, with `ahead` candidates before us, the nearest named; or not enrolled
 *   yet, with `ahead` undefined.
 * - `leader`: we lead, for as long as `term` is certain.
 * - `suspended`: we lead, but no server answers just now; the same term goes on when one does in
 *   time. Work may go on as long as `term.isCertain()`.
 */
export type Leadership =
  | { readonly role: 'follower'; readonly ahead: number | undefined }
  | { readonly role: 'leader'; readonly term: Term }
  | { readonly role: 'suspended'; readonly term: Term };

/**
 * Stands for election: of all candidates that are subscribed, one leads, in the order in which
 * they came.
 *
 * Cold: each subscription is one candidacy, and unsubscribing withdraws it. Emits `follower` at
 * once, then every change of role; on the loss of a term `follower` comes first, then we are a
 * candidate again, at the end of the queue. While disconnected it says `suspended` if we lead, and
 * nothing otherwise; a server in trouble is asked again. Errors with what makes a candidacy
 * impossible, such as ZkError NO_AUTH or RecipeError UNREADABLE_PREDECESSOR; completes when the
 * client is closed.
 */
export function campaign$(
  zk: Client,
  path: string,
  { id, acl }: CampaignOptions,
): Observable<Leadership> {
  assertFolderPath(zk, path, 'campaign$');
  return new Observable((subscriber) => {
    const withdrawal = new AbortController();
    const { signal } = withdrawal;
    const placed = (ahead: number) => subscriber.next({ role: 'follower', ahead });
    const run = async () => {
      while (!signal.aborted) {
        subscriber.next({ role: 'follower', ahead: undefined });
        const term = await standForElection(zk, { path, id, acl, signal, placed });
        let told: Leadership['role'] = 'follower';
        await serveHold(term, signal, (status) => {
          const role = status === 'suspect' ? 'suspended' : 'leader';
          if (role !== told) subscriber.next({ role, term });
          told = role;
        });
      }
    };
    run().catch((error: unknown) => {
      if (signal.aborted) return;
      if (zk.state.type === 'closed') subscriber.complete();
      else subscriber.error(error);
    });
    return () => withdrawal.abort();
  });
}
