import { existsSync, mkdirSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SnapshotWriter } from '../../../storage/snapshot-writer.js';
import type { Database } from '../../../tree/database.js';
import { syncFolder } from '../../durable-file.js';
import { Files } from '../../files.js';
import { demandNoApache, lockFolder } from '../../folder-lock.js';
import { exitCodes, StartError } from '../../start-error.js';
import { CommandLineError, type World } from '../world.js';
import { readBackup, storyOf } from './backup-file.js';

const SLICE_NODES = 10_000;
/** An operator's word to a server that begins; no data. */
const NO_DATA: readonly string[] = ['initialize'];

/**
 * Makes a data folder of a backup, for a server that is not running. The folder begins to have data
 * at one moment; whatever goes wrong before, it has none.
 */
export async function restoreCommand(words: readonly string[], world: World): Promise<number> {
  const { positionals, values } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { data: { type: 'string' }, 'data-log': { type: 'string' } },
  });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new CommandLineError('Name one backup.');
  const { data: shown, 'data-log': logs } = values;
  if (shown === undefined || shown === '') {
    throw new CommandLineError('Name the data folder to make: --data FOLDER (dataDir of zoo.cfg).');
  }
  const dataDir = resolve(shown);
  demandEmpty(dataDir, shown);
  if (logs !== undefined) demandEmpty(resolve(logs), logs);
  const backup = readBackup(file);
  const made = makeFolders(dataDir, shown);
  try {
    demandNoApache(dataDir);
    const lock = await lockFolder(dataDir);
    try {
      demandEmpty(dataDir, shown);
      write(backup.database, join(dataDir, 'version-2'), shown);
    } finally {
      lock.release();
    }
  } catch (error) {
    for (const folder of made) removeIfEmpty(folder);
    throw error;
  }
  world.stdout.write(`${shown}: ${storyOf(backup)}\n${nextSteps(file)}`);
  return exitCodes.ok;
}

function write(database: Database, folder: string, shown: string): void {
  const before = new Set(readdirSync(folder));
  const disk = new Files({ snapshots: folder, logs: folder });
  try {
    const writer = new SnapshotWriter(database, {
      digest: true,
      dbId: -1n,
      sliceNodes: SLICE_NODES,
      sync: true,
      apacheSessions: new Set(),
    });
    while (!writer.done) disk.perform(writer.next());
  } catch (error) {
    for (const name of readdirSync(folder)) if (!before.has(name)) unlinkSync(join(folder, name));
    const { message } = error as Error;
    const story = `${shown} cannot be written: ${message}. It has no data; make room, and try again.`;
    throw new StartError(story, exitCodes.disk, { cause: error });
  } finally {
    disk.close();
  }
}

/** @throws StartError when a folder has data */
function demandEmpty(folder: string, shown: string): void {
  const path = join(folder, 'version-2');
  const found = existsSync(path) ? readdirSync(path).filter((name) => !NO_DATA.includes(name)) : [];
  const [first] = found;
  if (first === undefined) return;
  throw new StartError(
    `${shown} has data (version-2/${first}), and a backup is restored into a folder without. ` +
      'Stop its server and move version-2 away, or name another folder.',
    exitCodes.dataFolder,
  );
}

/** Makes what is missing of a data folder. @returns what was made, the innermost first */
function makeFolders(dataDir: string, shown: string): readonly string[] {
  const made: string[] = [];
  try {
    const missing: string[] = [];
    for (let at = join(dataDir, 'version-2'); !existsSync(at); at = dirname(at)) missing.push(at);
    for (const folder of missing.reverse()) {
      mkdirSync(folder, { mode: 0o700 });
      made.unshift(folder);
      syncFolder(dirname(folder));
    }
    return made;
  } catch (error) {
    for (const folder of made) removeIfEmpty(folder);
    const { message } = error as Error;
    throw new StartError(`${shown} cannot be made: ${message}`, exitCodes.dataFolder, {
      cause: error,
    });
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Somebody else has put something there.
  }
}

function nextSteps(file: string): string {
  return [
    'Next, for an ensemble: do the same on every one of its servers while none runs, with this very',
    `file (${file}) and the data folder of that server, which keeps its myid. Then start them all.`,
    'A server that stands alone is simply started. The sessions in the backup end, with their',
    'ephemeral nodes, when their timeouts are over; clients have to be started again.',
    '',
  ].join('\n');
}
