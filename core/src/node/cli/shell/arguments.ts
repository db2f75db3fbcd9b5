/** Wrong use of the shell or of one of its commands; nothing was sent. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What stands on the shell's own command line. */
export interface ShellOptions {
  readonly server: string;
  readonly timeoutMs: number;
  readonly readOnly: boolean;
  /** Command and arguments; empty when commands come from standard input. */
  readonly words: readonly string[];
}

const HELP: ReadonlySet<string> = new Set(['-help', '-h', '-?']);

/**
 * Reads the shell's command line, with zkCli's options, which stand before the command.
 *
 * @throws UsageError
 */
export function readShellOptions(words: readonly string[]): ShellOptions {
  let server = 'localhost:2181';
  let timeoutMs = 30_000;
  let readOnly = false;
  let at = 0;
  const argument = (name: string): string => {
    const value = words[++at];
    if (value === undefined) throw new UsageError(`${name} needs an argument`);
    return value;
  };
  for (; at < words.length && words[at]!.startsWith('-'); at++) {
    const name = words[at]!.replace(/^--/, '-');
    if (HELP.has(name)) return { server, timeoutMs, readOnly, words: ['help'] };
    if (name === '-server') server = argument(name);
    else if (name === '-timeout') timeoutMs = positive(argument(name), '-timeout');
    else if (name === '-r') readOnly = true;
    else if (name !== '-waitforconnection') throw new UsageError(`${name} is not an option`);
  }
  return { server, timeoutMs, readOnly, words: words.slice(at) };
}

/** Flags a command knows: true for those that take a value. */
export type Flags = Readonly<Record<string, boolean>>;

/** A command's words, sorted out. */
export interface Arguments {
  /** Flags that were given, with their values (empty for those without). */
  readonly flags: ReadonlyMap<string, string>;
  readonly rest: readonly string[];
}

/**
 * Parts flags from other words. Flags may stand anywhere and be run together (`-sR`); `--` ends
 * them; a negative number is no flag.
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
    for (let letter = 1; letter < word.length; letter++) {
      const flag = word[letter]!;
      if (known[flag] === undefined) throw new UsageError(`-${flag} is not an option`);
      if (!known[flag]) {
        flags.set(flag, '');
        continue;
      }
      const value = letter + 1 < word.length ? word.slice(letter + 1) : words[++at];
      if (value === undefined) throw new UsageError(`-${flag} needs a value`);
      flags.set(flag, value);
      break;
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
