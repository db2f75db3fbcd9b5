import { randomBytes } from 'node:crypto';
import type { Config } from '../config/config.js';
import { type DataDir, openDataDir } from './data-dir.js';
import { Files, type StepPerformer } from './files.js';
import { ForgetfulFiles } from './forgetful-files.js';
import type { Log } from './logger.js';
import { MemoryFiles } from './memory-files.js';
import { exitCodes, StartError } from './start-error.js';

/** What a server keeps its data in, claimed for it. */
export interface Storage {
  readonly dataDir: DataDir;
  readonly files: StepPerformer;
}

/**
 * Claims a data folder and opens its files.
 *
 * @throws StartError when the folder cannot be used
 */
export async function openStorage(config: Config, log: Log): Promise<Storage> {
  const dataDir = await openDataDir(config);
  for (const message of dataDir.warnings) log({ level: 'warn', event: 'data.warning', message });
  try {
    return { dataDir, files: openFiles(dataDir, log) };
  } catch (error) {
    dataDir.release();
    throw error;
  }
}

const SECRET_BYTES = 32;

/** Memory for the data of a server that ends with the process. */
export function memoryStorage({ serverId }: Config): Storage {
  const dataDir = {
    snapshots: '',
    logs: '',
    serverId,
    secret: new Uint8Array(randomBytes(SECRET_BYTES)),
    warnings: [],
    release() {},
  };
  return { dataDir, files: new MemoryFiles() };
}

/**
 * The disk of a server. For crash tests only, the environment variable VIVARIUM_TEST_DISK may ask
 * for one that forgets what was not synced (`forgetful`), or that also lies about it (`lying`).
 */
function openFiles(dataDir: DataDir, log: Log): StepPerformer {
  const files = new Files(dataDir);
  const kind = process.env.VIVARIUM_TEST_DISK ?? '';
  if (kind === '') return files;
  if (kind !== 'forgetful' && kind !== 'lying') {
    const allowed = 'forgetful, lying, or nothing';
    const story = `VIVARIUM_TEST_DISK=${kind} is not allowed; allowed: ${allowed}`;
    throw new StartError(story, exitCodes.invocation);
  }
  const message = `VIVARIUM_TEST_DISK=${kind}: data will be lost on purpose`;
  log({ level: 'warn', event: 'disk.test', message });
  return new ForgetfulFiles(files, { lies: kind === 'lying' });
}
