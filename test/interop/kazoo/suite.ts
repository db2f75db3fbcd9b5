/** Runs the test suite that kazoo, the Python client, brings along, against one server. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { apacheJars, apacheVersions, endWithThisProcess } from '../apache.js';
import { isFree } from '../ensemble/addresses.js';
import { type KazooSubject, writeStandIn } from './java-stand-in.js';

export type KazooOutcome = 'passed' | 'failed' | 'skipped' | 'missing';

export interface KazooResult {
  /** `test_lock.KazooLockTests::test_lock`. */
  readonly id: string;
  readonly outcome: KazooOutcome;
  /** The first line of what went wrong. */
  readonly why: string;
}

export interface Kazoo {
  readonly python: string;
  readonly version: string;
  /** Folder of the test files. */
  readonly folder: string;
}

const MODULES = ['kazoo.tests', 'pytest', 'pytest_timeout', 'mock', 'objgraph', 'puresasl'];

/** Finds a Python that has kazoo and what its tests need. @throws naming what to install */
export async function findKazoo(): Promise<Kazoo> {
  const script = `import ${MODULES.join(', ')}, kazoo, os
print(kazoo.__version__)
print(os.path.dirname(kazoo.tests.__file__))`;
  for (const python of ['python3', '/usr/bin/python3']) {
    try {
      const { stdout } = await promisify(execFile)(python, ['-c', script]);
      const [version, folder] = stdout.trim().split('\n');
      return { python, version: version!, folder: folder! };
    } catch {
      // Another Python may have it.
    }
  }
  const packages = 'python3-kazoo python3-pytest python3-pytest-timeout python3-mock';
  throw new Error(
    `no Python has kazoo and its tests: apt-get install ${packages} python3-objgraph`,
  );
}

/** What to run: test files without `.py`, or single tests `file::Class::test`. */
export interface KazooRun {
  readonly subject: KazooSubject;
  /** How many servers the harness runs, as one ensemble. */
  readonly servers: number;
  readonly select: readonly string[];
  /** Tests of these files that are left out: `file::Class::test`. */
  readonly leaveOut?: readonly string[];
  readonly limitMs: number;
  readonly signal: AbortSignal;
}

const TEST_LIMIT_S = 60;
/** The harness counts up by this from one server to the next. */
const PORTS_EACH = 10;
/** Below those that outgoing connections get: a server that starts anew must find its port free. */
const PORTS = { from: 10_000, to: 30_000 } as const;

/**
 * Runs a part of the suite; the harness of kazoo starts the server when a test needs one.
 *
 * @throws when it does not end within `limitMs`, or ends without a report
 */
export async function runKazoo(
  kazoo: Kazoo,
  { subject, servers, select, leaveOut = [], limitMs, signal }: KazooRun,
): Promise<readonly KazooResult[]> {
  const folder = await mkdtemp(join(tmpdir(), 'vivarium-kazoo-'));
  const report = join(folder, 'report.xml');
  const realJava = execFileSync('sh', ['-c', 'command -v java'], { encoding: 'utf8' }).trim();
  const bin = writeStandIn(folder, subject, servers, realJava);
  const jars = await apacheJars();
  try {
    const child = spawn(
      kazoo.python,
      [
        ...['-m', 'pytest', '-q', '-p', 'no:cacheprovider', '--timeout', String(TEST_LIMIT_S)],
        ...['--junitxml', report, '--rootdir', kazoo.folder],
        ...leaveOut.map((name) => `--deselect=${asFile(name)}`),
        ...select.map((name) => join(kazoo.folder, asFile(name))),
      ],
      {
        cwd: folder,
        detached: true, // so that the servers it starts end with it
        stdio: 'ignore',
        env: {
          ...process.env,
          PATH: `${bin}${delimiter}${process.env.PATH}`,
          PYTHONDONTWRITEBYTECODE: '1',
          TMPDIR: folder,
          ZOOKEEPER_CLASSPATH: join(jars, '*'),
          ZOOKEEPER_VERSION: apacheVersions.newest,
          ZOOKEEPER_CLUSTER_SIZE: String(servers),
          ZOOKEEPER_PORT_OFFSET: String(await freePorts(servers * PORTS_EACH)),
        },
      },
    );
    const forget = endWithThisProcess(child);
    let isLate = false;
    const end = () => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL');
    const timer = setTimeout(() => {
      isLate = true;
      end();
    }, limitMs);
    signal.addEventListener('abort', end);
    await once(child, 'exit');
    signal.removeEventListener('abort', end);
    clearTimeout(timer);
    forget();
    signal.throwIfAborted();
    const what = `${select.join(' ')} on ${subject}`;
    if (isLate) throw new Error(`${what} did not end within ${limitMs / 1000} s`);
    if (!existsSync(report)) throw new Error(`${what} ended without a report`);
    return readReport(readFileSync(report, 'utf8'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The first of so many ports that nobody uses at this moment. */
async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from - count));
    const all = Array.from({ length: count }, (_, at) => isFree('127.0.0.1', first + at));
    if ((await Promise.all(all)).every((each) => each)) return first;
  }
}

/** `test_lock::Class::test` as pytest names it: with the ending of the file. */
function asFile(name: string): string {
  return name.replace(/^[^:]+/, '$&.py');
}

/** Reads what pytest writes for JUnit. */
function readReport(xml: string): readonly KazooResult[] {
  const results = new Map<string, KazooResult>();
  const cases =
    /<testcase classname="([^"]*)" name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g;
  for (const [, classname, name, inside = ''] of xml.matchAll(cases)) {
    const id = `${classname!.replace(/\./, '::')}::${name}`;
    const problem = /<(failure|error|skipped)\b(?:[^>]*?message="([^"]*)")?/.exec(inside);
    const outcome =
      problem === null ? 'passed' : problem[1] === 'skipped' ? 'skipped' : ('failed' as const);
    // A test can be told of twice, when its tear-down fails after it: the worse one counts.
    if (results.get(id)?.outcome === 'failed') continue;
    results.set(id, { id, outcome, why: plain(problem?.[2] ?? '') });
  }
  return [...results.values()];
}

function plain(text: string): string {
  const words: Readonly<Record<string, string>> = {
    '&lt;': '<',
    '&gt;': '>',
    '&quot;': '"',
    '&apos;': "'",
    '&#10;': '\n',
    '&amp;': '&',
  };
  const decoded = text.replace(/&(?:lt|gt|quot|apos|#10|amp);/g, (word) => words[word]!);
  return decoded.split('\n')[0]!.slice(0, 160);
}
