/** Makes requests of every operation, well-formed, wrong and malformed. */
import { utf8 } from '@vivarium/core/internal/base/bytes';
import { type OperationName, opcodes, specialXids } from '@vivarium/core/internal/wire/operations';
import { SetWatches2 } from '@vivarium/core/internal/wire/records';
import { encode } from '@vivarium/core/internal/wire/types';
import { anyAcl, anyData, anyVersion, credentials } from './choices.js';
import { malformed } from './malformed-requests.js';
import { multi, multiRead } from './multi-requests.js';
import { quota } from './quota-requests.js';
import type { Random } from './random.js';
import {
  allows,
  body,
  createValue,
  type Made,
  type Make,
  type Maker,
  newPath,
  path,
  request,
  ttlValue,
  watchedPath,
} from './request-parts.js';
import type { About, LaneView, Request, SetWatchesLists } from './steps.js';

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
