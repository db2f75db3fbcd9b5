/** Wrong use of the shell or of one of its commands; nothing was sent. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What stands on the shell's own command line. */
export interface ShellOptions {
  readonly server: string;
  readonly timeoutMs: number;
  readonly readOnly: boolean;
  /** Answers in JSON from every command. */
  readonly json: boolean;
  /** False to go without even on a terminal. */
  readonly colours: boolean;
  /** False to keep no lines beyond this run. */
  readonly history: boolean;
  /** Command and arguments; empty when commands come from standard input. */
  readonly words: readonly string[];
}

const HELP: ReadonlySet<string> = new Set(['-help', '-h', '-?']);

/** The shell's options, which stand before the command; for its help and its reference page. */
export const shellOptions: readonly (readonly [option: string, doc: string])[] = [
  ['-server host:port,…/chroot', 'Which servers; localhost:2181 when left out.'],
  ['-timeout ms', "The session's timeout, and how long to wait for a server; 30000."],
  ['-r', 'A server that is cut off from its ensemble will do, for reads.'],
  ['-waitforconnection', 'Understood for zkCli’s sake: the shell always waits.'],
  ['--json', 'Answers in JSON; also after any single command.'],
  ['--no-color', 'No colours; so does the variable NO_COLOR, and output that is no terminal.'],
  ['--no-history', 'Lines are not kept beyond this run.'],
];

/**
 * Reads the shell's command line, with zkCli's options, which stand before the command.
 *
 * @throws UsageError
 */
export function readShellOptions(words: readonly string[]): ShellOptions {
  const options = {
    server: 'localhost:2181',
    timeoutMs: 30_000,
    readOnly: false,
    json: false,
    colours: true,
    history: true,
  };
  let at = 0;
  const argument = (name: string): string => {
    const value = words[++at];
    if (value === undefined) throw new UsageError(`${name} needs an argument`);
    return value;
  };
  for (; at < words.length && words[at]!.startsWith('-'); at++) {
    const name = words[at]!.replace(/^--/, '-');
    if (HELP.has(name)) return { ...options, words: ['help'] };
    if (name === '-server') options.server = argument(name);
    else if (name === '-timeout') options.timeoutMs = positive(argument(name), '-timeout');
    else if (name === '-r') options.readOnly = true;
    else if (name === '-json') options.json = true;
    else if (name === '-no-color') options.colours = false;
    else if (name === '-no-history') options.history = false;
    else if (name === '-client-configuration') {
      throw new UsageError(
        '-client-configuration names a file with the settings of TLS and SASL, which are not ' +
          'there yet; leave it out',
      );
    } else if (name !== '-waitforconnection') throw new UsageError(`${name} is not an option`);
  }
  return { ...options, words: words.slice(at) };
}

/** Flags a command knows, single letters or words: true for those that take a value. */
export type Flags = Readonly<Record<string, boolean>>;

/** A command's words, sorted out. */
export interface Arguments {
  /** Flags that were given, with their values (empty for those without). */
  readonly flags: ReadonlyMap<string, string>;
  readonly rest: readonly string[];
}

/**
 * Parts flags from other words. Flags may stand anywhere; single letters may be run together
 * (`-sR`); words stand alone, behind one dash or two, with their value after them or behind `=`.
 * `--` ends them; a negative number is no flag.
 *
 * @throws UsageError on a flag that is not known or lacks its value
 */
export function readArguments(words: readonly string[], known: Flags): Arguments {
  const flags = new Map<string, string>();
  const rest: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === '--') {
      rest.push(...words.slice(at + 1));
      break;
    }
    if (!/^-[^\d]/.test(word)) {
      rest.push(word);
      continue;
    }
    const next = (flag: string): string => {
      const value = words[++at];
      if (value === undefined) throw new UsageError(`-${flag} needs a value`);
      return value;
    };
    const [, name = '', value] = /^--?([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (name.length > 1 && Object.hasOwn(known, name)) {
      if (!known[name] && value !== undefined) throw new UsageError(`-${name} takes no value`);
      flags.set(name, known[name] === true ? (value ?? next(name)) : '');
      continue;
    }
    if (word.startsWith('--')) throw new UsageError(`${word} is not an option`);
    for (let letter = 1; letter < word.length; letter++) {
      const flag = word[letter]!;
      if (!Object.hasOwn(known, flag)) throw new UsageError(`-${flag} is not an option`);
      if (known[flag] === true) {
        flags.set(flag, letter + 1 < word.length ? word.slice(letter + 1) : next(flag));
        break;
      }
      flags.set(flag, '');
    }
  }
  return { flags, rest };
}

/** Words of a line; quotes of either kind keep blanks together and vanish. */
export function splitLine(line: string): string[] {
  const words: string[] = [];
  for (const match of line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)) {
    words.push(match[1] ?? match[2] ?? match[3]!);
  }
  return words;
}

/** A whole number above zero. */
export function positive(text: string, what: string): number {
  const value = integer(text, what);
  if (value <= 0) throw new UsageError(`${what} must be greater than zero, not ${text}`);
  return value;
}

/** A whole number. */
export function integer(text: string, what: string): number {
  if (!/^[+-]?\d{1,15}$/.test(text)) {
    throw new UsageError(`${what} must be a whole number, not ${text}`);
  }
  return Number(text);
}
