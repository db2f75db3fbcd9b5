/** Plays the same scene on servers of both kinds, and compares what their audit logs say of it. */
import { appendFileSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apacheVersions, startApache } from '../apache.js';
import { Ensemble } from '../ensemble/ensemble.js';
import type { ServerKind } from '../server-process.js';
import { launchVivarium } from '../vivarium.js';
import { comparable, linesIn, meant } from './lines.js';
import { playScene, type SessionNames, superDigest } from './scene.js';

export interface AuditComparison {
  /** Lines of Apache's that were compared. */
  readonly lines: number;
  readonly differences: readonly string[];
  /** How many lines each row of `meant` has made alike. */
  readonly meant: readonly number[];
}

/** What the audit log of each server says, by what the server was in the scene. */
type Logs = ReadonlyMap<string, readonly string[]>;

const CONFIG = {
  'audit.enable': 'true',
  tickTime: 1000,
  extendedTypesEnabled: 'true',
  maxSessionTimeout: 60_000,
  'DigestAuthenticationProvider.superDigest': superDigest,
} as const;
/** The audit lines are in the log of an Apache server, which is quiet otherwise. */
const PROPERTIES = { 'org.slf4j.simpleLogger.log.org.apache.zookeeper.audit': 'info' } as const;
const AUDIT_FILE = 'audit.log';

/** Compares servers that stand alone, from their start to their stop. */
export async function compareAlone(): Promise<AuditComparison> {
  const [theirs, ours] = await Promise.all([
    aloneLogs(apacheVersions.newest),
    aloneLogs('vivarium'),
  ]);
  return judged(theirs, ours);
}

/** Compares three servers, with clients of the leader and of a follower. */
export async function compareThree(): Promise<AuditComparison> {
  return judged(await logsOfThree(apacheVersions.newest), await logsOfThree('vivarium'));
}

async function aloneLogs(kind: ServerKind): Promise<Logs> {
  const folder = await mkdtemp(join(tmpdir(), 'vivarium-audit-'));
  const auditFile = join(folder, AUDIT_FILE);
  const names: SessionNames = new Map();
  try {
    const server = await startAlone(kind, folder, auditFile);
    try {
      await playScene('/alone', names, server.port);
    } finally {
      await server.stop();
    }
    const text = kind === 'vivarium' ? readFileSync(auditFile, 'utf8') : server.log();
    return new Map([['alone', comparable(linesIn(text), names)]]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function startAlone(kind: ServerKind, dataDir: string, auditFile: string) {
  if (kind !== 'vivarium') {
    return startApache({ version: kind, dataDir, config: CONFIG, properties: PROPERTIES });
  }
  const config = { ...CONFIG, 'vivarium.auditFile': auditFile };
  const server = await launchVivarium({ dataDir, config });
  await server.serving;
  return server;
}

async function logsOfThree(kind: ServerKind): Promise<Logs> {
  const ensemble = await Ensemble.create({
    kinds: [kind, kind, kind],
    config: CONFIG,
    properties: PROPERTIES,
  });
  const names: SessionNames = new Map();
  try {
    for (const { files } of kind === 'vivarium' ? ensemble.members : []) {
      const auditFile = join(files.dataDir, AUDIT_FILE);
      appendFileSync(files.configFile, `vivarium.auditFile=${auditFile}\n`);
    }
    await ensemble.start();
    const leader = await ensemble.untilLed();
    const [follower, other] = ensemble.members.filter((member) => member !== leader);
    const places = { leader, follower: follower!, 'another follower': other! };
    for (const [name, { host, port }] of Object.entries(places).slice(0, 2)) {
      await playScene(`/${name}`, names, port, host);
    }
    await ensemble.untilEqual();
    await ensemble.stop();
    return new Map(
      Object.entries(places).map(([name, { files }]) => {
        const file = kind === 'vivarium' ? join(files.dataDir, AUDIT_FILE) : files.logFile;
        return [name, comparable(linesIn(readFileSync(file, 'utf8')), names)];
      }),
    );
  } finally {
    await ensemble.destroy();
  }
}

function judged(theirs: Logs, ours: Logs): AuditComparison {
  const counts = meant.map(() => 0);
  const differences: string[] = [];
  let lines = 0;
  for (const [name, said] of theirs) {
    const wanted = alike('theirs', said, counts);
    const found = alike('ours', ours.get(name) ?? [], counts);
    lines += wanted.length;
    const last = Math.max(wanted.length, found.length);
    for (let at = 0; at < last; at++) {
      if (wanted[at] === found[at]) continue;
      const shown = (line: string | undefined) => line?.replaceAll('\t', ' ') ?? 'no line';
      differences.push(
        `${name}, line ${at + 1}: Apache has \`${shown(wanted[at])}\`, ` +
          `Vivarium \`${shown(found[at])}\``,
      );
    }
  }
  return { lines, differences, meant: counts };
}

/** Makes the lines of one kind as the other would have them, and counts how many were changed. */
function alike(of: 'ours' | 'theirs', lines: readonly string[], counts: number[]): string[] {
  return lines.map((line) => {
    let said = line;
    for (const [at, row] of meant.entries()) {
      const changed = row.of === of ? row.alike(said) : said;
      if (changed !== said) counts[at]!++;
      said = changed;
    }
    return said;
  });
}
