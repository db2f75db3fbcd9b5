import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Lines that are kept beyond a run. */
export const HISTORY_MAX = 1000;

/**
 * Where the lines of the shell are kept: what `VIVARIUM_SHELL_HISTORY` names, else
 * `vivarium/shell-history` in `$XDG_STATE_HOME`, which is `~/.local/state` by default. Undefined
 * when the variable is there and empty.
 */
export function historyFile(
  env: Readonly<Record<string, string | undefined>>,
  home = homedir(),
): string | undefined {
  const named = env.VIVARIUM_SHELL_HISTORY;
  if (named !== undefined) return named === '' ? undefined : named;
  const state = env.XDG_STATE_HOME;
  const folder = state === undefined || state === '' ? join(home, '.local', 'state') : state;
  return join(folder, 'vivarium', 'shell-history');
}

/** Lines of earlier runs, oldest first; none when there is no file or it cannot be read. */
export function readHistory(file: string): string[] {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    return lines.filter((line) => line !== '').slice(-HISTORY_MAX);
  } catch {
    return [];
  }
}

/**
 * Keeps one more line, in a file that is its owner's alone. Lines that begin with a blank and those
 * with a password are not kept.
 *
 * @returns what is wrong with the file; undefined when all is well
 */
export function keepLine(file: string, line: string): string | undefined {
  if (/^\s/.test(line) || /^addauth\b/.test(line)) return undefined;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, `${line}\n`, { flag: 'a', mode: 0o600 });
    chmodSync(file, 0o600);
    return undefined;
  } catch (error) {
    return `lines are not kept: ${(error as Error).message}`;
  }
}

/** Keeps the newest lines only, once a file has grown to twice as many. */
export function trimHistory(file: string): void {
  try {
    const lines = readFileSync(file, 'utf8').split('\n');
    if (lines.length <= 2 * HISTORY_MAX) return;
    writeFileSync(file, lines.slice(-HISTORY_MAX - 1).join('\n'), { mode: 0o600 });
  } catch {
    // There is no file, or it is not ours to write: keepLine has said so.
  }
}
