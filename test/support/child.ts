/** Processes that tests start, watch and end. */
import { spawn } from 'node:child_process';
import type { TestContext } from './suite.js';

export interface Child {
  readonly pid: number;
  /** All it has written so far. */
  readonly output: { out: string; err: string };
  /** Resolves with the match once an output has matched. @throws when it ends before */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** From now on nobody reads what it writes. */
  ignore(): void;
  kill(signal: NodeJS.Signals): void;
  /** Takes nothing more of what it writes: its outputs are pipes that nobody reads. */
  hangUp(): void;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

export interface ChildOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What it finds on its standard input, which then ends. */
  readonly input?: string;
  /** How many files and sockets it may have open. */
  readonly maxOpenFiles?: number;
}

/** Starts a program of Node's; killed, if need be, when the test has ended. */
export function startChild(
  t: TestContext,
  words: readonly string[],
  { cwd, env = {}, input = '', maxOpenFiles }: ChildOptions = {},
): Child {
  const limited = ['-c', `ulimit -n ${maxOpenFiles}; exec "$0" "$@"`, process.execPath, ...words];
  const [program, ...args] =
    maxOpenFiles === undefined ? [process.execPath, ...words] : ['sh', ...limited];
  const child = spawn(program!, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  child.stdin.on('error', () => {}); // It may end without reading.
  child.stdin.end(input);
  const output = { out: '', err: '' };
  let look = () => {};
  let isOver = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.out += text;
    look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.err += text;
    look();
  });
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.on('close', (code, signal) => {
      isOver = true;
      look();
      resolve(code ?? signal!);
    });
  });
  t.cleanup(async () => {
    if (!isOver) child.kill('SIGKILL');
    await ended;
  });
  return {
    pid: child.pid!,
    output,
    ended,
    ignore: () => {
      child.stdout.destroy();
      child.stderr.destroy();
    },
    kill: (signal) => {
      child.kill(signal);
    },
    hangUp: () => {
      child.stdout.destroy();
      child.stderr.destroy();
    },
    says: (pattern) =>
      new Promise((resolve, reject) => {
        look = () => {
          const match = pattern.exec(output.out) ?? pattern.exec(output.err);
          if (match !== null) resolve(match);
          else if (isOver) reject(new Error(`it ended: ${output.out}${output.err}`));
        };
        look();
      }),
  };
}
