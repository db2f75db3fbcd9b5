/** A person at a terminal: a program under a pseudo-terminal, keys for it, and what is seen. */
import { spawn } from 'node:child_process';
import { endWithThisProcess } from '../apache.js';
import { Screen } from './screen.js';

export const KEYS = {
  enter: '\r',
  tab: '\t',
  up: '\x1b[A',
  ctrlC: '\x03',
  ctrlD: '\x04',
} as const;

export interface TypedProgram {
  readonly screen: Screen;
  type(keys: string): void;
  /** Resolves once the screen looks as asked. @throws with what is seen when it does not in time */
  until(what: string, holds: (screen: Screen) => boolean): Promise<void>;
  /** Exit code of the program. */
  readonly ended: Promise<number | null>;
  end(): Promise<void>;
}

const LIMIT_MS = 60_000;
const COLUMNS = 100;
const ROWS = 30;

/** Runs a program under `script` of util-linux, on a screen of 100 columns and 30 rows. */
export function typedProgram(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): TypedProgram {
  const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const command = `stty cols ${COLUMNS} rows ${ROWS}; exec ${quoted}`;
  const child = spawn('script', ['-qefc', command, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm', NO_COLOR: '', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const forget = endWithThisProcess(child);
  const screen = new Screen(COLUMNS, ROWS);
  let look = (): void => {};
  let isOver = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen.write(text);
    look();
  });
  child.stdin.on('error', () => {}); // It may have ended.
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      isOver = true;
      forget();
      look();
      resolve(code);
    });
  });
  return {
    screen,
    ended,
    type: (keys) => void child.stdin.write(keys),
    until: (what, holds) =>
      new Promise((resolve, reject) => {
        const fail = (why: string) => {
          look = () => {};
          clearTimeout(limit);
          reject(new Error(`${what}: ${why}. On the screen:\n${screen.text}`));
        };
        const limit = setTimeout(() => fail('not in time'), LIMIT_MS);
        look = () => {
          if (holds(screen)) {
            look = () => {};
            clearTimeout(limit);
            resolve();
          } else if (isOver) fail('it ended');
        };
        look();
      }),
    async end() {
      if (!isOver) child.kill('SIGKILL');
      await ended;
    },
  };
}
