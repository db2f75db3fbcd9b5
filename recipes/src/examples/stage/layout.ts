import type { Look } from './actor.js';

/** What stands in a participant's lane. */
const glyphs: Readonly<Record<Look, string>> = {
  absent: ' ',
  runs: '│',
  holds: '█',
  stopped: '╎',
  'cut off': '┆',
};

/** Below this a column has no room for a sentence. */
const COLUMN_MIN = 22;
const WIDTH_MAX = 120;
const WIDTH_MIN = 40;
/** Seconds with one digit, and what sets them apart. */
const TIME = 8;

/** Colours of the terminal, one for each lane. */
const laneColors = [36, 33, 35, 32, 34, 31] as const;

export interface LayoutOptions {
  readonly cast: readonly string[];
  readonly width: number;
  readonly colors: boolean;
}

/**
 * Sets lines for people: a lane for each participant, and what it says in a column beside it, or,
 * where that is too narrow, behind all lanes with its name.
 */
export class Layout {
  readonly #cast: readonly string[];
  readonly #width: number;
  readonly #colors: boolean;
  readonly #column: number;
  readonly #looks = new Map<string, Look>();
  /** What the lanes looked like between the last two lines. */
  #between = '';

  constructor({ cast, width, colors }: LayoutOptions) {
    this.#cast = cast;
    this.#width = Math.min(Math.max(width, WIDTH_MIN), WIDTH_MAX);
    this.#colors = colors;
    const room = Math.floor((this.#width - TIME) / cast.length);
    this.#column = room < COLUMN_MIN ? 0 : room;
  }

  look(who: string, look: Look): void {
    this.#looks.set(who, look);
  }

  /** What stands above all: what is played, and what lanes mean. */
  title(text: string, facts: readonly string[]): string {
    const legend = (['runs', 'holds', 'stopped', 'cut off'] as const).map(
      (look) => `${glyphs[look]} ${look}`,
    );
    const lines = [...facts, legend.join(' · ')].flatMap((fact) => wrap(fact, this.#width - 4));
    const heads = this.#cast.map((name, at) => {
      return `${this.#inColor(at, name)}${' '.repeat(Math.max(this.#column - name.length, 0))}`;
    });
    const head = this.#column === 0 ? [] : ['', `${' '.repeat(TIME)}${heads.join('').trimEnd()}`];
    const titles = wrap(text, this.#width - 4).map((line) => `  ${this.#bold(line)}`);
    return joined(['', ...titles, ...lines.map((line) => `  ${this.#dim(line)}`), ...head]);
  }

  /** @param ms since the beginning */
  said(ms: number, who: string, text: string): string {
    const at = this.#cast.indexOf(who);
    this.#between = '';
    if (this.#column === 0) return this.#saidBehindLanes(ms, at, text);
    const lines = wrap(text, this.#column - 3).map((line, index) => {
      const cells = this.#cast.map((_, lane) => this.#cell(lane, lane === at ? line : ''));
      return `${this.#time(index === 0 ? ms : undefined)}${cells.join('').trimEnd()}`;
    });
    return joined(lines);
  }

  /** What is done to them. */
  told(ms: number, text: string): string {
    const lines = wrap(text, this.#width - TIME - 2).map((line, index) => {
      const time = this.#time(index === 0 ? ms : undefined);
      return `${time}${index === 0 ? '▸' : ' '} ${this.#bold(line)}`;
    });
    const lanes = this.#lanes();
    const before = lanes === this.#between ? [] : [lanes];
    this.#between = lanes;
    return joined([...before, ...lines, lanes]);
  }

  ended(isKept: boolean, text: string): string {
    const mark = this.#paint(isKept ? 32 : 31, isKept ? '✓' : '✗');
    const lines = wrap(text, this.#width - 6).map(
      (line, at) => `  ${at === 0 ? mark : ' '} ${line}`,
    );
    return joined(['', ...lines, '']);
  }

  #saidBehindLanes(ms: number, at: number, text: string): string {
    const widest = Math.max(...this.#cast.map((name) => name.length));
    const room = this.#width - TIME - 2 * this.#cast.length - widest - 2;
    const lines = wrap(text, room).map((line, index) => {
      const lanes = this.#cast.map((_, lane) => this.#glyph(lane)).join(' ');
      const name = (index === 0 ? this.#cast[at]! : '').padEnd(widest);
      return `${this.#time(index === 0 ? ms : undefined)}${lanes}  ${this.#inColor(at, name)} ${line}`;
    });
    return joined(lines);
  }

  #lanes(): string {
    const cells = this.#cast.map((_, lane) =>
      this.#column === 0 ? `${this.#glyph(lane)} ` : this.#cell(lane, ''),
    );
    return `${' '.repeat(TIME)}${cells.join('')}`.trimEnd();
  }

  #cell(lane: number, text: string): string {
    return `${this.#glyph(lane)} ${text.padEnd(this.#column - 2)}`;
  }

  #glyph(lane: number): string {
    const look = this.#looks.get(this.#cast[lane]!) ?? 'absent';
    // Spaces at the end of a line can be left out only if no colour stands behind them.
    return look === 'absent' ? glyphs.absent : this.#inColor(lane, glyphs[look]);
  }

  #time(ms: number | undefined): string {
    if (ms === undefined) return ' '.repeat(TIME);
    return `${this.#dim((ms / 1000).toFixed(1).padStart(TIME - 2))}  `;
  }

  #inColor(lane: number, text: string): string {
    return this.#paint(laneColors[lane % laneColors.length]!, text);
  }

  #bold(text: string): string {
    return this.#colors ? `\x1b[1m${text}\x1b[22m` : text;
  }

  #dim(text: string): string {
    return this.#colors ? `\x1b[2m${text}\x1b[22m` : text;
  }

  #paint(color: number, text: string): string {
    return this.#colors ? `\x1b[${color}m${text}\x1b[39m` : text;
  }
}

const joined = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');

/** Lines of a text that are no longer than `width`, broken between words where that can be. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    for (; line.length > width; line = line.slice(width)) lines.push(line.slice(0, width));
  }
  return [...lines, line];
}
