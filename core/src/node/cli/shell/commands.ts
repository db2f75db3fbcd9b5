import { ZOOKEEPER_VERSION } from '../../admin/facts.js';
import type { Client, CreateMode, WatcherType } from '../../client/api.js';
import { isZkError } from '../../client/errors.js';
import { nearest } from '../../config/spelling.js';
import { OPEN_ACL } from '../../wire/permissions.js';
import { type Arguments, type Flags, integer, positive, UsageError } from './shell-arguments.js';
import { aclText, hexDump, listText, readAcl, statText } from './shell-format.js';
import { deleteQuota, QUOTA_FLAGS, quotaLines, setQuota } from './shell-quota.js';
import { deleteTree, unlessGone, walk } from './shell-trees.js';

/** Where a command's words go. Both take lines without their newline. */
export interface ShellOutput {
  out(line: string): void;
  err(line: string): void;
}

/** What a command runs with. */
export interface ShellCall extends Arguments {
  readonly client: Client;
  readonly output: ShellOutput;
  /** Leaves a watch whose event is printed when it comes. */
  readonly watch: (() => void) | undefined;
}

/** One command of the shell: a row of {@link shellCommands}. */
export interface ShellCommand {
  /** Arguments as zkCli's help shows them. */
  readonly usage: string;
  readonly doc: string;
  readonly flags: Flags;
  /** How many words it takes besides flags. */
  readonly words: readonly [least: number, most: number];
  readonly run: (call: ShellCall) => Promise<void>;
}

const STAT_FLAG = { s: false };

/** zkCli's everyday commands. Output is the one scripts know; failures go to standard error. */
export const shellCommands: Readonly<Record<string, ShellCommand>> = {
  ls: {
    usage: '[-s] [-w] [-R] path',
    doc: 'Children of a node; -R lists the whole tree below it.',
    flags: { s: false, w: false, R: false },
    words: [1, 1],
    async run({ client, output, flags, rest: [path = ''], watch }) {
      if (flags.has('R')) {
        for await (const each of walk(client, path, { watch })) output.out(each);
        return;
      }
      const { children, stat } = await client.children(path, { watch });
      output.out(listText(children));
      if (flags.has('s')) output.out(statText(stat));
    },
  },
  get: {
    usage: '[-s] [-w] [-b] [-x] path',
    doc: 'Data of a node; -b as base64, -x as a hexadecimal dump.',
    flags: { s: false, w: false, b: false, x: false },
    words: [1, 1],
    async run({ client, output, flags, rest: [path = ''], watch }) {
      const { bytes, stat } = await client.get(path, { watch });
      output.out(dataText(bytes, flags));
      if (flags.has('s')) output.out(statText(stat));
    },
  },
  stat: {
    usage: '[-w] path',
    doc: 'Stat of a node.',
    flags: { w: false },
    words: [1, 1],
    async run({ client, output, rest: [path = ''], watch }) {
      const stat = await client.exists(path, { watch });
      if (stat === undefined) throw new ShellFailure(`Node does not exist: ${path}`);
      output.out(statText(stat));
    },
  },
  create: {
    usage: '[-s] [-e] [-c] [-t ttl] path [data] [acl]',
    doc: 'Make a node: -s sequential, -e ephemeral, -c container, -t with a time to live in ms.',
    flags: { s: false, e: false, c: false, t: true },
    words: [1, 3],
    async run({ client, output, flags, rest: [path = '', data, acl] }) {
      const ttlMs = flags.has('t') ? positive(flags.get('t')!, '-t') : undefined;
      const options = {
        ...{ mode: modeOf(flags), ttlMs },
        acl: acl === undefined ? OPEN_ACL : readAcl(acl),
      };
      const created = await client.create(path, data ?? null, options).catch((error: unknown) => {
        if (ttlMs === undefined || !isZkError(error, 'UNIMPLEMENTED')) throw error;
        throw new ShellFailure(
          'The server makes no nodes with a time to live; its option extendedTypesEnabled=true does.',
        );
      });
      output.err(`Created ${created.path}`);
    },
  },
  set: {
    usage: 'path data [-s] [-v version] [-b]',
    doc: 'Data of a node; -v only if it has this version, -b when the data given is base64.',
    flags: { s: false, v: true, b: false },
    words: [2, 2],
    async run({ client, output, flags, rest: [path = '', data = ''] }) {
      const bytes = flags.has('b') ? fromBase64(data) : data;
      const stat = await client.set(path, bytes, versionOf(flags));
      if (flags.has('s')) output.out(statText(stat));
    },
  },
  delete: {
    usage: '[-v version] path',
    doc: 'Remove a node without children; -v only if it has this version.',
    flags: { v: true },
    words: [1, 1],
    async run({ client, flags, rest: [path = ''] }) {
      await client.delete(path, versionOf(flags));
    },
  },
  deleteall: {
    usage: 'path [-b batch size]',
    doc: 'Remove a node and everything below it, so many nodes in one transaction (1000).',
    flags: { b: true },
    words: [1, 1],
    async run({ client, flags, rest: [path = ''] }) {
      await deleteTree(client, path, positive(flags.get('b') ?? '1000', '-b'));
    },
  },
  sync: {
    usage: 'path',
    doc: 'Wait until the server has seen every write acknowledged so far.',
    flags: {},
    words: [1, 1],
    async run({ client, output, rest: [path = ''] }) {
      await client.sync(path);
      output.out('Sync is OK');
    },
  },
  getAcl: {
    usage: '[-s] path',
    doc: 'Access control list of a node.',
    flags: STAT_FLAG,
    words: [1, 1],
    async run({ client, output, flags, rest: [path = ''] }) {
      const { acl, stat } = await client.getAcl(path);
      output.out(aclText(acl));
      if (flags.has('s')) output.out(statText(stat));
    },
  },
  setAcl: {
    usage: '[-s] [-v version] [-R] path acl',
    doc: 'Access control list of a node; -R of the whole tree below it too.',
    flags: { s: false, v: true, R: false },
    words: [2, 2],
    async run({ client, output, flags, rest: [path = '', text = ''] }) {
      const acl = readAcl(text);
      const version = versionOf(flags);
      if (flags.has('R')) {
        for await (const each of walk(client, path)) {
          const change = client.setAcl(each, acl, version);
          await (each === path ? change : unlessGone(change));
        }
        return;
      }
      const stat = await client.setAcl(path, acl, version);
      if (flags.has('s')) output.out(statText(stat));
    },
  },
  addauth: {
    usage: 'scheme auth',
    doc: 'Add an identity to this session, such as: addauth digest user:password.',
    flags: {},
    words: [1, 2],
    async run({ client, rest: [scheme = '', auth = ''] }) {
      await client.addAuth({ scheme, auth });
    },
  },
  whoami: {
    usage: '',
    doc: 'Identities by which the server knows this session.',
    flags: {},
    words: [0, 0],
    async run({ client, output }) {
      output.out('Auth scheme: User');
      for (const { authScheme, user } of await client.whoAmI()) {
        output.out(`${authScheme}: ${user}`);
      }
    },
  },
  getEphemerals: {
    usage: 'path',
    doc: "This session's ephemeral nodes, at or below a path when one is given.",
    flags: {},
    words: [0, 1],
    async run({ client, output, rest: [path] }) {
      output.out(listText(await client.getEphemerals(path)));
    },
  },
  getAllChildrenNumber: {
    usage: 'path',
    doc: 'Number of nodes below a node.',
    flags: {},
    words: [1, 1],
    async run({ client, output, rest: [path = ''] }) {
      output.out(String(await client.allChildrenNumber(path)));
    },
  },
  setquota: {
    usage: '-n|-b|-N|-B val path',
    doc: 'Quota of a tree: -n nodes, -b bytes; -N and -B refuse what exceeds them.',
    flags: { n: true, b: true, N: true, B: true },
    words: [1, 1],
    async run({ client, output, flags, rest: [path = ''] }) {
      const limits = new Map<string, number>();
      for (const [flag, key] of Object.entries(QUOTA_FLAGS)) {
        const value = flags.get(flag);
        if (value !== undefined) limits.set(key, positive(value, `-${flag}`));
      }
      if (limits.size === 0) throw new UsageError('one of -n, -b, -N, -B is needed');
      for (const warning of await setQuota(client, path, limits)) output.out(warning);
    },
  },
  listquota: {
    usage: 'path',
    doc: 'Quota and present usage of a tree.',
    flags: {},
    words: [1, 1],
    async run({ client, output, rest: [path = ''] }) {
      output.err(`absolute path is /zookeeper/quota${path}/zookeeper_limits`);
      const lines = await quotaLines(client, path);
      if (lines === undefined) throw new ShellFailure(`quota for ${path} does not exist.`);
      for (const line of lines) output.out(line);
    },
  },
  delquota: {
    usage: '[-n|-b|-N|-B] path',
    doc: 'Remove one limit of a quota, or the quota.',
    flags: { n: false, b: false, N: false, B: false },
    words: [1, 1],
    async run({ client, flags, rest: [path = ''] }) {
      const keys = Object.entries(QUOTA_FLAGS).filter(([flag]) => flags.has(flag));
      const found = await deleteQuota(
        client,
        path,
        keys.map(([, key]) => key),
      );
      if (!found) throw new ShellFailure(`quota for ${path} does not exist.`);
    },
  },
  config: {
    usage: '[-c] [-w] [-s]',
    doc: 'Configuration of the ensemble; -c only what clients connect to.',
    flags: { c: false, w: false, s: false },
    words: [0, 0],
    async run({ client, output, flags, watch }) {
      const { bytes, stat } = await client.get('/zookeeper/config', { watch });
      const text = dataText(bytes, new Map());
      output.out(flags.has('c') ? clientConfig(text) : text);
      if (flags.has('s')) output.out(statText(stat));
    },
  },
  addWatch: {
    usage: '[-m mode] path',
    doc: 'Print changes while the shell runs; mode is PERSISTENT or PERSISTENT_RECURSIVE.',
    flags: { m: true },
    words: [1, 1],
    async run({ client, flags, rest: [path = ''] }) {
      const modes = { PERSISTENT: 'persistent', PERSISTENT_RECURSIVE: 'persistentRecursive' };
      const name = (flags.get('m') ?? 'PERSISTENT_RECURSIVE').toUpperCase();
      const mode = new Map(Object.entries(modes)).get(name);
      if (mode === undefined) throw new UsageError(`-m must be ${Object.keys(modes).join(' or ')}`);
      await client.addWatch(path, mode as 'persistent' | 'persistentRecursive');
    },
  },
  removewatches: {
    usage: 'path [-c|-d|-p|-r|-a] [-l]',
    doc: 'Remove watches of this session: -c children, -d data, -p, -r persistent, -a any.',
    flags: { c: false, d: false, p: false, r: false, a: false, l: false },
    words: [1, 1],
    async run({ client, flags, rest: [path = ''] }) {
      const kinds: readonly (readonly [string, WatcherType])[] = [
        ['c', 'children'],
        ['d', 'data'],
        ['p', 'persistent'],
        ['r', 'persistentRecursive'],
      ];
      const kind = kinds.find(([flag]) => flags.has(flag))?.[1] ?? 'any';
      await client.removeWatches(path, kind);
    },
  },
};

/** A command that could not be done; its text is in zkCli's words. Exit code 1. */
export class ShellFailure extends Error {
  override readonly name = 'ShellFailure';
}

/** Text of `version`; needs no server. */
export function versionText(version: string): string {
  return `Vivarium shell version: ${version}, speaking ZooKeeper ${ZOOKEEPER_VERSION}`;
}

/** Usage of every command, one a line. */
export function helpText(): string {
  const rows = Object.entries({
    ...Object.fromEntries(
      Object.entries(shellCommands).map(([name, { usage }]) => [name, usage] as const),
    ),
    help: '',
    quit: '',
    version: '',
  });
  const lines = rows.map(([name, usage]) => `\t${name} ${usage}`.trimEnd()).sort();
  return `vivarium shell [-server host:port] [-timeout ms] [-r] command args\n${lines.join('\n')}`;
}

/** The row of a command. @throws UsageError with what was probably meant */
export function findShellCommand(name: string): ShellCommand {
  if (Object.hasOwn(shellCommands, name)) return shellCommands[name]!;
  const like = nearest(name, Object.keys(shellCommands));
  const hint = like === undefined ? 'help lists the commands' : `did you mean ${like}?`;
  throw new UsageError(`Command not found ${name}; ${hint}`);
}

function modeOf(flags: ReadonlyMap<string, string>): CreateMode {
  const [s, e, c, t] = ['s', 'e', 'c', 't'].map((flag) => flags.has(flag));
  if (c && (e || s)) throw new UsageError('-c cannot be combined with -s or -e');
  if (t && (e || c)) throw new UsageError('-t cannot be combined with -e or -c');
  if (c) return 'container';
  if (t) return s ? 'persistentSequentialTtl' : 'persistentTtl';
  if (e) return s ? 'ephemeralSequential' : 'ephemeral';
  return s ? 'persistentSequential' : 'persistent';
}

function versionOf(flags: ReadonlyMap<string, string>): { readonly version?: number } {
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

/** Client addresses and version of a configuration text, in one line. */
function clientConfig(text: string): string {
  const lines = text.split('\n');
  const clients = lines
    .filter((line) => line.startsWith('server.'))
    .map((line) => line.split(';')[1]?.trim() ?? '')
    .filter((client) => client !== '');
  const version = lines.find((line) => line.startsWith('version='))?.slice('version='.length);
  return `${version ?? ''} ${clients.join(',')}`.trim();
}
