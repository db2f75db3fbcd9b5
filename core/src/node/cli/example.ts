import { parseArgs } from 'node:util';
import { nearest } from '../../config/spelling.js';
import { exitCodes } from '../start-error.js';
import { type ExampleServers, launchExampleServers } from './example-servers.js';
import { CommandLineError, type World } from './world.js';

/**
 * The package that has the examples. It is loaded by name when it is there: recipes know this
 * package, and it does not know them.
 */
const EXAMPLES: string = '@vivarium/recipes/examples';
const USUAL_WIDTH = 80;
/** What a shell says of a process that Ctrl-C ended. */
const INTERRUPTED = 130;

/** What that package exports. */
export interface ExamplesModule {
  /** By name, in the order in which they are listed. */
  readonly examples: Readonly<Record<string, { readonly title: string }>>;
  /** Plays one. Resolves with whether it did what it promises. */
  playExample(name: string, host: ExampleHost): Promise<boolean>;
}

/** What an example finds here. */
export interface ExampleHost {
  /** Takes what is to be read, in whole lines. */
  write(text: string): void;
  /** One JSON object a line, for programs, in place of what people read. */
  readonly json: boolean;
  /** Columns of what is written. */
  readonly width: number;
  readonly colors: boolean;
  /** Whether somebody looks on, who wants the time to read. */
  readonly isWatched: boolean;
  /** Aborts when it is to end at once. */
  readonly stop: AbortSignal;
  startServers(settings: Readonly<Record<string, string>>): Promise<ExampleServers>;
}

/**
 * Plays an example of the cookbook on servers of its own, or lists all of them.
 *
 * @returns 0 when the example did what it promises
 */
export async function exampleCommand(words: readonly string[], world: World): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false } },
  });
  const [name, ...more] = positionals;
  if (more.length > 0) throw new CommandLineError('Name one example.');
  const { examples, playExample } = await loadExamples();
  if (name === undefined) {
    world.stdout.write(listOf(examples, values.json));
    return exitCodes.ok;
  }
  if (!Object.hasOwn(examples, name)) throw unknownExample(name, Object.keys(examples));
  const stop = new AbortController();
  const forget = world.onStopRequest(() => stop.abort());
  try {
    const isKept = await playExample(name, hostIn(world, values.json, stop.signal));
    if (stop.signal.aborted) return INTERRUPTED;
    return isKept ? exitCodes.ok : exitCodes.unexpected;
  } finally {
    forget();
  }
}

async function loadExamples(): Promise<ExamplesModule> {
  try {
    return (await import(EXAMPLES)) as ExamplesModule;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const story = 'The examples come with the recipes: npm install @vivarium/recipes';
    throw new CommandLineError(story, { cause: error });
  }
}

function unknownExample(name: string, names: readonly string[]): CommandLineError {
  const like = nearest(name, names);
  const hint = like === undefined ? '' : ` Did you mean ${like}?`;
  const story = `there is no example ${JSON.stringify(name)}.${hint}`;
  return new CommandLineError(`${story} \`vivarium example\` lists all of them.`);
}

function listOf(examples: ExamplesModule['examples'], json: boolean): string {
  const rows = Object.entries(examples);
  if (json) return rows.map(([name, { title }]) => `${JSON.stringify({ name, title })}\n`).join('');
  const widest = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, { title }]) => `  ${name.padEnd(widest)}  ${title}\n`);
  return `
Each plays a page of docs/cookbook: three servers, some programs, real failures.

${lines.join('')}
  npx vivarium example lock
`;
}

function hostIn(world: World, json: boolean, stop: AbortSignal): ExampleHost {
  const { isTTY = false, columns = USUAL_WIDTH } = world.stdout;
  const isWatched = isTTY && !json;
  return {
    write: (text) => void world.stdout.write(text),
    json,
    width: columns,
    colors: isWatched && (process.env.NO_COLOR ?? '') === '',
    isWatched,
    stop,
    startServers: (settings) => launchExampleServers(world, settings),
  };
}
