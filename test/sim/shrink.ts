/**
 * Makes a run that fails shorter: leaves out faults and what programs do, as long as the same
 * property still does not hold.
 *
 * @see Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input
 */
import { type RunOptions, runSeed } from './run-seed.js';
import { Script, type ScriptLine } from './script.js';

export interface ShrinkOptions {
  /** Most runs that it takes. Default 400. */
  readonly runsMax?: number;
  /** Told of each run that was shorter and failed in the same way. */
  readonly shorter?: (lines: number) => void;
}

export interface Shrunk {
  readonly property: string;
  readonly message: string;
  /** What is left, in the order of time. */
  readonly lines: readonly ScriptLine[];
  /** What of it has to be named to do the same again. */
  readonly only: ReadonlySet<string>;
  readonly runs: number;
}

interface Failure {
  readonly property: string;
  readonly message: string;
  readonly lines: readonly ScriptLine[];
}

/** Undefined when the run does not fail. */
export async function shrink(
  options: RunOptions,
  { runsMax = 400, shorter = () => {} }: ShrinkOptions = {},
): Promise<Shrunk | undefined> {
  const first = await failureOf(options, options.only);
  if (first === undefined) return undefined;
  let best = first;
  let runs = 1;
  for (let size = Math.ceil(namesIn(best).length / 2); size >= 1; ) {
    let hasShrunk = false;
    for (let at = 0; at < namesIn(best).length && runs < runsMax; ) {
      const names = namesIn(best);
      const rest = new Set([...names.slice(0, at), ...names.slice(at + size)]);
      const failure = await failureOf(options, rest);
      runs += 1;
      // What is left may be more than was asked for only if something takes effect later now.
      if (failure?.property !== first.property || namesIn(failure).length >= names.length) {
        at += size;
        continue;
      }
      best = failure;
      hasShrunk = true;
      shorter(namesIn(best).length);
    }
    if (runs >= runsMax || (size === 1 && !hasShrunk)) break;
    if (size > 1 || namesIn(best).length === 0) size = Math.floor(size / 2);
  }
  const { property, message, lines } = best;
  return { property, message, lines, only: new Set(namesIn(best)), runs };
}

/** A fault may take effect more than once. */
function namesIn({ lines }: Failure): string[] {
  return [...new Set(lines.map(({ name }) => name))];
}

async function failureOf(
  options: RunOptions,
  only: ReadonlySet<string> | undefined,
): Promise<Failure | undefined> {
  const script = new Script(only);
  const { log: _, ...quietly } = options;
  try {
    const { violation } = await runSeed({ ...quietly, script });
    if (violation === undefined) return undefined;
    return { property: violation.property, message: violation.message, lines: script.lines };
  } catch (error) {
    const isError = error instanceof Error;
    const property = isError ? `${error.name} ${error.message.slice(0, 60)}` : String(error);
    return { property, message: isError ? error.stack! : property, lines: script.lines };
  }
}
