/** Asks a server of each kind the same questions, in the same scene, and compares the answers. */
import { appendFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apacheVersions, freePort } from '../apache.js';
import { Ensemble } from '../ensemble/ensemble.js';
import type { Member, Role } from '../ensemble/member.js';
import { type ServerKind, startServer } from '../server-process.js';
import { meant } from './meant.js';
import { METRICS, type Place, type Question, questions } from './questions.js';
import { setScene } from './scene.js';

export interface Comparison {
  /** Questions asked of both. */
  readonly asked: number;
  /** What differs and should not: question and sentence. */
  readonly differences: readonly string[];
  /** What differs on purpose. */
  readonly meant: readonly string[];
}

const CONF = 'word conf';

type Answers = ReadonlyMap<string, string>;

const PROVIDER = 'org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider';

/** Compares servers that stand alone. */
export async function compareAlone(): Promise<Comparison> {
  const [theirs, ours] = await Promise.all([
    aloneAnswers(apacheVersions.newest),
    aloneAnswers('vivarium'),
  ]);
  return judged(theirs, ours);
}

/** Compares servers of three and an observer, in each of some roles. */
export async function compareInEnsemble(roles: readonly Role[]): Promise<Comparison> {
  const theirs = await ensembleAnswers(apacheVersions.newest, roles);
  const ours = await ensembleAnswers('vivarium', roles);
  const all = roles.map((role) => judged(theirs.get(role)!, ours.get(role)!, `${role}: `));
  return {
    asked: all.reduce((sum, { asked }) => sum + asked, 0),
    differences: all.flatMap(({ differences }) => differences),
    meant: all.flatMap(({ meant: some }) => some),
  };
}

/** ZooKeeper's `mntr` has other keys when metrics go to Prometheus, so it is asked twice. */
async function aloneAnswers(kind: ServerKind): Promise<Answers> {
  const all = questions.filter(({ name }) => name !== METRICS);
  const metrics = questions.filter(({ name }) => name === METRICS);
  return new Map([...(await askAlone(kind, all)), ...(await askAlone(kind, metrics))]);
}

async function askAlone(kind: ServerKind, asked: readonly Question[]): Promise<Answers> {
  const dataDir = await mkdtemp(join(tmpdir(), 'vivarium-admin-'));
  const [adminPort, metricsPort] = [await freePort(), await freePort()];
  const host = '127.0.0.1';
  const withMetrics = asked.some(({ name }) => name === METRICS);
  const config = configOf(kind, host, adminPort, withMetrics ? metricsPort : undefined);
  const server = await startServer(kind, { dataDir, config });
  try {
    const place = { host, clientPort: server.port, adminPort, metricsPort };
    const leave = await setScene(server.port);
    const answers = await answersOf(asked, place, kind);
    leave();
    return answers;
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function ensembleAnswers(
  kind: ServerKind,
  roles: readonly Role[],
): Promise<ReadonlyMap<Role, Answers>> {
  const ensemble = await Ensemble.create({ kinds: [kind, kind, kind, kind], observers: 1 });
  const adminPort = await freePort();
  const asked = questions.filter(({ name }) => name !== METRICS);
  try {
    for (const { files, host } of ensemble.members) {
      const lines = Object.entries(configOf(kind, host, adminPort, undefined));
      appendFileSync(files.configFile, lines.map(([key, value]) => `${key}=${value}\n`).join(''));
    }
    await ensemble.start();
    const found = new Map<Role, Answers>();
    for (const role of roles) {
      const { id, host, port: clientPort } = await memberIn(ensemble, role);
      const leave = await setScene(clientPort, host);
      const place = { host, clientPort, adminPort, metricsPort: 0 };
      const answers = await answersOf(asked, place, kind);
      const conf = answers.get(CONF) ?? '';
      // Who is elected may have another number here than there; each has to tell its own.
      answers.set(CONF, conf.replace(`serverId=${id}\n`, 'serverId=its own\n'));
      found.set(role, answers);
      leave();
    }
    return found;
  } finally {
    await ensemble.destroy();
  }
}

async function memberIn(ensemble: Ensemble, role: Role): Promise<Member> {
  await ensemble.untilLed();
  for (const member of ensemble.running) {
    if ((await member.state())?.role === role) return member;
  }
  throw new Error(`no server is ${role}:\n${ensemble.logs()}`);
}

function configOf(
  kind: ServerKind,
  host: string,
  adminPort: number,
  metricsPort: number | undefined,
): Readonly<Record<string, string | number>> {
  if (kind === 'vivarium') return {};
  return {
    'admin.enableServer': 'true',
    'admin.serverAddress': host,
    'admin.serverPort': adminPort,
    ...(metricsPort !== undefined && {
      'metricsProvider.className': PROVIDER,
      'metricsProvider.httpHost': host,
      'metricsProvider.httpPort': metricsPort,
    }),
  };
}

async function answersOf(
  asked: readonly Question[],
  place: Place,
  kind: ServerKind,
): Promise<Map<string, string>> {
  const answers = new Map<string, string>();
  for (const { name, ask } of asked) answers.set(name, await ask(place, kind !== 'vivarium'));
  return answers;
}

function judged(theirs: Answers, ours: Answers, where = ''): Comparison {
  const differences: string[] = [];
  const wanted: string[] = [];
  const compared = questions.filter(({ name }) => theirs.has(name));
  for (const { name, compare } of compared) {
    for (const difference of differencesOf(compare, theirs.get(name)!, ours.get(name)!)) {
      const isMeant = meant.some(
        (row) => row.question.test(name) && row.difference.test(difference),
      );
      (isMeant ? wanted : differences).push(`${where}${name}: ${difference}`);
    }
  }
  return { asked: compared.length, differences, meant: wanted };
}

/** An answer that cannot be read differs, and says so. */
function differencesOf(
  compare: (theirs: string, ours: string) => readonly string[],
  theirs: string,
  ours: string,
): readonly string[] {
  try {
    return compare(theirs, ours);
  } catch (error) {
    return [`cannot be compared: ${(error as Error).message}; ours: ${ours.slice(0, 200)}`];
  }
}
