import type { CreateMode } from '../../../client/api.js';
import { isZkError } from '../../../client/errors.js';
import { OPEN_ACL } from '../../../wire/permissions.js';
import { integer, positive, UsageError } from './arguments.js';
import { answer, type ShellCommands } from './command.js';
import { explained, ShellFailure } from './failure.js';
import { hexDump, listText, readAcl, statText } from './format.js';
import { dataShape, statShape } from './json-shapes.js';
import { deleteTree, walk } from './walk.js';

/** Nodes: look at them, make, change and remove them. Output is the one that scripts know. */
export const nodeCommands: ShellCommands = {
  ls: {
    usage: '[-s] [-w] [-R] path',
    doc: 'Children of a node; -R lists the whole tree below it.',
    flags: { s: false, w: false, R: false },
    words: [1, 1],
    formerWord: {
      flag: 'w',
      says: "'ls path [watch]' has been deprecated. Please use 'ls [-w] path' instead.",
    },
    async run(call) {
      const { client, output, flags, watch } = call;
      const [path = ''] = call.rest;
      if (flags.has('R')) {
        for await (const each of walk(client, path, { watch })) {
          output.out(call.json ? JSON.stringify({ path: each }) : each);
        }
        return;
      }
      const { children, stat } = await client.children(path, { watch });
      const isAsked = flags.has('s');
      answer(
        call,
        () => ({ path, children, stat: statShape(stat) }),
        () => [listText(children), ...(isAsked ? [statText(stat)] : [])],
      );
    },
  },
  get: {
    usage: '[-s] [-w] [-b] [-x] path',
    doc: 'Data of a node; -b as base64, -x as a hexadecimal dump.',
    flags: { s: false, w: false, b: false, x: false },
    words: [1, 1],
    formerWord: {
      flag: 'w',
      says: "'get path [watch]' has been deprecated. Please use 'get [-s] [-w] path' instead.",
    },
    async run(call) {
      const { client, flags, watch } = call;
      const [path = ''] = call.rest;
      const { bytes, stat } = await client.get(path, { watch });
      answer(
        call,
        () => ({ path, ...dataShape(bytes), stat: statShape(stat) }),
        () => [dataText(bytes, flags), ...(flags.has('s') ? [statText(stat)] : [])],
      );
    },
  },
  stat: {
    usage: '[-w] path',
    doc: 'Stat of a node.',
    flags: { w: false },
    words: [1, 1],
    formerWord: {
      flag: 'w',
      says: "'stat path [watch]' has been deprecated. Please use 'stat [-w] path' instead.",
    },
    async run(call) {
      const [path = ''] = call.rest;
      const stat = await call.client.exists(path, { watch: call.watch });
      if (stat === undefined) throw new ShellFailure(`Node does not exist: ${path}`);
      answer(
        call,
        () => ({ path, stat: statShape(stat) }),
        () => [statText(stat)],
      );
    },
  },
  create: {
    usage: '[-s] [-e] [-c] [-t ttl] path [data] [acl]',
    doc: 'Make a node: -s sequential, -e ephemeral, -c container, -t with a time to live in ms.',
    flags: { s: false, e: false, c: false, t: true },
    words: [1, 3],
    async run(call) {
      const { client, output, flags } = call;
      const [path = '', data, acl] = call.rest;
      const ttlMs = flags.has('t') ? positive(flags.get('t')!, '-t') : undefined;
      const options = {
        ...{ mode: modeOf(flags), ttlMs },
        acl: acl === undefined ? OPEN_ACL : readAcl(acl),
      };
      const created = await client.create(path, data ?? null, options).catch((error: unknown) => {
        if (ttlMs === undefined || !isZkError(error, 'UNIMPLEMENTED')) {
          throw explained(error, path, Buffer.byteLength(data ?? ''));
        }
        throw new ShellFailure(
          'The server makes no nodes with a time to live; with extendedTypesEnabled=true it does.',
        );
      });
      if (!call.json) output.err(`Created ${created.path}`);
      else output.out(JSON.stringify({ path: created.path, stat: statShape(created.stat) }));
    },
  },
  set: {
    usage: 'path data [-s] [-v version] [-b]',
    doc: 'Data of a node; -v only if it has this version, -b when the data given is base64.',
    flags: { s: false, v: true, b: false },
    words: [2, 2],
    async run(call) {
      const { client, flags } = call;
      const [path = '', data = ''] = call.rest;
      const bytes = flags.has('b') ? fromBase64(data) : data;
      const stat = await client.set(path, bytes, versionOf(flags)).catch((error: unknown) => {
        throw explained(error, path, Buffer.byteLength(bytes));
      });
      answer(
        call,
        () => ({ path, stat: statShape(stat) }),
        () => (flags.has('s') ? [statText(stat)] : []),
      );
    },
  },
  delete: {
    usage: '[-v version] path',
    doc: 'Remove a node without children; -v only if it has this version.',
    flags: { v: true },
    words: [1, 1],
    formerWord: {
      flag: 'v',
      says:
        "'delete path [version]' has been deprecated. Please use 'delete [-v version] path' " +
        'instead.',
    },
    async run({ client, flags, rest: [path = ''] }) {
      await client.delete(path, versionOf(flags));
    },
  },
  deleteall: {
    usage: 'path [-b batch size]',
    doc: 'Remove a node and everything below it, so many nodes in one transaction (1000).',
    flags: { b: true },
    words: [1, 1],
    async run({ client, flags, output, rest: [path = ''] }) {
      const size = positive(flags.get('b') ?? '1000', '-b');
      await deleteTree(client, path, size, (done, all) => {
        output.progress(`removed ${done} of ${all} nodes`);
      });
    },
  },
  sync: {
    usage: 'path',
    doc: 'Wait until the server has seen every write acknowledged so far.',
    flags: {},
    words: [1, 1],
    async run(call) {
      const [path = ''] = call.rest;
      await call.client.sync(path);
      answer(
        call,
        () => ({ path, synced: true }),
        () => ['Sync is OK'],
      );
    },
  },
  getEphemerals: {
    usage: 'path',
    doc: "This session's ephemeral nodes, at or below a path when one is given.",
    flags: {},
    words: [0, 1],
    async run(call) {
      const paths = await call.client.getEphemerals(call.rest[0]);
      answer(
        call,
        () => ({ paths }),
        () => [listText(paths)],
      );
    },
  },
  getAllChildrenNumber: {
    usage: 'path',
    doc: 'Number of nodes below a node.',
    flags: {},
    words: [1, 1],
    async run(call) {
      const [path = ''] = call.rest;
      const count = await call.client.allChildrenNumber(path);
      answer(
        call,
        () => ({ path, count }),
        () => [String(count)],
      );
    },
  },
};

function modeOf(flags: ReadonlyMap<string, string>): CreateMode {
  const [s, e, c, t] = ['s', 'e', 'c', 't'].map((flag) => flags.has(flag));
  if (c && (e || s)) {
    throw new UsageError(
      '-c cannot be combined with -s or -e. Containers cannot be ephemeral or sequential.',
    );
  }
  if (t && e) throw new UsageError('TTLs cannot be used with Ephemeral znodes');
  if (t && c) throw new UsageError('TTLs cannot be used with Container znodes');
  if (c) return 'container';
  if (t) return s ? 'persistentSequentialTtl' : 'persistentTtl';
  if (e) return s ? 'ephemeralSequential' : 'ephemeral';
  return s ? 'persistentSequential' : 'persistent';
}

/** `-v` of a command that changes something. @throws UsageError */
export function versionOf(flags: ReadonlyMap<string, string>): { readonly version?: number } {
  const text = flags.get('v');
  return text === undefined ? {} : { version: integer(text, '-v') };
}

function dataText(bytes: Uint8Array | null, flags: ReadonlyMap<string, string>): string {
  const data = Buffer.from(bytes ?? new TextEncoder().encode('null'));
  if (flags.has('x')) return hexDump(data);
  return data.toString(flags.has('b') ? 'base64' : 'utf8');
}

function fromBase64(text: string): Uint8Array {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new UsageError(`${text} is not base64`);
  return new Uint8Array(Buffer.from(text, 'base64'));
}
