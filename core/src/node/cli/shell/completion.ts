import { childOf } from '../../../base/path.js';
import type { Client } from '../../../client/api.js';
import type { ShellCommand, ShellCommands } from './command.js';

/** Whole words that may stand where the last one of a line stands, and that word. */
export type Completion = readonly [candidates: readonly string[], word: string];

/** Longest wait for names of nodes: a key was pressed, and nothing else is read meanwhile. */
const LIMIT_MS = 1_000;
/** Most candidates that are shown. */
const SHOWN_MAX = 100;

/** Words that commands take and that are neither flags nor paths. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  printwatches: ['on', 'off'],
  addauth: ['digest'],
};

/**
 * Completes the last word of a line: a command, a flag of it, or the path of a node. Answers no
 * candidates when names of nodes do not come in time, or there is no client.
 *
 * @param line up to the cursor
 */
export async function complete(
  line: string,
  commands: ShellCommands,
  client: Client | undefined,
): Promise<Completion> {
  const words = line.trimStart().split(/\s+/);
  const word = words.at(-1) ?? '';
  if (words.length <= 1) return [startingWith(Object.keys(commands), word), word];
  const name = words[0]!;
  if (name === 'help') return [startingWith(Object.keys(commands), word), word];
  if (!Object.hasOwn(commands, name)) return [[], word];
  const command = commands[name]!;
  if (word.startsWith('-')) return [startingWith(flagsOf(command), word), word];
  if (name === 'addWatch' && words.at(-2) === '-m') {
    return [startingWith(['PERSISTENT', 'PERSISTENT_RECURSIVE'], word.toUpperCase()), word];
  }
  if (WORDS[name] !== undefined) return [startingWith(WORDS[name], word), word];
  if (!word.startsWith('/') || client === undefined) {
    return [word === '' && command.own !== true ? ['/'] : [], word];
  }
  return [await pathsFrom(client, word), word];
}

function startingWith(all: readonly string[], start: string): readonly string[] {
  return all
    .filter((each) => each.startsWith(start))
    .sort()
    .map((each) => `${each} `);
}

function flagsOf({ flags }: ShellCommand): readonly string[] {
  const names = Object.keys(flags).map((flag) => (flag.length === 1 ? `-${flag}` : `--${flag}`));
  return [...names, '--json'];
}

async function pathsFrom(client: Client, word: string): Promise<readonly string[]> {
  const slash = word.lastIndexOf('/');
  const folder = slash === 0 ? '/' : word.slice(0, slash);
  const start = word.slice(slash + 1);
  const names = await within(client, folder);
  const found = names.filter((name) => name.startsWith(start)).map((name) => childOf(folder, name));
  if (found.length <= SHOWN_MAX) return found;
  const shared = sharedStart(found);
  if (shared.length > word.length) return [shared];
  return [...found.slice(0, SHOWN_MAX), `… ${found.length - SHOWN_MAX} more`];
}

async function within(client: Client, folder: string): Promise<readonly string[]> {
  if (client.state.type !== 'connected') return [];
  const limit = new AbortController();
  const stop = client.clock.setTimer(LIMIT_MS, () => limit.abort());
  try {
    return (await client.children(folder, { signal: limit.signal })).children;
  } catch {
    // No such node, no permission, or too slow: there is nothing to offer.
    return [];
  } finally {
    stop();
  }
}

/** What all of them begin with. */
function sharedStart([first = '', ...others]: readonly string[]): string {
  let length = first.length;
  for (const other of others) {
    while (!other.startsWith(first.slice(0, length))) length--;
  }
  return first.slice(0, length);
}
