import { Reader } from '../wire/reader.js';
import { ADLER_START, adler32 } from './adler32.js';
import type { CheckedWindow } from './byte-window.js';
import type { DiskReader } from './disk.js';

/** Bytes read at a time where nothing else is asked for. */
export const WINDOW_BYTES: number = 4 << 20;

/** A file that is read from front to back, a large piece at a time. */
export class FileWindow extends Reader implements CheckedWindow {
  readonly #disk: DiskReader;
  readonly #file: string;
  /** Bytes of the file, by the listing. */
  readonly #size: number;
  readonly #windowBytes: number;
  /** Where in the file the piece begins. */
  #start = 0;
  #checksum = ADLER_START;
  #checkedTo = 0;

  /**
   * @param start where to begin
   * @param windowBytes read at a time
   */
  constructor(
    disk: DiskReader,
    file: string,
    size: number,
    start = 0,
    windowBytes: number = WINDOW_BYTES,
  ) {
    super(new Uint8Array(0));
    this.#disk = disk;
    this.#file = file;
    this.#size = size;
    this.#start = start;
    this.#windowBytes = windowBytes;
  }

  get offset(): number {
    return this.#start + this.position;
  }

  get left(): number {
    return this.#size - this.offset;
  }

  ensure(count: number): boolean {
    if (this.remaining >= count) return true;
    if (count > this.left) return false;
    this.#check();
    this.#start = this.offset;
    const bytes = this.#disk.read(this.#file, this.#start, Math.max(count, this.#windowBytes));
    this.reset(bytes, 0, bytes.length);
    this.#checkedTo = 0;
    return bytes.length >= count;
  }

  get checksum(): number {
    this.#check();
    return this.#checksum;
  }

  #check(): void {
    this.#checksum = adler32(this.#checksum, this.bytes, this.#checkedTo, this.position);
    this.#checkedTo = this.position;
  }
}
