import type { Property } from './properties.js';
import { HIDDEN, isSecretName } from './secrets.js';

/** Something an operator must change, or should know, in a config file. */
export interface ConfigProblem {
  readonly file: string;
  /** Line it begins on, from 1; 0 when the file as a whole is meant. */
  readonly line: number;
  readonly key: string;
  /** As written; secrets are replaced. */
  readonly value: string;
  /** What may stand there, or what to do (a sentence then); empty when nothing needs doing. */
  readonly allowed: string;
  /** The whole story in one line, beginning with `file:line:`. */
  readonly message: string;
}

/** One property and the file that it stands in. */
export interface Line extends Property {
  readonly file: string;
}

/** A line that is missing: what is said of it is said of the file as a whole. */
export function missingLine(file: string, key: string): Line {
  return { file, line: 0, key, value: '' };
}

/** Collects what is wrong with some config files, so that all of it can be told in one go. */
export class Problems {
  readonly #files: readonly string[];
  readonly #errors: ConfigProblem[] = [];
  readonly #warnings: ConfigProblem[] = [];

  /** @param files in the order in which their problems shall be told */
  constructor(files: readonly string[]) {
    this.#files = files;
  }

  get errors(): readonly ConfigProblem[] {
    return this.#inOrder(this.#errors);
  }

  get warnings(): readonly ConfigProblem[] {
    return this.#inOrder(this.#warnings);
  }

  /** What is wrong with a line, told after the line itself: `tickTime=0 is not allowed`. */
  error(line: Line, what: string, allowed: string): void {
    this.fault(line, `${shown(line)} ${what}`, allowed);
  }

  warn(line: Line, what: string, allowed: string): void {
    this.notice(line, `${shown(line)} ${what}`, allowed);
  }

  /** An error with a story of its own, for what is not there or cannot be read. */
  fault(line: Line, story: string, allowed: string): void {
    this.#errors.push(problemOf(line, story, allowed));
  }

  notice(line: Line, story: string, allowed: string): void {
    this.#warnings.push(problemOf(line, story, allowed));
  }

  #inOrder(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
    const place = ({ file }: ConfigProblem) => this.#files.indexOf(file);
    return [...problems].sort((a, b) => place(a) - place(b) || a.line - b.line);
  }
}

/** A property as it may be shown: without secrets. */
export function shown(property: Property): string {
  return `${property.key}=${withoutSecrets(property)}`;
}

function problemOf(line: Line, story: string, allowed: string): ConfigProblem {
  const place = line.line === 0 ? line.file : `${line.file}:${line.line}`;
  const isSentence = /^[A-Z]/.test(allowed);
  const ending = allowed === '' ? '' : isSentence ? `. ${allowed}` : `; allowed: ${allowed}`;
  return {
    file: line.file,
    line: line.line,
    key: line.key,
    value: withoutSecrets(line),
    allowed,
    message: `${place}: ${story}${ending}`,
  };
}

/** Values that are secrets stay out of every output. */
function withoutSecrets({ key, value }: Property): string {
  return isSecretName(key) && value !== '' ? HIDDEN : value;
}
