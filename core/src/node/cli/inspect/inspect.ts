import { nearest } from '../../../config/spelling.js';
import { CommandLineError, type World } from '../world.js';

type Run = (words: readonly string[], world: World) => Promise<number>;

const kinds: Readonly<Record<string, Run>> = {
  log: async (words, world) => (await import('./log-command.js')).logCommand(words, world),
  snapshot: async (words, world) => {
    return (await import('./snapshot-command.js')).snapshotCommand(words, world);
  },
  compare: async (words, world) => {
    return (await import('./compare-command.js')).compareCommand(words, world);
  },
};

/**
 * Shows what stands in the files of a data folder, of Vivarium or of Apache ZooKeeper, and what is
 * wrong with them.
 *
 * @returns 0 when all is sound, 1 when something is damaged (or differs, for `compare`)
 */
export async function inspectCommand(words: readonly string[], world: World): Promise<number> {
  const [kind, ...rest] = words;
  const run = kind === undefined ? undefined : kinds[kind];
  if (run !== undefined) return run(rest, world);
  const all = Object.keys(kinds);
  const like = kind === undefined ? undefined : nearest(kind, all);
  const said = kind === undefined ? '' : `there is no inspect ${JSON.stringify(kind)}. `;
  const hint =
    like === undefined ? `Say what the file is: ${all.join(', ')}.` : `Did you mean ${like}?`;
  throw new CommandLineError(`${said}${hint}`);
}
