import { codes } from '../base/errors.js';
import { parentOf } from '../base/path.js';
import { withChroot, withoutChroot } from '../session/chroot.js';
import type { WatchKind } from '../session/watch-registry.js';
import { createModes } from '../wire/create-modes.js';
import { addWatchModes, watcherTypes } from '../wire/events.js';
import type { OperationName, RequestOf } from '../wire/operations.js';
import { operations } from '../wire/operations.js';
import { OPEN_ACL } from '../wire/permissions.js';
import type { Reader } from '../wire/reader.js';
import type { Stat } from '../wire/records.js';
import type { JuteType } from '../wire/types.js';
import { encode } from '../wire/types.js';
import type {
  CallOptions,
  Client,
  CodecOptions,
  CreatedNode,
  CreateOptions,
  NodeValue,
  WatchOptions,
} from './api.js';
import { aclOf, checkCallable, checkPath, encoded, modeOf, oneOf, versionOf } from './arguments.js';
import type { Call } from './call.js';
import { perform } from './call.js';
import type { Driver } from './driver.js';
import type { ErrorFacts } from './errors.js';
import { isZkError } from './errors.js';
import type { EntryKind } from './hub-entry.js';
import type { Listeners } from './listeners.js';
import { decodeMulti, decodeMultiRead, encodeMulti, encodeMultiRead } from './multi.js';
import type { Trees } from './trees.js';

/** The part of a client that asks and waits for one answer. */
export type Requests = Pick<
  Client,
  | 'create'
  | 'ensure'
  | 'get'
  | 'getData'
  | 'set'
  | 'delete'
  | 'exists'
  | 'children'
  | 'getAcl'
  | 'setAcl'
  | 'sync'
  | 'multi'
  | 'multiRead'
  | 'getEphemerals'
  | 'allChildrenNumber'
  | 'whoAmI'
  | 'reconfigure'
  | 'addWatch'
  | 'removeWatches'
>;

export interface RequestContext {
  readonly driver: Driver;
  readonly chroot: string;
  readonly maxFrameBytes: number;
  readonly listeners: Listeners;
  /** Watches of these kinds are about to be removed by hand. */
  readonly disturb: (path: string, kinds: readonly EntryKind[]) => void;
  /** Told of recursive watches that are set and removed by hand. */
  readonly trees: Pick<Trees, 'settingByHand' | 'removedByHand'>;
}

/** How often `ensure` starts again when nodes come and go under its feet. */
const ENSURE_ATTEMPTS = 20;

/** Makes the promise methods of a client. */
export function requestsOver(context: RequestContext): Requests {
  const { driver, chroot, maxFrameBytes, listeners } = context;
  const inside = (path: string) => withChroot(chroot, path);

  const send = <R>(call: Call<R>): Promise<R> => perform(driver, maxFrameBytes, call);

  /** One request whose body is one record. */
  const ask = <N extends OperationName, R>(
    operation: N,
    body: RequestOf<N>,
    facts: ErrorFacts,
    options: CallOptions | undefined,
    result: (body: Reader, zxid: bigint) => R,
    more: Partial<Call<R>> = {},
  ): Promise<R> => {
    const type = operations[operation].request as JuteType<unknown>;
    const payload = encode(type, body);
    return send({ operation, payload, facts: { operation, ...facts }, options, result, ...more });
  };

  const statOf = (operation: 'setData' | 'setAcl' | 'exists') => (body: Reader) =>
    operations[operation].response!.read(body).stat as Stat;

  /** The listener of a read: `set` makes it hear events, and goes with the answer. */
  const listening = (path: string, kind: EntryKind, options: WatchOptions | undefined) => {
    const listener = options?.watch;
    if (listener === undefined) return { watch: false, set: nothing, more: {} };
    checkCallable(listener, 'watch', { operation: `watch ${kind}`, path });
    const server = inside(path);
    const watch = { path: server, kind: kind === 'data' ? 'data' : 'child' } as const;
    const set = () => listeners.add(server, kind, listener);
    return { watch: true, set, more: { watch, settled: listeners.expect(server, kind) } };
  };

  const read = <T, R>(
    path: string,
    options: (CodecOptions<T> & WatchOptions) | undefined,
    shape: (value: NodeValue<T>) => R,
  ): Promise<R> =>
    attempt(() => {
      checkPath(path, { operation: 'getData', path });
      const { watch, set, more } = listening(path, 'data', options);
      const codec = options?.codec;
      const value = (reply: Reader, asOf: bigint) => {
        set();
        const { data, stat } = operations.getData.response!.read(reply);
        // What was read is a view of a larger piece that the connection brought.
        const bytes = data === null ? null : data.slice();
        const plain = bytes ?? NO_BYTES;
        const decoded = codec === undefined ? (plain as T) : codec.decode(plain);
        return shape({ data: decoded, stat, bytes, asOf });
      };
      const facts = { path, request: { path } };
      return ask('getData', { path: inside(path), watch }, facts, options, value, more);
    });

  const createAt = <T>(
    path: string,
    data: T | undefined,
    options: CreateOptions<T> | undefined,
    label: string,
  ): Promise<CreatedNode> => {
    const about = { operation: 'create', path: label };
    const { flag: flags, mode, ttlMs } = modeOf(options?.mode, options?.ttlMs, about);
    const bytes = encoded(data, options?.codec, about);
    const acl = aclOf(options?.acl ?? OPEN_ACL, about);
    const request = { path: label, data, mode, acl, ttlMs: options?.ttlMs };
    const body = { path, data: bytes, acl, flags };
    const created = (reply: Reader) => {
      const { path: made, stat } = operations.create2.response!.read(reply);
      return { path: withoutChroot(chroot, made), stat };
    };
    const facts = { ...about, request };
    if (createModes[mode].ttl) {
      return ask('createTtl', { ...body, ttl: BigInt(ttlMs) }, facts, options, created);
    }
    const operation = mode === 'container' ? 'createContainer' : 'create2';
    return ask(operation, body, facts, options, created);
  };

  /** Creates a server path and its ancestors. */
  const ensureAt = async (
    path: string,
    options: Parameters<Requests['ensure']>[1],
  ): Promise<void> => {
    const create = { ...options, codec: undefined };
    let last: unknown;
    for (let attempt = 0; attempt < ENSURE_ATTEMPTS; attempt++) {
      try {
        await createAt(path, undefined, create, withoutChroot(chroot, path));
        return;
      } catch (error) {
        last = error;
        if (isZkError(error, 'NODE_EXISTS')) return;
        if (isZkError(error, 'NO_NODE')) await ensureAt(parentOf(path), options);
        // Creating what may have been created already does no harm.
        else if (!isZkError(error, 'CONNECTION_LOSS')) throw error;
      }
    }
    throw last;
  };

  return {
    get: (path, options) => read(path, options, (value) => value),
    getData: (path, options) => read(path, options, ({ data }) => data),
    create: (path, data, options) =>
      attempt(() => {
        const isSequential = createModes[options?.mode ?? 'persistent']?.sequential === true;
        checkPath(path, { operation: 'create', path }, isSequential);
        return createAt(inside(path), data, options, path);
      }),
    ensure: async (path, options) => {
      checkPath(path, { operation: 'ensure', path });
      const target = inside(path);
      if (target !== '/') await ensureAt(target, options);
    },
    set: (path, value, options) =>
      attempt(() => {
        const facts = { operation: 'setData', path };
        checkPath(path, facts);
        const data = encoded(value, options?.codec, facts);
        const version = versionOf(options?.version, facts);
        const about = { path, request: { path, data: value, version } };
        const body = { path: inside(path), data, version };
        return ask('setData', body, about, options, statOf('setData'));
      }),
    delete: (path, options) =>
      attempt(() => {
        const facts = { operation: 'delete', path };
        checkPath(path, facts);
        const version = versionOf(options?.version, facts);
        const about = { path, request: { path, version } };
        return ask('delete', { path: inside(path), version }, about, options, nothing);
      }),
    exists: (path, options) =>
      attempt(() => {
        checkPath(path, { operation: 'exists', path });
        const { watch, set, more } = listening(path, 'data', options);
        const found = statOf('exists');
        const stat = (reply: Reader): Stat | undefined => {
          set();
          return found(reply);
        };
        const refusal = (code: number) => {
          if (code !== codes.NO_NODE) return undefined;
          set();
          return { value: undefined };
        };
        const body = { path: inside(path), watch };
        const facts = { path, request: { path } };
        return ask('exists', body, facts, options, stat, { ...more, refusal });
      }),
    children: (path, options) =>
      attempt(() => {
        checkPath(path, { operation: 'getChildren2', path });
        const { watch, set, more } = listening(path, 'children', options);
        const list = (reply: Reader, asOf: bigint) => {
          set();
          const { children, stat } = operations.getChildren2.response!.read(reply);
          return { children: [...children].sort(), stat, asOf };
        };
        const facts = { path, request: { path } };
        return ask('getChildren2', { path: inside(path), watch }, facts, options, list, more);
      }),
    getAcl: (path, options) =>
      attempt(() => {
        checkPath(path, { operation: 'getAcl', path });
        const value = (reply: Reader) => operations.getAcl.response!.read(reply);
        return ask('getAcl', { path: inside(path) }, { path, request: { path } }, options, value);
      }),
    setAcl: (path, acl, options) =>
      attempt(() => {
        const facts = { operation: 'setAcl', path };
        checkPath(path, facts);
        const version = versionOf(options?.version, facts);
        const about = { path, request: { path, acl, version } };
        const body = { path: inside(path), acl: aclOf(acl, facts), version };
        return ask('setAcl', body, about, options, statOf('setAcl'));
      }),
    sync: (path = '/', options) =>
      attempt(() => {
        checkPath(path, { operation: 'sync', path });
        return ask('sync', { path: inside(path) }, { path, request: { path } }, options, nothing);
      }),
    multi: (ops, options) =>
      attempt(() => {
        const payload = encodeMulti(ops, chroot);
        const facts = { operation: 'multi', request: ops };
        const result = (reply: Reader) => decodeMulti(ops, chroot, reply) as never;
        return send({ operation: 'multi', payload, facts, options, result });
      }),
    multiRead: (ops, options) =>
      attempt(() => {
        const payload = encodeMultiRead(ops, chroot);
        const facts = { operation: 'multiRead', request: ops };
        const result = (reply: Reader) => decodeMultiRead(ops, reply) as never;
        return send({ operation: 'multiRead', payload, facts, options, result });
      }),
    getEphemerals: (prefix = '/', options) =>
      attempt(() => {
        checkPath(prefix, { operation: 'getEphemerals', path: prefix });
        const server = inside(prefix);
        // Servers compare texts: a prefix /a would bring /ab too.
        const below = server === '/' ? '/' : `${server}/`;
        const own = (reply: Reader) =>
          operations.getEphemerals
            .response!.read(reply)
            .ephemerals.filter((path) => path === server || path.startsWith(below))
            .map((path) => withoutChroot(chroot, path));
        const facts = { path: prefix, request: { prefix } };
        return ask('getEphemerals', { prefixPath: server }, facts, options, own);
      }),
    allChildrenNumber: (path, options) =>
      attempt(() => {
        checkPath(path, { operation: 'getAllChildrenNumber', path });
        const { response } = operations.getAllChildrenNumber;
        const count = (reply: Reader) => response!.read(reply).totalNumber;
        const facts = { path, request: { path } };
        return ask('getAllChildrenNumber', { path: inside(path) }, facts, options, count);
      }),
    whoAmI: (options) => {
      const known = (reply: Reader) => operations.whoAmI.response!.read(reply).clientInfo;
      return ask('whoAmI', {}, { request: {} }, options, known);
    },
    reconfigure: ({ joining, leaving, members, version = -1n }, options) => {
      const body = {
        joiningServers: joining ?? null,
        leavingServers: leaving ?? null,
        newMembers: members ?? null,
        curConfigId: version,
      };
      const result = (reply: Reader) => {
        const { data, stat } = operations.reconfig.response!.read(reply);
        return { config: (data ?? NO_BYTES).slice(), stat };
      };
      const request = { joining, leaving, members, version };
      return ask('reconfig', body, { request }, options, result);
    },
    addWatch: (path, mode, options) =>
      attempt(() => {
        const facts = { operation: 'addWatch', path };
        checkPath(path, facts);
        oneOf(mode, addWatchModes, 'mode', facts);
        const server = inside(path);
        const body = { path: server, mode: addWatchModes[mode] };
        const kind = mode === 'persistent' ? 'persistent' : 'recursive';
        const about = { path, request: { path, mode } };
        const watch = { path: server, kind } as const;
        if (kind === 'persistent') return ask('addWatch', body, about, options, nothing, { watch });
        const settled = context.trees.settingByHand(server);
        return ask('addWatch', body, about, options, nothing, { watch, settled });
      }),
    removeWatches: (path, type, options) =>
      attempt(() => {
        const facts = { operation: 'removeWatches', path };
        checkPath(path, facts);
        oneOf(type, watcherTypes, 'type', facts);
        const server = inside(path);
        const unwatch = { path: server, kinds: WATCH_KINDS[type] };
        const body = { path: server, type: watcherTypes[type] };
        const about = { path, request: { path, type } };
        // Once now, and once for listeners of reads that are still on their way before it.
        const forget = () => listeners.removeAll(server, ENTRY_KINDS[type]);
        const removed = ask('removeWatches', body, about, options, forget, { unwatch });
        forget();
        // Their reads go after the removal, and set what it takes away.
        context.disturb(server, ENTRY_KINDS[type]);
        const kinds: readonly WatchKind[] = WATCH_KINDS[type];
        if (kinds.includes('recursive')) context.trees.removedByHand(server);
        return removed;
      }),
  };
}

/** What `make` throws about its arguments becomes a rejection. */
function attempt<R>(make: () => Promise<R>): Promise<R> {
  try {
    return make();
  } catch (error) {
    return Promise.reject(error);
  }
}

const NO_BYTES = new Uint8Array(0);
const nothing = () => undefined;

const WATCH_KINDS = {
  children: ['child'],
  data: ['data', 'exist'],
  any: ['data', 'exist', 'child', 'persistent', 'recursive'],
  persistent: ['persistent'],
  persistentRecursive: ['recursive'],
} as const satisfies Record<keyof typeof watcherTypes, readonly WatchKind[]>;

const ENTRY_KINDS: Readonly<Record<keyof typeof watcherTypes, readonly EntryKind[]>> = {
  children: ['children'],
  data: ['data'],
  any: ['data', 'children'],
  persistent: [],
  persistentRecursive: [],
};
