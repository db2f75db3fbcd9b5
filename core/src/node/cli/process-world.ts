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
  // A log that nobody takes any more is no reason to end: there is nowhere to say so, either.
  process.stderr.on('error', () => {});
  return {
    boot,
    stdout: process.stdout,
    stderr: process.stderr,
    lines: () => createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY }),
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
