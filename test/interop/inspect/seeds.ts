/** Sound files of either server, to be damaged and to be compared. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesOf } from '../data-files.js';
import { type ServerKind, startServer } from '../server-process.js';
import { fillFiles } from './fill.js';

export interface SeedFolder {
  readonly kind: ServerKind;
  readonly dataDir: string;
  /** Paths, oldest first. */
  readonly logs: readonly string[];
  readonly snapshots: readonly string[];
}

/** Has a server fill a data folder, and ends it. */
export async function makeSeed(kind: ServerKind, dataDir: string): Promise<SeedFolder> {
  const config = { snapCount: 100, preAllocSize: 64, tickTime: 6000 };
  const server = await startServer(kind, { dataDir, config });
  try {
    await fillFiles(server.port);
  } finally {
    await server.stop();
  }
  return seedOf(kind, dataDir);
}

export function seedOf(kind: ServerKind, dataDir: string): SeedFolder {
  const paths = (of: 'log' | 'snapshot') =>
    filesOf(dataDir, of).map((name) => join(dataDir, 'version-2', name));
  return { kind, dataDir, logs: paths('log'), snapshots: paths('snapshot') };
}

/** The notes of Vivarium's beside a log, if there are any. */
export function notesBeside(log: string): Buffer | undefined {
  const path = log.replace(/log\.([0-9a-f]+)$/, 'vivarium-log.$1');
  return existsSync(path) ? readFileSync(path) : undefined;
}

/** The zxid in a file's name. */
export function zxidIn(path: string): bigint {
  return BigInt(`0x${/[0-9a-f]+$/.exec(path)![0]}`);
}
