/** The command line `vivarium inspect …` in this process. */
import { type CommandRun, runCommand } from './run-command.js';

/** Runs it to its end. */
export function inspect(...words: readonly string[]): Promise<CommandRun> {
  return runCommand(['inspect', ...words]);
}

/** The objects in lines of JSON that have a key. */
export function objectsOf(out: string, key: string): readonly Record<string, unknown>[] {
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((each) => Object.hasOwn(each, key));
}
