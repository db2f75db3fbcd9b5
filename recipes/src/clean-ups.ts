/**
 * How many nodes the recipes of a client still have to delete. It makes no nodes.
 *
 * Connected the number falls to 0. Suspended it stands, and grows by what is released. When the
 * session is lost its nodes go with it, and the number falls.
 */
import type { Client } from '@vivarium/core';
import type { Observable } from 'rxjs';
import { deskOf } from './shared/desk.js';

/**
 * How many nodes this client's recipes still have to delete: those of released and lost holds, of
 * requests that were given up, of memberships that ended. Hot; begins with the present number, then
 * every change, one stream for all. Grows while no server can be reached; never errors, and never
 * completes.
 */
export function pendingCleanups$(zk: Client): Observable<number> {
  return deskOf(zk).cleanUps.pending$;
}
