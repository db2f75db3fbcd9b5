/** A command of `vivarium` in this process. */
import { runCommandLine } from '@vivarium/core/internal/node/cli/command-line';

export interface CommandRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Standard input. */
  readonly lines?: readonly string[];
  /** Is given what interrupts the command, as Ctrl-C does. */
  readonly interruptible?: (interrupt: () => void) => void;
}

/** Runs a command that launches nothing to its end. */
export async function runCommand(
  words: readonly string[],
  { env = {}, lines = [], interruptible = () => {} }: CommandOptions = {},
): Promise<CommandRun> {
  let out = '';
  let err = '';
  const never = () => {
    throw new Error('this command has no use for it');
  };
  const code = await runCommandLine(words, {
    loadBoot: never,
    stdout: {
      write(text) {
        out += text;
      },
    },
    stderr: {
      write(text) {
        err += text;
      },
    },
    env,
    isWatched: false,
    async *lines() {
      yield* lines;
    },
    onStopRequest: never,
    onInterrupt(callback) {
      interruptible(callback);
      return () => {};
    },
    launch: never,
    exit: never,
  });
  return { code, out, err };
}
