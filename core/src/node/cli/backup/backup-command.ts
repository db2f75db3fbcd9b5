import { existsSync, renameSync, unlinkSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { hexLong } from '../../../base/long.js';
import { syncFolder } from '../../durable-file.js';
import { exitCodes, StartError, systemCode } from '../../start-error.js';
import { CommandLineError, type World } from '../world.js';
import { readBackup, storyOf } from './backup-file.js';
import { fetchSnapshot, type SnapshotQuestion } from './fetch-snapshot.js';

/** What the name of a file ends with until all of it is there and checked. */
const UNFINISHED = '.unfinished';

/** Where the password is looked for, unless standard input has it. */
export const PASSWORD_VARIABLE = 'VIVARIUM_PASSWORD';

/**
 * Takes a backup of a server that runs. The file has its name only when it is whole, checked and
 * durable; whatever goes wrong before, nothing is left.
 */
export async function backupCommand(words: readonly string[], world: World): Promise<number> {
  const { positionals, values } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      from: { type: 'string' },
      user: { type: 'string' },
      stdin: { type: 'boolean', default: false },
    },
  });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new CommandLineError('Name one file to make.');
  if (values.from === undefined) throw new CommandLineError('Name a server: --from host:port.');
  if (values.user === undefined || values.user === '' || values.user.includes(':')) {
    throw new CommandLineError('Name an administrator of the server: --user NAME.');
  }
  const at = placeIn(values.from);
  const path = resolve(file);
  demandFree(path, file);
  const password = values.stdin ? await firstLine(world) : world.env[PASSWORD_VARIABLE];
  if (password === undefined || password === '') {
    throw new CommandLineError(
      `The password of ${values.user} comes in ${PASSWORD_VARIABLE} or, with --stdin, as a line.`,
    );
  }
  const stop = new AbortController();
  const ignore = world.onInterrupt(() => {
    stop.abort(new StartError('Interrupted; no backup was made.', exitCodes.unexpected));
  });
  try {
    const story = await take({ ...at, user: values.user, password }, path, file, stop.signal);
    world.stdout.write(`${file}: ${story}\n`);
    return exitCodes.ok;
  } finally {
    ignore();
  }
}

async function take(
  question: SnapshotQuestion,
  path: string,
  shown: string,
  signal: AbortSignal,
): Promise<string> {
  const draft = path + UNFINISHED;
  const handle = await create(draft, `${shown}${UNFINISHED}`);
  try {
    const fetched = await fetchInto(handle, question, `${shown}${UNFINISHED}`, signal);
    const found = readBackup(draft, 'kept');
    if (found.zxid !== fetched.zxid) {
      const what = `the server said ${hexLong(fetched.zxid)}, and sent ${hexLong(found.zxid)}`;
      throw new StartError(`${shown} cannot be kept: ${what}.`, exitCodes.unexpected);
    }
    signal.throwIfAborted();
    demandFree(path, shown);
    renameSync(draft, path);
    syncFolder(dirname(path));
    return storyOf(found);
  } catch (error) {
    removeIfThere(draft);
    throw error;
  }
}

async function fetchInto(
  handle: FileHandle,
  question: SnapshotQuestion,
  shown: string,
  signal: AbortSignal,
): Promise<{ readonly zxid: bigint }> {
  const onDisk = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw cannotWrite(shown, error);
    }
  };
  try {
    const fetched = await fetchSnapshot(question, signal, (bytes) =>
      onDisk(handle.writeFile(bytes)),
    );
    await onDisk(handle.sync());
    return fetched;
  } finally {
    await handle.close();
  }
}

async function create(draft: string, shown: string): Promise<FileHandle> {
  try {
    return await open(draft, 'wx', 0o600);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw cannotWrite(shown, error);
    throw new StartError(
      `${shown} is there: another backup is being taken, or was killed. Remove it in that case.`,
      exitCodes.invocation,
    );
  }
}

function cannotWrite(shown: string, error: unknown): StartError {
  const remedy =
    systemCode(error) === 'ENOSPC' ? 'Make room, or name a file elsewhere.' : 'Name another file.';
  const { message } = error as Error;
  return new StartError(`${shown} cannot be written: ${message}. ${remedy}`, exitCodes.disk);
}

function demandFree(path: string, shown: string): void {
  if (!existsSync(path)) return;
  const remedy = 'Name a file that is not there; nothing is written over.';
  throw new StartError(`${shown} exists. ${remedy}`, exitCodes.invocation);
}

function placeIn(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:/\s]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host !== undefined && port > 0 && port < 65_536) return { host, port };
  throw new CommandLineError(`--from takes host:port, not ${JSON.stringify(text)}.`);
}

async function firstLine(world: World): Promise<string | undefined> {
  for await (const line of world.lines()) return line;
  return undefined;
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}
