/** Makes requests of every operation, well-formed, wrong and malformed. */
import { utf8 } from '@vivarium/core/internal/base/bytes';
import { type MultiOp, writeMultiRequest } from '@vivarium/core/internal/wire/multi';
import {
  type OperationName,
  opcodes,
  operations,
  specialXids,
} from '@vivarium/core/internal/wire/operations';
import { MultiHeader, SetWatches2 } from '@vivarium/core/internal/wire/records';
import { encode, type JuteType } from '@vivarium/core/internal/wire/types';
import { Writer } from '@vivarium/core/internal/wire/writer';
import {
  anyAcl,
  anyData,
  anyPath,
  anyVersion,
  childPath,
  credentials,
  goodPath,
  OPEN,
  quotaText,
} from './choices.js';
import type { Random } from './random.js';
import type { About, LaneView, Request, SetWatchesLists } from './steps.js';

/** What the maker of requests knows and may use. */
export interface Maker {
  readonly random: Random;
  /**
   * Paths that exist as far as replies told, without the leaves of quotas: whoever writes anything
   * into those that is not a quota's text ends an Apache server.
   */
  readonly paths: readonly string[];
  /** Whether a path exists as far as replies told. */
  exists(path: string): boolean;
  /** Paths of this run that have (or had) a watch. */
  readonly watched: readonly string[];
  /** Release of the server compared with: some requests would only meet its known defects. */
  readonly old: boolean;
  nextXid(): number;
}

type Made = Omit<Request, 'xid'> & { readonly xid?: number };
type Make = (maker: Maker) => Made;

const body = (name: OperationName, value: unknown): Uint8Array =>
  encode(operations[name].request as JuteType<unknown>, value);

function request(name: OperationName, value: unknown, about: About): Made {
  const label = `${name} ${inWords(value)}`;
  return { code: opcodes[name], label, body: body(name, value), about };
}

function inWords(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) =>
    field instanceof Uint8Array
      ? `${field.length} bytes`
      : typeof field === 'bigint'
        ? String(field)
        : field,
  );
}

const path = (maker: Maker) => anyPath(maker.random, maker.paths);
/** A path whose watches matter more often than others'. */
const watchedPath = (maker: Maker) =>
  maker.watched.length > 0 && maker.random.chance(0.5)
    ? maker.random.pick(maker.watched)
    : path(maker);

function newPath(maker: Maker): string {
  const { random } = maker;
  return random.weighted<() => string>([
    [6, () => childPath(random, maker.paths)],
    [2, () => goodPath(random)],
    [2, () => path(maker)],
  ])();
}

const GOOD_FLAGS = [
  [12, 0],
  [4, 1],
  [3, 2],
  [2, 3],
] as const;
const BAD_FLAGS = [
  [1, 5],
  [1, 6],
  [1, 7],
  [1, -1],
] as const;

/** In a multi, bad flags and a null ACL fail one operation in 3.8, and the whole multi in 3.9. */
function createValue(maker: Maker, inMulti = false) {
  const { random } = maker;
  const wrong = inMulti && maker.old ? [] : BAD_FLAGS;
  const flags: number = random.weighted([...GOOD_FLAGS, ...wrong]);
  const at = newPath(maker);
  const sequential = flags === 2 || flags === 3;
  const suffix = sequential ? random.pick(['/', '-', '/n-', '']) : '';
  const acl = anyAcl(random, maker.old) ?? (inMulti && maker.old ? OPEN : null);
  return { path: at + suffix, data: anyData(random), acl, flags };
}

function ttlValue(maker: Maker, inMulti = false) {
  const { random } = maker;
  const ttl = random.pick([1n, 100_000n, 1_099_511_627_775n, 1_099_511_627_776n, 0n, -1n, -5n]);
  return { ...createValue(maker, inMulti), flags: random.pick([5, 5, 6]), ttl };
}

/**
 * Releases before 3.9 keep one mode of watch for each connection and path, and mix modes up; so
 * there each path is for one mode: one-shot watches, persistent ones, or recursive ones.
 */
function allows(maker: Maker, path: string, mode: 'once' | 'persistent' | 'recursive'): boolean {
  if (!maker.old) return true;
  return (['once', 'persistent', 'recursive'] as const)[path.length % 3] === mode;
}

const read =
  (name: OperationName, watch: About['watch']): Make =>
  (maker) => {
    const at = watchedPath(maker);
    const set = maker.random.chance(0.5) && allows(maker, at, 'once');
    return request(
      name,
      { path: at, watch: set },
      set ? { path: at, watch: watch! } : { path: at },
    );
  };

const create =
  (name: 'create' | 'create2'): Make =>
  (maker) => {
    const value = createValue(maker);
    return request(name, value, { path: value.path });
  };

const makers: { readonly [name: string]: readonly [weight: number, make: Make] } = {
  create: [16, create('create')],
  create2: [8, create('create2')],
  createContainer: [
    2,
    (maker) => {
      const value = { ...createValue(maker), flags: 4 };
      return request('createContainer', value, { path: value.path });
    },
  ],
  createTtl: [
    3,
    (maker) => {
      const value = ttlValue(maker);
      return request('createTtl', value, { path: value.path });
    },
  ],
  delete: [
    12,
    (maker) => {
      const value = { path: watchedPath(maker), version: anyVersion(maker.random) };
      return request('delete', value, { path: value.path });
    },
  ],
  setData: [
    12,
    (maker) => {
      const { random } = maker;
      const value = {
        path: watchedPath(maker),
        data: anyData(random),
        version: anyVersion(random),
      };
      return request('setData', value, { path: value.path });
    },
  ],
  setAcl: [
    3,
    (maker) => {
      const { random } = maker;
      const value = {
        path: path(maker),
        acl: anyAcl(random, maker.old),
        version: anyVersion(random),
      };
      return request('setAcl', value, { path: value.path });
    },
  ],
  getAcl: [3, (maker) => request('getAcl', { path: path(maker) }, {})],
  exists: [8, read('exists', 'exists')],
  getData: [8, read('getData', 'data')],
  getChildren: [5, read('getChildren', 'child')],
  getChildren2: [5, read('getChildren2', 'child')],
  getAllChildrenNumber: [
    1,
    (maker) => request('getAllChildrenNumber', { path: path(maker) || '/' }, {}),
  ],
  getEphemerals: [
    2,
    (maker) => {
      const prefixPath = maker.random.pick(['/', '', path(maker), null]);
      return request('getEphemerals', { prefixPath }, {});
    },
  ],
  sync: [2, (maker) => request('sync', { path: maker.random.pick([path(maker), null]) }, {})],
  ping: [1, () => ({ ...request('ping', {}, {}), xid: specialXids.ping })],
  whoAmI: [1, () => request('whoAmI', {}, {})],
  addWatch: [
    4,
    (maker) => {
      const mode = maker.random.pick([0, 0, 1, 1, 1, 2, -1]);
      const at = maker.random.chance(0.4) ? newPath(maker) : path(maker);
      const watch = mode === 0 ? 'persistent' : mode === 1 ? 'recursive' : undefined;
      if (watch !== undefined && !allows(maker, at, watch)) {
        return request('addWatch', { path: at, mode: 2 }, {});
      }
      return request(
        'addWatch',
        { path: at, mode },
        watch === undefined ? {} : { path: at, watch },
      );
    },
  ],
  // Before 3.9 it says yes when anybody watches the path.
  checkWatches: [3, (maker) => watches(maker.old ? 'removeWatches' : 'checkWatches', maker)],
  removeWatches: [3, (maker) => watches('removeWatches', maker)],
  setWatches: [2, (maker) => setWatches(maker, false)],
  setWatches2: [3, (maker) => setWatches(maker, true)],
  multi: [10, multi],
  multiRead: [3, multiRead],
  reconfig: [
    0.3,
    () =>
      request(
        'reconfig',
        { joiningServers: null, leavingServers: '3', newMembers: null, curConfigId: -1n },
        {},
      ),
  ],
  quota: [4, quota],
  malformed: [2, malformed],
};

function watches(name: 'checkWatches' | 'removeWatches', maker: Maker): Made {
  const at = watchedPath(maker);
  // Types 1 and 2 removed watches of every mode before 3.9, and 4 and 5 did not exist.
  const before = allows(maker, at, 'once') ? [1, 2, 3, 0] : [3, 0];
  const type = maker.random.pick(maker.old ? before : [1, 2, 3, 4, 5, 0, 6]);
  const about = name === 'removeWatches' ? { path: at, remove: type } : {};
  return request(name, { path: at, type }, about);
}

function setWatches(maker: Maker, second: boolean): Made {
  const { random } = maker;
  const list = (mode: 'once' | 'persistent' | 'recursive') =>
    Array.from({ length: random.below(3) }, () => watchedPath(maker)).filter((at) =>
      allows(maker, at, mode),
    );
  const lists: SetWatchesLists = {
    data: list('once'),
    exist: list('once'),
    child: list('once'),
    persistent: second ? list('persistent') : [],
    recursive: second ? list('recursive') : [],
  };
  const back = random.pick([0, 0, 1, 3, 10, 50]);
  const value = (lane: LaneView) => ({
    relativeZxid: lane.zxidBefore(back),
    dataWatches: lists.data,
    existWatches: lists.exist,
    childWatches: lists.child,
    persistentWatches: lists.persistent,
    persistentRecursiveWatches: lists.recursive,
  });
  const name = second ? 'setWatches2' : 'setWatches';
  return {
    xid: specialXids.setWatches,
    code: opcodes[name],
    label: `${name} ${back} back ${JSON.stringify(lists)}`,
    body: (lane) => (second ? encode(SetWatches2, value(lane)) : body('setWatches', value(lane))),
    about: { setWatches: lists },
  };
}

function multi(maker: Maker): Made {
  const { random } = maker;
  const ops: MultiOp[] = [];
  const count = random.pick([0, 1, 1, 2, 2, 3, 4]);
  for (let i = 0; i < count; i++) {
    const at = path(maker);
    ops.push(
      random.weighted<() => MultiOp>([
        [6, () => ({ op: 'create', ...createValue(maker, true) })],
        [3, () => ({ op: 'create2', ...createValue(maker, true) })],
        [1, () => ({ op: 'createContainer', ...createValue(maker, true), flags: 4 })],
        [1, () => ({ op: 'createTtl', ...ttlValue(maker, true) })],
        [4, () => ({ op: 'delete', path: at, version: random.pick([-1, -1, 0]) })],
        [
          5,
          () => ({
            op: 'setData',
            path: at,
            data: anyData(random),
            version: random.pick([-1, -1, -1, 0]),
          }),
        ],
        [3, () => ({ op: 'check', path: at, version: random.pick([-1, 0, 1]) })],
      ])(),
    );
  }
  const writer = new Writer();
  writeMultiRequest(writer, ops);
  const label = ops.map((op) => `${op.op} ${inWords(op)}`).join(', ');
  return {
    code: opcodes.multi,
    label: `multi(${label})`,
    body: writer.copy(),
    about: { multi: ops.map((op) => ({ code: opcodes[op.op], path: op.path })) },
  };
}

function multiRead(maker: Maker): Made {
  const { random } = maker;
  const ops = Array.from({ length: random.below(4) }, () => ({
    op: random.pick(['getData', 'getChildren'] as const),
    path: path(maker),
    watch: random.chance(0.2),
  }));
  const writer = new Writer();
  writeMultiRequest(writer, ops);
  const label = ops.map((op) => `${op.op} ${inWords(op)}`).join(', ');
  return {
    code: opcodes.multiRead,
    label: `multiRead(${label})`,
    body: writer.copy(),
    about: { multi: ops.map((op) => ({ code: opcodes[op.op], path: op.path })) },
  };
}

/** Limits for a path, with the nodes above them when these are missing. */
function quota(maker: Maker): Made {
  const { random } = maker;
  const at = random.pick(['/a', '/a', '/b', '/a/x']);
  const base = `/zookeeper/quota${at}`;
  const acl = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }];
  const data = utf8(quotaText(random));
  if (random.chance(0.2)) {
    const stats = `${base}/zookeeper_stats`;
    return request('getData', { path: stats, watch: false }, {});
  }
  if (random.chance(0.1))
    return request('delete', { path: `${base}/zookeeper_limits`, version: -1 }, {});
  if (maker.exists(`${base}/zookeeper_limits`)) {
    return request('setData', { path: `${base}/zookeeper_limits`, data, version: -1 }, {});
  }
  if (!maker.exists(base)) {
    return request('create', { path: base, data: null, acl, flags: 0 }, { path: base });
  }
  const name = maker.exists(`${base}/zookeeper_stats`) ? 'zookeeper_limits' : 'zookeeper_stats';
  const text = name === 'zookeeper_stats' ? utf8('count=0,bytes=0') : data;
  return request(
    'create',
    { path: `${base}/${name}`, data: text, acl, flags: 0 },
    { path: `${base}/${name}` },
  );
}

/** Reads whose body is cut short, and multis that hold what they must not. */
function malformed(maker: Maker): Made {
  const { random } = maker;
  const kind = random.weighted([
    [4, 'short'],
    [1, 'long'],
    [2, 'multi'],
  ] as const);
  if (kind === 'multi') {
    const writer = new Writer();
    const type = random.pick([opcodes.getData, opcodes.exists, 99, opcodes.deleteContainer]);
    MultiHeader.write(writer, { type, done: false, err: -1 });
    writer.raw(body('getData', { path: '/a', watch: false }));
    MultiHeader.write(writer, { type: -1, done: true, err: -1 });
    const code =
      type === opcodes.getData ? opcodes.multi : random.pick([opcodes.multi, opcodes.multiRead]);
    return { code, label: `op ${code} holding ${type}`, body: writer.copy() };
  }
  // What 3.8 logs for a write it cannot decode takes a zxid, in 3.9 it does not.
  const name = random.pick(maker.old ? READS : [...READS, ...WRITES]);
  const whole = body(name, {
    ...{ path: '/a/none/x', watch: false, prefixPath: '/a', mode: 0, type: 1 },
    ...{ data: null, acl: OPEN, flags: 0, version: 7, ttl: 1n },
  });
  if (kind === 'long') {
    const bytes = new Uint8Array([...whole, 1, 2, 3]);
    return { code: opcodes[name], label: `${name} with bytes after it`, body: bytes };
  }
  const cut = random.below(whole.length);
  return {
    code: opcodes[name],
    label: `${name} cut after ${cut} bytes`,
    body: whole.slice(0, cut),
  };
}

const READS = [
  'exists',
  'getData',
  'getAcl',
  'getChildren',
  'getChildren2',
  'sync',
  'getEphemerals',
  'getAllChildrenNumber',
  'addWatch',
  'checkWatches',
  'removeWatches',
] as const;

const WRITES = ['create', 'create2', 'createTtl', 'delete', 'setData', 'setAcl'] as const;

const table = Object.values(makers);

/** Any request that may share a burst with others. */
export function anyRequest(maker: Maker): Request {
  const made = maker.random.weighted(table)(maker);
  return { ...made, xid: made.xid ?? maker.nextXid() };
}

/** An auth packet; one that fails ends the connection, so it stands alone in its burst. */
export function authRequest(random: Random, credential?: string): Request {
  const scheme =
    credential !== undefined
      ? 'digest'
      : random.pick(['digest', 'digest', 'digest', 'ip', 'nothing', null]);
  const text =
    credential ?? random.pick([...credentials, 'ann:secret', 'ann:other', 'nocolon', '']);
  const auth = random.chance(0.03) && credential === undefined ? null : utf8(text);
  return {
    xid: specialXids.auth,
    code: opcodes.auth,
    label: `auth ${scheme} ${auth === null ? 'null' : text}`,
    body: body('auth', { type: 0, scheme, auth }),
  };
}

/** Requests that end the connection: an opcode nobody knows, the end of the session. */
export function endingRequest(maker: Maker): Request {
  const code = maker.random.pick([
    opcodes.closeSession,
    opcodes.closeSession,
    opcodes.closeSession,
    0,
    10,
    23,
    99,
    108,
    -2,
    0x7fff_ffff,
    ...(maker.old ? [] : [opcodes.check]), // 3.8 lets it through, and hangs
  ]);
  return { xid: maker.nextXid(), code, label: `op ${code}`, body: new Uint8Array(0) };
}

/** A plain request by name, for preparing and cleaning up. */
export function plainRequest(xid: number, name: OperationName, value: object): Request {
  return { ...request(name, value, value as About), xid };
}
