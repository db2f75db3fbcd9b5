/** Backups of an ensemble that is written to, restored into new servers of both kinds. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeAdministrator } from '@vivarium/core/internal/config/administrator';
import { makeAdministrator } from '@vivarium/core/internal/node/administrators';
import { Database } from '@vivarium/core/internal/tree/database';
import type { Txn } from '@vivarium/core/internal/wire/txns';
import { runCommand } from '../../support/run-command.js';
import { apacheVersions, startApache } from '../apache.js';
import { readLogs } from '../data-files.js';
import { Ensemble } from '../ensemble/ensemble.js';
import type { Member } from '../ensemble/member.js';
import { OPEN_ACL, SteadyWriter } from '../ensemble/steady-writer.js';
import { create, must } from '../exchange/fill.js';
import { type DumpedNode, dumpTree } from '../tree-dump.js';
import { WireClient } from '../wire-client.js';

export interface BackupOptions {
  /** Nodes before the first backup. */
  readonly nodes: number;
  /** Backups, of one server after the other. */
  readonly backups: number;
}

export interface BackupResult {
  backups: number;
  /** Transactions that were logged between the first backup and the last. */
  meanwhile: number;
  /** Trees that a replay of the whole log has at the same zxid, to the last digest. */
  equalToReplay: number;
  /** Servers that began with a backup and logged its digest. */
  equalDigests: number;
  /** Trees of such servers that are equal, node for node, to the one replayed. */
  equalTrees: number;
  nodes: number;
  readonly problems: string[];
}

interface Taken {
  readonly file: string;
  readonly zxid: bigint;
  readonly digest: bigint;
}

const PASSWORD = 'a password of some length';
const AT_ONCE = 50;
/** No session ends while all this goes on. */
const TIMEOUT_MS = 40_000;

/** Takes backups under load, and restores the last one. */
export async function backUpAndRestore(options: BackupOptions): Promise<BackupResult> {
  const folder = await mkdtemp(join(tmpdir(), 'vivarium-backup-'));
  const result: BackupResult = {
    ...{ backups: 0, meanwhile: 0, equalToReplay: 0, equalDigests: 0, equalTrees: 0, nodes: 0 },
    problems: [],
  };
  try {
    const { taken, history } = await takeUnderLoad(options, folder);
    result.backups = taken.length;
    const [first, last] = [taken[0]!, taken.at(-1)!];
    result.meanwhile = history.filter(({ header: { zxid } }) => {
      return zxid > first.zxid && zxid <= last.zxid;
    }).length;
    for (const one of taken) {
      if (replayed(history, one.zxid).tree.digest === one.digest) result.equalToReplay++;
      else result.problems.push(`${one.file}: a replay has another digest at ${one.zxid}`);
    }
    const expected = imageOf(replayed(history, last.zxid));
    result.nodes = expected.size;
    await restoreToVivarium(folder, last, expected, result);
    await restoreToApache(folder, last, expected, result);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return result;
}

async function takeUnderLoad(options: BackupOptions, folder: string) {
  const { nodes, backups } = options;
  const ensemble = await Ensemble.create({
    kinds: ['vivarium', 'vivarium', 'vivarium'],
    folder: join(folder, 'source'),
    config: {
      'vivarium.administrators': writeAdministrator(await makeAdministrator('ops', PASSWORD)),
      'vivarium.commands': 'true',
      'admin.rateLimiterIntervalInMS': 0,
      // A snapshot of a large tree takes longer; one is under way now and then all the same.
      snapCount: Math.max(500, options.nodes / 40),
    },
  });
  try {
    await ensemble.start();
    await fill(ensemble.members[0]!, nodes);
    const load = new Load(ensemble);
    await load.start();
    const taken: Taken[] = [];
    try {
      for (let n = 0; n < backups; n++) {
        const member = ensemble.members[n % ensemble.members.length]!;
        taken.push(await take(member, join(folder, `backup-${n}`)));
      }
    } finally {
      await load.stop();
    }
    await ensemble.untilEqual();
    await ensemble.stop();
    return { taken, history: readLogs(ensemble.members[0]!.dataDir) };
  } finally {
    await ensemble.destroy();
  }
}

async function take({ host, port }: Member, file: string): Promise<Taken> {
  const words = ['backup', '--from', `${host}:${port}`, '--user', 'ops', file];
  const { code, out, err } = await runCommand(words, { env: { VIVARIUM_PASSWORD: PASSWORD } });
  const [, zxid, digest] = /zxid (0x[0-9a-f]+), digest ([0-9a-f]+)/.exec(out) ?? [];
  if (code !== 0 || zxid === undefined)
    throw new Error(`vivarium backup ends with ${code}: ${err}`);
  return { file, zxid: BigInt(zxid), digest: BigInt(`0x${digest}`) };
}

/** What goes on while backups are taken: on each server nodes are set, made and removed. */
class Load {
  readonly #writers: readonly SteadyWriter[];
  readonly #members: readonly Member[];
  #isOver = false;
  #ended: Promise<unknown> = Promise.resolve();

  constructor({ members }: Ensemble) {
    this.#members = members;
    this.#writers = members.map((member) => new SteadyWriter(member));
  }

  /** Resolves when each has written. */
  async start(): Promise<void> {
    const begun = this.#writers.map((writer) => {
      return new Promise<void>((done) => {
        writer.onAcknowledged = () => done();
      });
    });
    for (const writer of this.#writers) writer.start();
    this.#ended = Promise.all(this.#members.map((member) => this.#churn(member)));
    await Promise.all(begun);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#writers.map((writer) => writer.stop()));
    await this.#ended;
  }

  async #churn({ id, host, port }: Member): Promise<void> {
    const client = await WireClient.session(port, { timeOut: TIMEOUT_MS }, host);
    try {
      const top = `/churn-${id}`;
      await create(client, top);
      for (let n = 0; !this.#isOver; n++) {
        await create(client, `${top}/${n}`, `number ${n}`);
        if (n % 3 === 0) await must(client, 'setAcl', { path: top, acl: OPEN_ACL, version: -1 });
        if (n >= 10) await must(client, 'delete', { path: `${top}/${n - 10}`, version: -1 });
      }
    } finally {
      client.destroy();
    }
  }
}

async function fill({ host, port }: Member, nodes: number): Promise<void> {
  const client = await WireClient.session(port, { timeOut: TIMEOUT_MS }, host);
  try {
    await create(client, '/fill');
    for (let n = 0; n < nodes; n++) {
      if (n % AT_ONCE === 0) await create(client, `/fill/${n / AT_ONCE}`, 'x'.repeat(n % 999));
      await create(client, `/fill/${Math.floor(n / AT_ONCE)}/${n}`, `node ${n}`);
    }
  } finally {
    client.destroy();
  }
}

async function restore({ file }: Taken, dataDir: string): Promise<void> {
  const { code, err } = await runCommand(['restore', file, '--data', dataDir]);
  if (code !== 0) throw new Error(`vivarium restore ends with ${code}: ${err}`);
}

async function restoreToVivarium(
  folder: string,
  taken: Taken,
  expected: ReadonlyMap<string, string>,
  result: BackupResult,
): Promise<void> {
  const ensemble = await Ensemble.create({
    kinds: ['vivarium', 'vivarium', 'vivarium'],
    folder: join(folder, 'restored'),
  });
  try {
    for (const { dataDir } of ensemble.members) await restore(taken, dataDir);
    await ensemble.start();
    for (const { id, host, port } of ensemble.members) {
      await compareTree(`server ${id}`, host, port, expected, result);
    }
    await ensemble.untilEqual();
    await ensemble.stop();
    for (const { id, dataDir } of ensemble.members) {
      compareDigest(`server ${id}`, readLogs(dataDir), taken, result);
    }
  } finally {
    await ensemble.destroy();
  }
}

async function restoreToApache(
  folder: string,
  taken: Taken,
  expected: ReadonlyMap<string, string>,
  result: BackupResult,
): Promise<void> {
  const dataDir = join(folder, 'apache');
  await restore(taken, dataDir);
  const server = await startApache({ dataDir, version: apacheVersions.newest });
  try {
    await compareTree('Apache ZooKeeper', '127.0.0.1', server.port, expected, result);
  } finally {
    await server.stop();
  }
  compareDigest('Apache ZooKeeper', readLogs(dataDir), taken, result);
}

/** The first transaction that a restored server logs is a session: the tree is as it began. */
function compareDigest(
  who: string,
  [first]: readonly Txn[],
  { digest }: Taken,
  result: BackupResult,
): void {
  const found = first?.digest;
  if (found !== undefined && BigInt.asUintN(64, found.treeDigest) === digest) result.equalDigests++;
  else result.problems.push(`${who} begins with the digest ${found?.treeDigest}, not ${digest}`);
}

async function compareTree(
  who: string,
  host: string,
  port: number,
  expected: ReadonlyMap<string, string>,
  result: BackupResult,
): Promise<void> {
  const client = await WireClient.session(port, { timeOut: TIMEOUT_MS }, host);
  try {
    const dump = await dumpTree(client);
    const found = new Map<string, string>();
    for (const [path, node] of dump) if (!isOfServer(path)) found.set(path, lineOf(node));
    const paths = [...new Set([...expected.keys(), ...found.keys()])];
    const differs = paths.find((path) => expected.get(path) !== found.get(path));
    if (differs === undefined) result.equalTrees++;
    else {
      const [wanted, got] = [expected.get(differs), found.get(differs)];
      result.problems.push(`${who}: ${differs} is ${got}, and was ${wanted}`);
    }
  } finally {
    client.destroy();
  }
}

/** What the whole log makes of an empty tree: no snapshot has a part in it. */
function replayed(history: readonly Txn[], until: bigint): Database {
  const database = new Database({ extendedTypes: true, digest: true });
  for (const txn of history) if (txn.header.zxid <= until) database.apply(txn);
  return database;
}

/** Nodes that servers make for themselves, of their own config. */
function isOfServer(path: string): boolean {
  return path === '/zookeeper' || path.startsWith('/zookeeper/');
}

function imageOf({ tree, acls }: Database): ReadonlyMap<string, string> {
  const image = new Map<string, string>();
  tree.forEachBelow(0, (id) => {
    const path = tree.pathOf(id) || '/';
    if (isOfServer(path)) return;
    const stat = tree.persisted(id);
    const acl = acls.get(tree.aclId(id)) ?? [];
    image.set(path, lineOf({ data: tree.data(id), stat, acl }));
  });
  return image;
}

/** All of a node but its count of children's changes, which is told in another way than kept. */
function lineOf({
  data,
  stat: { czxid, mzxid, pzxid, ctime, mtime, version, aversion, ephemeralOwner },
  acl,
}: Pick<DumpedNode, 'data' | 'acl'> & {
  readonly stat: Omit<DumpedNode['stat'], 'dataLength' | 'numChildren' | 'cversion'>;
}): string {
  const numbers = [czxid, mzxid, pzxid, ctime, mtime, version, aversion, ephemeralOwner].map(
    String,
  );
  const bytes = data === null ? 'null' : Buffer.from(data).toString('hex');
  const rights = acl.map(({ perms, id }) => `${perms}:${id.scheme}:${id.id}`);
  return [...numbers, bytes, ...rights].join(' ');
}
