import type { LogStream } from '../logger.js';
import type { BootMachine } from '../run-server.js';
import type { Terminal } from './shell/terminal.js';

/** What commands need of the process they run in. */
export interface World {
  /** Loads the server's machine, which only those wait for who start one. */
  loadBoot(): Promise<BootMachine>;
  readonly stdout: LogStream;
  readonly stderr: LogStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where a person sits, who types and reads; undefined when either end is none. */
  readonly terminal?: Terminal | undefined;
  /** Whether standard error is a terminal. */
  readonly isWatched: boolean;
  /** Lines of standard input. */
  lines(): AsyncIterable<string>;
  /**
   * Calls back for each request to stop (Ctrl-C, SIGTERM, the end of the process that launched
   * this one), with the signal's name. Returns what ends that.
   */
  onStopRequest(callback: (signal: string) => void): () => void;
  /** Calls back for each Ctrl-C or SIGTERM, of a program that serves nobody. */
  onInterrupt(callback: () => void): () => void;
  /** Runs this very program with other words, in a process that ends with this one at last. */
  launch(words: readonly string[]): Launched;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** A process that was launched. */
export interface Launched {
  readonly pid: number;
  /** Is told of each line that it writes to its standard error. */
  onLine(callback: (line: string) => void): void;
  /** Asks it to stop, as Ctrl-C would. */
  stop(): void;
  /** Resolves when it has ended and all its lines were told. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

/** The command line is wrong; nothing was done. */
export class CommandLineError extends Error {
  override readonly name = 'CommandLineError';
}
