/** The two servers of a comparison, configured alike. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ApacheVersion, apacheVersions, startApache } from '../apache.js';
import { launchVivarium } from '../vivarium.js';
import { SUPER_DIGEST } from './choices.js';
import { Lane } from './lane.js';

/** What is compared with the reference: Vivarium, or the reference itself to try the tools. */
export type Subject = 'vivarium' | 'apache' | 'newest apache';

export interface Pair {
  readonly theirs: Lane;
  readonly ours: Lane;
  /** The end of both servers' logs, for reports. */
  logs(): string;
  stop(): Promise<void>;
}

/**
 * Nothing may happen by itself during a comparison: no session is short enough to expire, and the
 * search for containers is far away.
 */
const alike = {
  tickTime: 20_000,
  enforceQuota: 'true',
  'znode.container.checkIntervalMs': 86_400_000,
  'DigestAuthenticationProvider.superDigest': SUPER_DIGEST,
} as const;

/** Starts both; `config` goes to both. */
export async function startPair(
  version: ApacheVersion,
  subject: Subject,
  config: Readonly<Record<string, string | number>> = {},
): Promise<Pair> {
  const apache = (which: ApacheVersion = version) =>
    startApache({ version: which, config: { ...alike, ...config } });
  const started = await Promise.allSettled([
    apache(),
    subject === 'vivarium'
      ? vivarium({ ...alike, ...config })
      : apache(subject === 'apache' ? version : apacheVersions.newest),
  ] as const);
  const stop = async () => {
    for (const server of started) if (server.status === 'fulfilled') await server.value.stop();
  };
  const [theirs, ours] = started;
  if (theirs.status === 'rejected' || ours.status === 'rejected') {
    await stop();
    throw [theirs, ours].find((server) => server.status === 'rejected')!.reason;
  }
  const old = version === apacheVersions.oldest;
  return {
    theirs: new Lane(`Apache ZooKeeper ${version}`, theirs.value.port, old),
    ours: new Lane(subject, ours.value.port, old),
    logs: () => `${theirs.value.log().slice(-2000)}\n---\n${ours.value.log().slice(-2000)}`,
    stop,
  };
}

async function vivarium(config: Readonly<Record<string, string | number>>) {
  const folder = await mkdtemp(join(tmpdir(), 'vivarium-pair-'));
  const server = await launchVivarium({ dataDir: folder, config });
  const stop = async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await server.serving;
  } catch (error) {
    await stop();
    throw error;
  }
  return { port: server.port, log: () => server.log(), stop };
}
