/** The shell in the process of the test: as quick as a function, over real connections. */
import { connect } from '@vivarium/core';
import { runShell } from '@vivarium/core/internal/node/cli/shell/shell';

/** What came of it. */
export interface ShellHere {
  readonly code: Promise<number>;
  /** Lines so far. */
  readonly out: readonly string[];
  readonly err: readonly string[];
  /** Presses Ctrl-C. */
  interrupt(): void;
}

/** Runs `vivarium shell` with a command, or with lines as from a pipe. */
export function shellHere(
  server: string,
  { words = [], lines = [] }: { words?: readonly string[]; lines?: readonly string[] },
): ShellHere {
  const out: string[] = [];
  const err: string[] = [];
  let interrupt = (): void => {};
  const code = runShell(['-server', server, ...words], {
    version: '0.1.0',
    env: { NO_COLOR: '1' },
    connect,
    async *lines() {
      yield* lines;
    },
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    progress: () => {},
    onInterrupt(callback) {
      interrupt = callback;
      return () => {};
    },
    exit: (number) => void err.push(`exit ${number}`),
  });
  return { code, out, err, interrupt: () => interrupt() };
}
