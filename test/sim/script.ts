/**
 * What a run does of its own accord, thing by thing: faults, and what programs ask for. Each has a
 * name that does not depend on the others, so that a run can be repeated with some of them alone.
 */

export interface ScriptLine {
  /** `f12` for the twelfth fault that was planned, `c3.7` for the seventh thing that c3 does. */
  readonly name: string;
  /** Virtual time. */
  readonly atMs: number;
  readonly what: string;
}

export class Script {
  /** What was done, in the order of time. A fault is here once it has taken effect. */
  readonly lines: ScriptLine[] = [];
  readonly #only: ReadonlySet<string> | undefined;

  /** @param only what the run does; everything unless given */
  constructor(only?: ReadonlySet<string>) {
    this.#only = only;
  }

  /** Whether something is a part of the run. */
  has(name: string): boolean {
    return this.#only === undefined || this.#only.has(name);
  }

  did(name: string, atMicros: number, what: string): void {
    this.lines.push({ name, atMs: atMicros / 1_000, what });
  }
}

/** For people, and for `--only`. */
export function textOf(lines: readonly ScriptLine[]): string {
  const text = lines.map(({ name, atMs, what }) => {
    return `${atMs.toFixed(3).padStart(12)} ${name.padEnd(7)} ${what}`;
  });
  return text.join('\n');
}
