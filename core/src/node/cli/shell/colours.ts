/** Words in colour, for terminals that have any. */
export interface Colours {
  readonly good: (text: string) => string;
  readonly warn: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly bold: (text: string) => string;
}

const PLAIN = (text: string): string => text;

/** Colours, or none at all. */
export function coloursOf(isOn: boolean): Colours {
  const paint = (code: number) => (isOn ? (text: string) => `\x1b[${code}m${text}\x1b[0m` : PLAIN);
  return { good: paint(32), warn: paint(33), bad: paint(31), dim: paint(2), bold: paint(1) };
}

/** Whether an environment wants none, as https://no-color.org has it, or can show none. */
export function refusesColours(env: Readonly<Record<string, string | undefined>>): boolean {
  return (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb';
}
