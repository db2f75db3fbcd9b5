import { fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Launched, World } from './world.js';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** Tells a process that it was launched by another one of this program, and ends with it. */
const LAUNCHED = 'VIVARIUM_LAUNCHED';

/** The world of this very process. */
export function processWorld(loadBoot: World['loadBoot']): World {
  let isServing = false;
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever read our output has seen enough. A server has others to serve.
    if (error.code !== 'EPIPE') throw error;
    if (!isServing) process.exit(0);
  });
  // A log that nobody takes any more, or that has no room, is no reason to stop: there is nowhere
  // to say so.
  process.stderr.on('error', () => {});
  return {
    loadBoot,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    // Looked for when it is asked for: a server has no business with standard input.
    get terminal() {
      const { stdin: input, stdout: output } = process;
      return input.isTTY === true && output.isTTY === true ? { input, output } : undefined;
    },
    isWatched: process.stderr.isTTY === true,
    onInterrupt(callback) {
      for (const signal of STOP_SIGNALS) process.on(signal, callback);
      return () => {
        for (const signal of STOP_SIGNALS) process.off(signal, callback);
      };
    },
    lines() {
      if (process.stdin.isTTY === true) {
        process.stderr.write('One command a line; help lists them, Ctrl-D or quit ends.\n');
      }
      return createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
    },
    onStopRequest(callback) {
      isServing = true;
      const orphaned = () => callback('the end of the process that launched it');
      for (const signal of STOP_SIGNALS) process.on(signal, callback);
      if (process.env[LAUNCHED] !== undefined) {
        process.on('disconnect', orphaned);
        // It may have ended before anybody listened.
        if (!process.connected) setImmediate(orphaned);
      }
      return () => {
        isServing = false;
        for (const signal of STOP_SIGNALS) process.off(signal, callback);
        process.off('disconnect', orphaned);
      };
    },
    launch,
    exit: (code) => process.exit(code),
  };
}

/**
 * In a process group of its own: a Ctrl-C in the terminal goes to the one who launched it, which
 * asks it to stop, and not to both, which would make it two requests.
 */
function launch(words: readonly string[]): Launched {
  const child = fork(process.argv[1]!, words, {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, [LAUNCHED]: '1' },
  });
  const lines = createInterface({ input: child.stderr! });
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('error', () => resolve({ code: 1, signal: null }));
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  return {
    pid: child.pid ?? 0,
    ended,
    onLine: (callback) => void lines.on('line', callback),
    stop: () => void child.kill('SIGTERM'),
  };
}

/** How long the end waits for whoever reads the log. */
const LOG_PATIENCE_MS = 1000;

/**
 * Ends this process once its output has been taken: what waits for a slow reader of a pipe would be
 * lost otherwise. A log that nobody reads does not hold it up.
 */
export async function endProcess(code: number): Promise<never> {
  await written(process.stdout);
  await Promise.race([
    written(process.stderr),
    new Promise((done) => setTimeout(done, LOG_PATIENCE_MS)),
  ]);
  process.exit(code);
}

function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((done) => {
    stream.write('', () => done());
  });
}
