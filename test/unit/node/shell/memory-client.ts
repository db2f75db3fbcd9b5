/** A tree that the commands of the shell can work on, without a server. */
import type { Client, WatchEvent } from '@vivarium/core/internal/client/api';
import { ZkError } from '@vivarium/core/internal/client/errors';
import { Observable } from 'rxjs';

/** The Stat of every node of it. */
export const STAT = {
  czxid: 0x10n,
  mzxid: 0x11n,
  ctime: 0,
  mtime: 1000,
  version: 1,
  cversion: 2,
  aversion: 3,
  ephemeralOwner: 0x100004bbaa30000n,
  dataLength: 5,
  numChildren: 0,
  pzxid: 0x12n,
};

/** A tree in memory with the methods that the commands under test use. */
export function memoryClient(nodes: Map<string, string>, calls: string[]): Client {
  const must = (path: string) => {
    if (!nodes.has(path)) throw new ZkError('NO_NODE', { path });
  };
  const childrenOf = (path: string) => {
    const start = path === '/' ? '/' : `${path}/`;
    return [...nodes.keys()]
      .filter((one) => one !== '/' && one.startsWith(start))
      .map((one) => one.slice(start.length))
      .filter((name) => name !== '' && !name.includes('/'))
      .sort();
  };
  const client = {
    events$: new Observable<WatchEvent>(),
    state$: new Observable<never>(),
    state: { type: 'connected' },
    clock: { setTimer: () => () => {} },
    async children(path: string) {
      must(path);
      return { children: childrenOf(path), stat: STAT, asOf: 0n };
    },
    async get(path: string) {
      must(path);
      const bytes = new TextEncoder().encode(nodes.get(path));
      return { data: bytes, bytes, stat: STAT, asOf: 0n };
    },
    async exists(path: string) {
      return nodes.has(path) ? STAT : undefined;
    },
    async create(path: string, data: string | null, options: object) {
      if (nodes.has(path)) throw new ZkError('NODE_EXISTS', { path });
      nodes.set(path, data ?? '');
      calls.push(JSON.stringify(options));
      return { path, stat: STAT };
    },
    async ensure(path: string) {
      const parts = path.split('/').slice(1);
      for (let depth = 1; depth <= parts.length; depth++) {
        const above = `/${parts.slice(0, depth).join('/')}`;
        if (!nodes.has(above)) nodes.set(above, '');
      }
    },
    async set(path: string, data: string | Uint8Array, options: { version?: number }) {
      must(path);
      nodes.set(path, typeof data === 'string' ? data : new TextDecoder().decode(data));
      if (options?.version !== undefined) calls.push(`version ${options.version}`);
      return STAT;
    },
    async delete(path: string) {
      must(path);
      if (childrenOf(path).length > 0) throw new ZkError('NOT_EMPTY', { path });
      nodes.delete(path);
    },
    async multi(ops: readonly { readonly path: string }[]) {
      calls.push(`multi of ${ops.length}`);
      for (const { path } of ops) await client.delete(path);
      return [];
    },
    async close() {
      calls.push('close');
    },
  };
  return client as unknown as Client;
}
