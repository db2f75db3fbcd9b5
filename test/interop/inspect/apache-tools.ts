/** What Apache's own tools say of a file, compared with what `vivarium inspect` says of it. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inspect, objectsOf } from '../../support/run-inspect.js';
import { apacheJars, QUICK_JVM } from '../apache.js';

const run = promisify(execFile);

/** What came of a comparison. */
export interface Comparison {
  /** Transactions, nodes or subtrees that both tell of. */
  readonly compared: number;
  readonly problems: readonly string[];
}

/** Runs a tool of Apache's to its end. @returns what it prints */
async function tool(main: string, ...args: readonly string[]): Promise<string> {
  const jars = join(await apacheJars(), '*');
  const settings = ['-Duser.timezone=UTC', '-Duser.language=en', '-Duser.country=US'];
  const encoding = ['-Dfile.encoding=UTF-8', '-Dstdout.encoding=UTF-8'];
  const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';
  const name = `org.apache.zookeeper.server.${main}`;
  const words = [...QUICK_JVM, ...settings, ...encoding, quiet, '-cp', jars, name, ...args];
  const { stdout } = await run('java', words, { maxBuffer: 1 << 28 });
  return stdout;
}

interface JsonAcl {
  readonly perms: number;
  readonly id: { readonly scheme: string; readonly id: string };
}

type Json = Record<string, unknown>;

/** Compares every transaction of a log with zkTxnLogToolkit's dump. */
export async function compareLog(path: string): Promise<Comparison> {
  const text = await tool('persistence.TxnLogToolkit', '-d', path);
  const ours = objectsOf((await inspect('log', path, '--json', '--data', 'text')).out, 'zxid');
  const problems: string[] = [];
  const count = /^EOF reached after (\d+) txns/m.exec(text)?.[1];
  const theirs = text
    .replace(/\nEOF reached[\s\S]*/, '')
    .split(/\n(?=\d+\/\d+\/\d+, [^\n]* session 0x)/)
    .slice(1);
  if (Number(count) !== ours.length || theirs.length !== ours.length) {
    problems.push(`${path}: ${count} transactions there, ${ours.length} here`);
  }
  for (const [at, record] of ours.entries()) {
    const line = theirs[at] ?? '';
    const match = /^(.+?) session 0x(\S+) cxid 0x(\S+) zxid 0x(\S+) (\S+) ?([\s\S]*)$/.exec(line);
    const time = Date.parse((match?.[1] ?? '').replace(/[\u202f,]/g, ' '));
    const seconds = Math.floor(Date.parse(record.time as string) / 1000);
    const heads = [record.session, `0x${(record.cxid as number).toString(16)}`, record.zxid];
    const isSame =
      match !== null &&
      time / 1000 === seconds &&
      heads.every((head, index) => `0x${match[index + 2]}` === head) &&
      match[5] === record.type &&
      isSameBody(match[6]!, record);
    if (!isSame) problems.push(`${path}: ${JSON.stringify(line)} and ${JSON.stringify(record)}`);
  }
  return { compared: ours.length, problems };
}

function isSameBody(theirs: string, record: Json): boolean {
  if (record.type === 'multi') {
    const parts = record.txns as readonly Json[];
    const types = [...theirs.matchAll(/(?:^|;)(\w+):/g)].map(([, type]) => type);
    const paths = parts.map(({ path }) => path).filter((path) => path !== undefined);
    return (
      types.join() === parts.map(({ type }) => type).join() &&
      paths.every((path) => theirs.includes(path as string))
    );
  }
  return theirs.trimEnd() === bodyAsTheirs(record);
}

/** The body as zkTxnLogToolkit prints it. */
function bodyAsTheirs(record: Json): string {
  const { path, parentCVersion } = record;
  const data = (record.data ?? '') as string;
  const acl = (record.acl ?? []) as readonly JsonAcl[];
  const entry = ({ perms, id }: JsonAcl) => `${perms},s{'${id.scheme},'${id.id}}`;
  const list = `[${acl.map((one) => `${entry(one)}\n`).join(', ')}]`;
  switch (record.type) {
    case 'createSession':
      return String(record.timeOut);
    case 'closeSession':
      return `v{${(record.paths2Delete as readonly string[]).map((one) => `'${one}`).join(',')}}`;
    case 'error':
      return String(record.err);
    case 'create':
    case 'create2':
      return `${path},${data},${list},${record.ephemeral},${parentCVersion}`;
    case 'createContainer':
      return `${path},${data},${list},${parentCVersion}`;
    case 'createTTL':
      return `${path},${data},${list},${parentCVersion},${record.ttl}`;
    case 'setData':
      return `${path},${data},${record.version}`;
    case 'setACL':
      return `'${path},v{${acl.map((one) => `s{${entry(one)}}`).join(',')}},${record.version}`;
    case 'delete':
      return `'${path}`;
    default:
      return `nobody knows ${record.type}`;
  }
}

/** Compares every node of a snapshot with SnapshotFormatter's, and its sessions. */
export async function compareSnapshot(path: string): Promise<Comparison> {
  const text = await tool('SnapshotFormatter', path);
  const { out } = await inspect('snapshot', path, '--json');
  const theirs = new Map<string, string>();
  for (const block of text.split('\n----\n')) {
    const [name, ...lines] = block.split('\n');
    if (lines[0]?.startsWith('  cZxid') === true) theirs.set(name!, normal(lines));
  }
  const ours = objectsOf(out, 'node').map(({ node }) => node as Json);
  const problems: string[] = [];
  if (theirs.size !== ours.length) {
    problems.push(`${path}: ${theirs.size} nodes there, ${ours.length} here`);
  }
  for (const node of ours) {
    const there = theirs.get(node.path as string);
    const here = asTheirs(node);
    if (there !== here) problems.push(`${path} ${node.path}: ${there} and ${here}`);
  }
  const sessions = [...text.matchAll(/^(0x[0-9a-f]+), (\d+), \d+$/gm)].map(([, id, ms]) => {
    return `${id} ${ms}`;
  });
  const ourSessions = objectsOf(out, 'session').map(({ session }) => {
    const { id, timeoutMs } = session as Json;
    return `${id} ${timeoutMs}`;
  });
  if (sessions.sort().join() !== ourSessions.sort().join()) {
    problems.push(`${path}: sessions ${sessions.join()} and ${ourSessions.join()}`);
  }
  return { compared: ours.length, problems };
}

/** Lines of a node without what two programs write differently: zeros in front, and time zones. */
function normal(lines: readonly string[]): string {
  return lines
    .filter((line) => line.startsWith('  '))
    .map((line) => {
      const [name = '', value = ''] = line.trim().split(' = ');
      if (name.endsWith('time')) return `${name} ${Date.parse(value) / 1000}`;
      return `${name} ${value.startsWith('0x') ? BigInt(value) : value}`;
    })
    .join(', ');
}

function asTheirs(node: Json): string {
  const seconds = (time: unknown) => Math.floor(Date.parse(time as string) / 1000);
  const number = (id: unknown) => BigInt(id as string);
  return [
    `cZxid ${number(node.czxid)}`,
    `ctime ${seconds(node.ctime)}`,
    `mZxid ${number(node.mzxid)}`,
    `mtime ${seconds(node.mtime)}`,
    `pZxid ${number(node.pzxid)}`,
    `cversion ${node.cversion}`,
    `dataVersion ${node.version}`,
    `aclVersion ${node.aversion}`,
    `ephemeralOwner ${number(node.owner)}`,
    `dataLength ${node.dataLength}`,
  ].join(', ');
}

/** Compares the sums of the subtrees below the root with SnapshotRecursiveSummary's. */
export async function compareSummary(path: string): Promise<Comparison> {
  const text = await tool('SnapshotRecursiveSummary', path, '/', '1');
  const pattern = /^[- ]*(\/\S*)\n[- ]*children: (\d+)\n[- ]*data: (\d+)$/gm;
  const theirs = [...text.matchAll(pattern)].map(([, name, children, data]) => {
    return `${name} ${Number(children) + 1} ${data}`;
  });
  const { out } = await inspect('snapshot', path, '--summary', '--json', '--depth', '1');
  const [{ summary }] = objectsOf(out, 'summary') as [{ summary: { subtrees: readonly Json[] } }];
  // Nodes without children are none of its lines.
  const parents = summary.subtrees.filter(({ nodes }) => (nodes as number) > 1);
  const ours = parents.map(({ path, nodes, dataBytes }) => `${path} ${nodes} ${dataBytes}`);
  const isSame = theirs.sort().join() === ours.sort().join();
  const problems = isSame ? [] : [`${path}: ${theirs.join()} and ${ours.join()}`];
  return { compared: ours.length, problems };
}
