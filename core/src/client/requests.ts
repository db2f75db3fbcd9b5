import type { ErrorName } from '../base/errors.js';
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
import type { Acl, Stat } from '../wire/records.js';
import type { JuteType } from '../wire/types.js';
import { encode } from '../wire/types.js';
import type { CallOptions, Client, CodecOptions, WatchOptions } from './api.js';
import { checkPath, encoded, modeOf, versionOf } from './arguments.js';
import type { Call } from './call.js';
import { perform } from './call.js';
import type { Driver } from './driver.js';
import { isZkError, ZkError } from './errors.js';
import type { EntryKind } from './hub-entry.js';
import type { Listeners } from './listeners.js';
import { decodeMulti, decodeMultiRead, encodeMulti, encodeMultiRead } from './multi.js';

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
}

/** How often `ensure` starts again when nodes come and go under its feet. */
const ENSURE_ATTEMPTS = 20;

type Body<N extends OperationName> = RequestOf<N>;

/** Makes the promise methods of a client. */
export function requestsOver(context: RequestContext): Requests {
  const { driver, chroot, maxFrameBytes, listeners } = context;
  const inside = (path: string) => withChroot(chroot, path);

  const send = <R>(call: Call<R>): Promise<R> => perform(driver, maxFrameBytes, call);

  /** One request whose body is one record. */
  const ask = <N extends OperationName, R>(
    operation: N,
    body: Body<N>,
    facts: { readonly path?: string; readonly request: object },
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

  /** What a read with a one-shot listener adds to its call. */
  const watching = <R>(
    path: string,
    kind: EntryKind,
    options: WatchOptions | undefined,
    leavesWatchWhenMissing = false,
  ): { readonly watch: boolean; readonly more: Partial<Call<R>>; over(): void; set(): void } => {
    const listener = options?.watch;
    if (listener === undefined)
      return { watch: false, more: {}, over: NOTHING_TO_DO, set: NOTHING_TO_DO };
    const server = inside(path);
    const over = listeners.expect(server, kind);
    const watch: { path: string; kind: WatchKind } = {
      path: server,
      kind: kind === 'data' ? 'data' : 'child',
    };
    const set = () => listeners.add(server, kind, listener);
    const refusal = (code: number) => {
      if (code === codes.NO_NODE && leavesWatchWhenMissing) set();
      return undefined;
    };
    return { watch: true, more: { watch, refusal }, over, set };
  };

  const get: Requests['get'] = async <T>(
    path: string,
    options?: CodecOptions<T> & WatchOptions,
  ) => {
    const facts = { operation: 'getData', path };
    checkPath(path, facts);
    const leaving = watching<never>(path, 'data', options);
    try {
      const body = { path: inside(path), watch: leaving.watch };
      const {
        data: bytes,
        stat,
        asOf,
      } = await ask(
        'getData',
        body,
        { path, request: { path } },
        options,
        (reply, zxid) => {
          leaving.set();
          const { data, stat: found } = operations.getData.response!.read(reply);
          return { data: data === null ? null : data.slice(), stat: found, asOf: zxid };
        },
        leaving.more as object,
      );
      const codec = options?.codec;
      if (codec === undefined) return { data: (bytes ?? NO_BYTES) as T, stat, bytes, asOf };
      return { data: decoded(() => codec.decode(bytes ?? NO_BYTES), facts), stat, bytes, asOf };
    } finally {
      leaving.over();
    }
  };

  const createAt = async <T>(
    path: string,
    data: T | undefined,
    options: Parameters<typeof requests.create<T>>[2],
    label: string,
  ) => {
    const facts = { operation: 'create', path: label };
    const { flag: flags, mode, ttlMs } = modeOf(options?.mode, options?.ttlMs, facts);
    const bytes = encoded(data, options?.codec, facts);
    const acl = options?.acl ?? OPEN_ACL;
    const request = { path: label, data, mode, acl, ttlMs: options?.ttlMs };
    const body = { path, data: bytes, acl, flags };
    const created = (reply: Reader) => {
      const { path: made, stat } = operations.create2.response!.read(reply);
      return { path: withoutChroot(chroot, made), stat };
    };
    const about = { path: label, request, operation: 'create' };
    if (createModes[mode].ttl) {
      return ask('createTtl', { ...body, ttl: BigInt(ttlMs) }, about, options, created);
    }
    const operation = mode === 'container' ? 'createContainer' : 'create2';
    return ask(operation, body, about, options, created);
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

  const requests: Requests = {
    get,
    create: async (path, data, options) => {
      const facts = { operation: 'create', path };
      checkPath(path, facts, createModes[options?.mode ?? 'persistent']?.sequential === true);
      return createAt(inside(path), data, options, path);
    },
    ensure: async (path, options) => {
      checkPath(path, { operation: 'ensure', path });
      const target = inside(path);
      if (target !== '/') await ensureAt(target, options);
    },
    getData: async (path, options) => (await get(path, options)).data,
    set: async (path, value, options) => {
      const facts = { operation: 'setData', path };
      checkPath(path, facts);
      const data = encoded(value, options?.codec, facts);
      const version = versionOf(options?.version, facts);
      const request = { path, data: value, version };
      const body = { path: inside(path), data, version };
      return ask('setData', body, { path, request }, options, statOf('setData'));
    },
    delete: async (path, options) => {
      const facts = { operation: 'delete', path };
      checkPath(path, facts);
      const version = versionOf(options?.version, facts);
      const request = { path, version };
      await ask('delete', { path: inside(path), version }, { path, request }, options, nothing);
    },
    exists: async (path, options) => {
      checkPath(path, { operation: 'exists', path });
      const leaving = watching<Stat | undefined>(path, 'data', options, true);
      const read = statOf('exists');
      try {
        return await ask<'exists', Stat | undefined>(
          'exists',
          { path: inside(path), watch: leaving.watch },
          { path, request: { path } },
          options,
          (reply) => {
            leaving.set();
            return read(reply);
          },
          {
            ...leaving.more,
            refusal: (code, zxid) => {
              leaving.more.refusal?.(code, zxid);
              return code === codes.NO_NODE ? { value: undefined } : undefined;
            },
          },
        );
      } finally {
        leaving.over();
      }
    },
    children: async (path, options) => {
      checkPath(path, { operation: 'getChildren2', path });
      const leaving = watching<never>(path, 'children', options);
      try {
        const body = { path: inside(path), watch: leaving.watch };
        const read = (reply: Reader, asOf: bigint) => {
          leaving.set();
          const { children, stat } = operations.getChildren2.response!.read(reply);
          return { children: [...children].sort(), stat, asOf };
        };
        const facts = { path, request: { path } };
        return await ask('getChildren2', body, facts, options, read, leaving.more as object);
      } finally {
        leaving.over();
      }
    },
    getAcl: async (path, options) => {
      checkPath(path, { operation: 'getAcl', path });
      const read = (reply: Reader) => operations.getAcl.response!.read(reply);
      return ask('getAcl', { path: inside(path) }, { path, request: { path } }, options, read);
    },
    setAcl: async (path, acl: readonly Acl[], options) => {
      const facts = { operation: 'setAcl', path };
      checkPath(path, facts);
      const version = versionOf(options?.version, facts);
      const request = { path, acl, version };
      const body = { path: inside(path), acl, version };
      return ask('setAcl', body, { path, request }, options, statOf('setAcl'));
    },
    sync: async (path = '/', options) => {
      checkPath(path, { operation: 'sync', path });
      await ask('sync', { path: inside(path) }, { path, request: { path } }, options, nothing);
    },
    multi: async (ops, options) => {
      const payload = encodeMulti(ops, chroot);
      const facts = { operation: 'multi', request: ops };
      const result = (reply: Reader) => decodeMulti(ops, chroot, reply);
      return (await send({ operation: 'multi', payload, facts, options, result })) as never;
    },
    multiRead: async (ops, options) => {
      const payload = encodeMultiRead(ops, chroot);
      const facts = { operation: 'multiRead', request: ops };
      const result = (reply: Reader) => decodeMultiRead(ops, reply);
      return (await send({ operation: 'multiRead', payload, facts, options, result })) as never;
    },
    getEphemerals: async (prefix = '/', options) => {
      checkPath(prefix, { operation: 'getEphemerals', path: prefix });
      const server = inside(prefix);
      // Servers compare texts: a prefix /a would bring /ab too.
      const below = server === '/' ? '/' : `${server}/`;
      const read = (reply: Reader) =>
        operations.getEphemerals
          .response!.read(reply)
          .ephemerals.filter((path) => path === server || path.startsWith(below))
          .map((path) => withoutChroot(chroot, path));
      const facts = { path: prefix, request: { prefix } };
      return ask('getEphemerals', { prefixPath: server }, facts, options, read);
    },
    allChildrenNumber: async (path, options) => {
      checkPath(path, { operation: 'getAllChildrenNumber', path });
      const read = (reply: Reader) =>
        operations.getAllChildrenNumber.response!.read(reply).totalNumber;
      const facts = { path, request: { path } };
      return ask('getAllChildrenNumber', { path: inside(path) }, facts, options, read);
    },
    whoAmI: async (options) => {
      const read = (reply: Reader) => operations.whoAmI.response!.read(reply).clientInfo;
      return ask('whoAmI', {}, { request: {} }, options, read);
    },
    addWatch: async (path, mode, options) => {
      const facts = { operation: 'addWatch', path };
      checkPath(path, facts);
      if (!Object.hasOwn(addWatchModes, mode)) {
        const reason = `mode ${mode} is neither persistent nor persistentRecursive`;
        throw new ZkError('BAD_ARGUMENTS', { ...facts, reason });
      }
      const kind: WatchKind = mode === 'persistent' ? 'persistent' : 'recursive';
      const server = inside(path);
      const body = { path: server, mode: addWatchModes[mode] };
      const watch = { path: server, kind };
      await ask('addWatch', body, { path, request: { path, mode } }, options, nothing, { watch });
    },
    removeWatches: async (path, type, options) => {
      const facts = { operation: 'removeWatches', path };
      checkPath(path, facts);
      if (!Object.hasOwn(watcherTypes, type)) {
        const reason = `type ${type} is none of ${Object.keys(watcherTypes).join(', ')}`;
        throw new ZkError('BAD_ARGUMENTS', { ...facts, reason });
      }
      const server = inside(path);
      const affected = ENTRY_KINDS[type];
      const unwatch = { path: server, kinds: WATCH_KINDS[type] };
      const body = { path: server, type: watcherTypes[type] };
      const about = { path, request: { path, type } };
      const removed = ask('removeWatches', body, about, options, nothing, { unwatch });
      listeners.removeAll(server, affected);
      context.disturb(server, affected);
      await removed;
    },
  };
  return requests;
}

const NO_BYTES = new Uint8Array(0);
const NOTHING_TO_DO = () => {};
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

function decoded<T>(decode: () => T, facts: { operation: string; path: string }): T {
  try {
    return decode();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const name: ErrorName = 'MARSHALLING_ERROR';
    throw new ZkError(name, { ...facts, cause, reason: `the data cannot be read: ${message}` });
  }
}
