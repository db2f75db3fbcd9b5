/** What `/zookeeper/config` holds on the servers of a running Apache ensemble, and should. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type Stat, text } from '@vivarium/core';
import type { EnsembleSpec } from '@vivarium/core/internal/config/ensemble';
import { readConfigFile } from '@vivarium/core/internal/node/config-file';
import { writeConfigNode } from '@vivarium/core/internal/peer/config-node';
import { Database } from '@vivarium/core/internal/tree/database';
import { Membership } from '@vivarium/core/internal/zab/membership';
import { type ApacheServer, type ApacheVersion, freePort, startApache } from '../apache.js';

/** A way in which a config file can say who is in an ensemble. */
export interface Layout {
  readonly name: string;
  /** Numbers of the servers; the last is an observer where `observer` says so. */
  readonly serverIds: readonly number[];
  readonly observer: boolean;
  /** Whether the client ports stand in the lines of the servers. */
  readonly clientPorts: boolean;
  /** Further lines about the ensemble. */
  readonly rules: Readonly<Record<string, string>>;
  /** Name of a dynamic file, where there is one. */
  readonly dynamicFile?: string;
}

export const layouts: readonly Layout[] = [
  {
    name: 'three servers',
    serverIds: [1, 2, 3],
    observer: false,
    clientPorts: false,
    rules: {},
  },
  {
    name: 'groups, weights, an observer and numbers out of order',
    serverIds: [10, 20, 30, 7],
    observer: true,
    clientPorts: true,
    rules: { 'group.2': '20:10', 'group.1': '30', 'weight.20': '3' },
  },
  {
    name: 'a dynamic file with a version',
    serverIds: [3, 2, 1],
    observer: false,
    clientPorts: true,
    rules: {},
    dynamicFile: 'zoo.cfg.dynamic.10000000A',
  },
];

export interface NodesResult {
  readonly servers: number;
  readonly text: string;
  readonly differences: readonly string[];
}

/** Starts an ensemble, reads the node of each server, and ends it. */
export async function compareConfigNodes(
  version: ApacheVersion,
  layout: Layout,
): Promise<NodesResult> {
  const folder = await mkdtemp(join(tmpdir(), 'vivarium-ensemble-'));
  const running: ApacheServer[] = [];
  try {
    const plans = await plan(folder, layout);
    // None of them serves before most of them run.
    const starts = plans.map(async ({ dataDir, port, config }) => {
      running.push(await startApache({ version, dataDir, port, config }));
    });
    const failed = (await Promise.allSettled(starts)).find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    const differences: string[] = [];
    let expected = '';
    for (const { address, dataDir } of running) {
      const { config } = readConfigFile(join(dataDir, 'zoo.cfg'));
      expected = new Membership(config.ensemble!).text;
      const client = await connect(address);
      const node = await client.get('/zookeeper/config', { codec: text });
      await client.close();
      if (node.data !== expected) differences.push(`${node.data}\nhere\n${expected}`);
      const stat = statText(node.stat);
      const ours = statText(statHere(config.ensemble!));
      if (stat !== ours) differences.push(`stat ${stat}\nhere\n${ours}`);
    }
    return { servers: running.length, text: expected, differences };
  } finally {
    await Promise.all(running.map((server) => server.stop()));
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a member's own tree shows of it. */
function statHere(spec: EnsembleSpec): Stat {
  const database = new Database({ extendedTypes: false, digest: true });
  writeConfigNode(database, new Membership(spec), 0);
  return database.tree.stat(database.tree.find('/zookeeper/config'));
}

/** All of it but the time, at which each server began. */
function statText({ mtime: _, ...rest }: Stat): string {
  return Object.entries(rest)
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join(' ');
}

async function plan(folder: string, layout: Layout) {
  const { serverIds, observer, clientPorts, rules, dynamicFile } = layout;
  const ports: number[] = [];
  while (ports.length < serverIds.length * 3) {
    const port = await freePort();
    if (!ports.includes(port)) ports.push(port);
  }
  const lines: Record<string, string> = { ...rules };
  for (const [at, id] of serverIds.entries()) {
    const role = observer && at === serverIds.length - 1 ? ':observer' : '';
    const client = clientPorts ? `;127.0.0.1:${ports[at * 3]}` : '';
    lines[`server.${id}`] = `127.0.0.1:${ports[at * 3 + 1]}:${ports[at * 3 + 2]}${role}${client}`;
  }
  return Promise.all(
    serverIds.map(async (id, at) => {
      const dataDir = join(folder, String(id));
      await mkdir(dataDir);
      await writeFile(join(dataDir, 'myid'), `${id}\n`);
      const config = { initLimit: 10, syncLimit: 5, ...(dynamicFile === undefined ? lines : {}) };
      if (dynamicFile === undefined) return { dataDir, port: ports[at * 3]!, config };
      const dynamicConfigFile = join(dataDir, dynamicFile);
      const text = Object.entries(lines).map(([key, value]) => `${key}=${value}\n`);
      await writeFile(dynamicConfigFile, text.join(''));
      return { dataDir, port: ports[at * 3]!, config: { ...config, dynamicConfigFile } };
    }),
  );
}
