/**
 * A terminal's screen, as far as programs need it that edit a line and draw tables: what somebody
 * would see. Colours are dropped.
 */
export class Screen {
  readonly #columns: number;
  readonly #rows: number;
  #cells: string[][];
  #row = 0;
  #column = 0;
  /** The screen from before the other one was taken. */
  #kept: { cells: string[][]; row: number; column: number } | undefined;
  /** How many times a whole screen was taken, and whether the cursor is hidden. */
  taken = 0;
  isCursorHidden = false;
  #unread = '';

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#rows = rows;
    this.#cells = this.#blank();
  }

  /** Whether the other screen is shown, which goes without a trace. */
  get isTaken(): boolean {
    return this.#kept !== undefined;
  }

  /** What is seen, without blanks at the ends of lines and of the screen. */
  get text(): string {
    return this.#cells
      .map((row) => row.join('').trimEnd())
      .join('\n')
      .trimEnd();
  }

  /** Takes what a program writes. */
  write(text: string): void {
    const all = this.#unread + text;
    this.#unread = '';
    for (let at = 0; at < all.length; at++) {
      const letter = all[at]!;
      if (letter !== '\x1b') {
        this.#put(letter);
        continue;
      }
      const sequence = /^(?:\[([?\d;]*)([A-Za-z])|[=>78]|\([B0])/.exec(all.slice(at + 1, at + 24));
      if (sequence === null) {
        if (all.length - at < 24) {
          this.#unread = all.slice(at);
          return;
        }
        continue;
      }
      at += sequence[0].length;
      if (sequence[2] !== undefined) this.#control(sequence[1]!, sequence[2]);
    }
  }

  #put(letter: string): void {
    if (letter === '\r') this.#column = 0;
    else if (letter === '\n') this.#down();
    else if (letter === '\b') this.#column = Math.max(0, this.#column - 1);
    else if (letter >= ' ') {
      if (this.#column === this.#columns) {
        this.#column = 0;
        this.#down();
      }
      this.#cells[this.#row]![this.#column] = letter;
      this.#column++;
    }
  }

  #down(): void {
    if (this.#row < this.#rows - 1) {
      this.#row++;
      return;
    }
    this.#cells.shift();
    this.#cells.push(this.#blankRow());
  }

  #control(parameters: string, name: string): void {
    const [first = '', second = ''] = parameters.split(';');
    const by = Number(first) || 1;
    if (name === 'A') this.#row = Math.max(0, this.#row - by);
    else if (name === 'B') this.#row = Math.min(this.#rows - 1, this.#row + by);
    else if (name === 'C') this.#column = Math.min(this.#columns - 1, this.#column + by);
    else if (name === 'D') this.#column = Math.max(0, this.#column - by);
    else if (name === 'G') this.#column = Math.min(this.#columns, by) - 1;
    else if (name === 'H') {
      this.#row = Math.min(this.#rows, by) - 1;
      this.#column = Math.min(this.#columns, Number(second) || 1) - 1;
    } else if (name === 'J') this.#clearBelow();
    else if (name === 'K') this.#cells[this.#row]!.fill(' ', this.#column);
    else if (name === 'h' || name === 'l') this.#mode(parameters, name === 'h');
  }

  #clearBelow(): void {
    this.#cells[this.#row]!.fill(' ', this.#column);
    for (let row = this.#row + 1; row < this.#rows; row++) this.#cells[row]!.fill(' ');
  }

  #mode(parameters: string, isOn: boolean): void {
    if (parameters === '?25') this.isCursorHidden = !isOn;
    if (parameters !== '?1049') return;
    if (isOn) {
      this.taken++;
      this.#kept = { cells: this.#cells, row: this.#row, column: this.#column };
      this.#cells = this.#blank();
    } else if (this.#kept !== undefined) {
      const { cells, row, column } = this.#kept;
      [this.#cells, this.#row, this.#column] = [cells, row, column];
      this.#kept = undefined;
    }
  }

  #blank(): string[][] {
    return Array.from({ length: this.#rows }, () => this.#blankRow());
  }

  #blankRow(): string[] {
    return new Array<string>(this.#columns).fill(' ');
  }
}
