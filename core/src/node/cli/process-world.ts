import { createInterface } from 'node:readline';
import type { BootMachine } from '../run-server.js';
import type { World } from './world.js';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** The world of this very process. */
export function processWorld(boot: BootMachine): World {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever read our output has seen enough.
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
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
      for (const signal of STOP_SIGNALS) process.on(signal, callback);
      return () => {
        for (const signal of STOP_SIGNALS) process.off(signal, callback);
      };
    },
    exit: (code) => process.exit(code),
  };
}
