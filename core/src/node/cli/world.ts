import type { LogStream } from '../logger.js';
import type { BootMachine } from '../run-server.js';

/** What commands need of the process they run in. */
export interface World {
  readonly boot: BootMachine;
  readonly stdout: LogStream;
  readonly stderr: LogStream;
  /** Lines of standard input. */
  lines(): AsyncIterable<string>;
  /**
   * Calls back for each request to stop (Ctrl-C, SIGTERM), with the signal's name. Returns what
   * ends that.
   */
  onStopRequest(callback: (signal: string) => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** The command line is wrong; nothing was done. */
export class CommandLineError extends Error {
  override readonly name = 'CommandLineError';
}
