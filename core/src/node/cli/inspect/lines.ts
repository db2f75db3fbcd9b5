import type { LogStream } from '../../logger.js';

/** Bytes that are written at a time. */
const PIECE = 1 << 16;

/** Lines of output, many at a time, and no faster than whoever reads them takes them. */
export class Lines {
  readonly #stream: LogStream;
  #text = '';

  constructor(stream: LogStream) {
    this.#stream = stream;
  }

  add(line: string): void {
    this.#text += `${line}\n`;
  }

  /** Whether so much has gathered that {@link flush} should be awaited before more is added. */
  get isFull(): boolean {
    return this.#text.length >= PIECE;
  }

  /** Writes what has gathered, and waits while the stream has more than enough. */
  async flush(): Promise<void> {
    const text = this.#text;
    if (text === '') return;
    this.#text = '';
    const stream = this.#stream;
    if (stream.write(text) !== false || !tellsOfDrain(stream)) return;
    await new Promise<void>((resolve) => stream.once('drain', resolve));
  }
}

interface Draining {
  once(event: 'drain', callback: () => void): unknown;
}

function tellsOfDrain(stream: LogStream): stream is LogStream & Draining {
  return 'once' in stream && typeof stream.once === 'function';
}

/** One object as a line of JSON; ids are hexadecimal texts already. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value);
}
