import { createInterface } from 'node:readline';
import type { BootMachine } from '../run-server.js';
import type { World } from './world.js';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The world of this very process. */
export function processWorld(boot: BootMachine): World {
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
    boot,
    stdout: process.stdout,
    stderr: process.stderr,
    lines() {
      if (process.stdin.isTTY === true) {
        process.stderr.write('One command a line; help lists them, Ctrl-D or quit ends.\n');
      }
      return createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
    },
    onStopRequest(callback) {
      isServing = true;
      for (const signal of STOP_SIGNALS) process.on(signal, callback);
      return () => {
        isServing = false;
        for (const signal of STOP_SIGNALS) process.off(signal, callback);
      };
    },
    exit: (code) => process.exit(code),
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
