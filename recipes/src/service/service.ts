/**
 * Services that register their instances, and the list of them.
 *
 * Nodes: `base/<service>`, a container; `base/<service>/<id>`, ephemeral, an instance as JSON with
 * the fields of Curator's service discovery.
 *
 * Connected an instance is listed. Suspended it is still listed. When the session is lost it is
 * gone for the others, and registers again in the next; whoever lists goes on in the next session.
 */

import type { Acl, Client } from '@vivarium/core';
import { ZkError } from '@vivarium/core';
import { map, type Observable } from 'rxjs';
import { joinGroup, type Membership } from '../group/join-group.js';
import { members$ } from '../group/members.js';
import { assertFolderPath } from '../shared/node-path.js';
import { childOf } from '../shared/paths.js';
import type { WaitOptions } from '../shared/patience.js';
import { type Instance, instanceCodec } from './instance.js';

/** Where the services of a fleet are kept, unless somebody says otherwise. */
const BASE = '/services';

export interface RegisterOptions<M = unknown> extends WaitOptions {
  /** Name of the service: the name of a node, so without a slash. */
  readonly name: string;
  /** Name of this instance; no other one of the service may have it. */
  readonly id: string;
  /** Host name or IP address. */
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  /** Where it answers, if that is more than an address and a port. */
  readonly url?: string | undefined;
  /** Whatever else others should know; JSON. */
  readonly meta?: M | undefined;
  /** The same from now on; the newest is written. */
  readonly meta$?: Observable<M> | undefined;
  /** Folder of all services; `/services` when left out. */
  readonly base?: string | undefined;
  /** Of our node, and of the folders if they have to be made; open when left out. */
  readonly acl?: readonly Acl[] | undefined;
}

export interface InstancesOptions {
  /** Folder of all services; `/services` when left out. */
  readonly base?: string | undefined;
  /** For how long an instance that has vanished is still shown; 0 when left out. */
  readonly graceMs?: number | undefined;
}

/**
 * Registers an instance of a service: from now on `instances$` of everybody shows it, until we
 * leave or die. It is a membership, and what is said of `joinGroup` holds: it outlives its session,
 * its data is written over when somebody changes it, and another one under the same id is refused.
 * A server that cannot be reached at the moment only makes it wait.
 *
 * @throws like `joinGroup`
 */
export async function registerService<M = unknown>(
  zk: Client,
  { name, id, address, port, url, meta, meta$, base = BASE, ...rest }: RegisterOptions<M>,
): Promise<Membership<Instance<M>>> {
  assertFolderPath(zk, base, 'registerService');
  assertName(base, name);
  const instance = (now: M | undefined) => ({ name, id, address, port, url, meta: now });
  return joinGroup(zk, childOf(base, name), {
    ...rest,
    id,
    data: instance(meta),
    data$: meta$?.pipe(map(instance)),
    codec: instanceCodec<M>(),
  });
}

/** @throws ZkError BAD_ARGUMENTS when the service's name is no name for a node */
function assertName(base: string, name: string): void {
  if (typeof name === 'string' && name !== '' && !name.includes('/')) return;
  const reason = `${JSON.stringify(name)} is no name for a service: give one without a slash`;
  throw new ZkError('BAD_ARGUMENTS', { path: base, reason });
}

/**
 * The instances of a service, by id in the order of code units. Nodes that are no instances are
 * left out.
 *
 * Cold, over watches that all subscribers of the same client share: one for the list and one for
 * each instance. Emits as soon as all are read, the empty list for a service that nobody offers
 * (yet), then after each change. While disconnected it says nothing, then what has changed. Errors
 * only when the list may not be read; completes when the client is closed.
 */
export function instances$<M = unknown>(
  zk: Client,
  name: string,
  { base = BASE, graceMs }: InstancesOptions = {},
): Observable<readonly Instance<M>[]> {
  assertFolderPath(zk, base, 'instances$');
  assertName(base, name);
  return members$(zk, childOf(base, name), { codec: instanceCodec<M>(), graceMs }).pipe(
    map((members) => [...members.values()].flatMap(({ data }) => (data === undefined ? [] : data))),
  );
}
