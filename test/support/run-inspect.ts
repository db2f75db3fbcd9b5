/** The command line `vivarium inspect …` in this process. */
import { runCommandLine } from '@vivarium/core/internal/node/cli/command-line';

export interface InspectRun {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs it to its end. */
export async function inspect(...words: readonly string[]): Promise<InspectRun> {
  let out = '';
  let err = '';
  const never = () => {
    throw new Error('inspect has no use for this');
  };
  const code = await runCommandLine(['inspect', ...words], {
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
    env: {},
    isWatched: false,
    lines: never,
    onStopRequest: never,
    onInterrupt: never,
    launch: never,
    exit: never,
  });
  return { code, out, err };
}

/** The objects in lines of JSON that have a key. */
export function objectsOf(out: string, key: string): readonly Record<string, unknown>[] {
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter((each) => Object.hasOwn(each, key));
}
