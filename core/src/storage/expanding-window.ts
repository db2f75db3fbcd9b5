import { DamagedStreamError } from '../base/damaged-stream.js';
import { MalformedError } from '../wire/reader.js';
import { ADLER_START, adler32 } from './adler32.js';
import type { CheckedWindow } from './byte-window.js';
import { type Compression, decompress } from './compression.js';
import type { DiskReader } from './disk.js';
import { PushWindow } from './push-window.js';

/** A compressed file cannot be decompressed, whatever is in it. */
export class DamagedCompressionError extends MalformedError {
  /** Where in the file. */
  readonly offset: number;

  constructor(compression: Compression, { offset, message }: DamagedStreamError) {
    super(`its ${compression} compression is damaged at byte ${offset} of the file: ${message}`);
    this.offset = offset;
  }
}

/**
 * What is in a compressed file, decompressed while it is read from front to back. Offsets count in
 * what is in it; how much that is, is known at its end only. Memory is taken for the largest thing
 * that is read as a whole, and for pieces of the file and of what is in it: a few MiB, as long as
 * no block of snappy is larger.
 */
export class ExpandingWindow extends PushWindow implements CheckedWindow {
  readonly compression: Compression;
  readonly #pieces: Generator<Uint8Array, void>;
  #checksum = ADLER_START;
  #checkedTo = 0;
  #isAtEnd = false;
  #expandedBytes = 0;
  #damage: DamagedCompressionError | undefined;

  constructor(disk: DiskReader, file: string, size: number, compression: Compression) {
    super();
    this.compression = compression;
    this.#pieces = decompress(disk, file, size, compression);
  }

  override get left(): number {
    return this.#isAtEnd ? this.remaining : super.left;
  }

  /** @throws DamagedCompressionError when the file cannot be decompressed so far */
  override ensure(count: number): boolean {
    while (!super.ensure(count)) {
      const piece = this.#next();
      if (piece === undefined) return false;
      this.#check();
      this.push(piece);
    }
    return true;
  }

  get checksum(): number {
    this.#check();
    return this.#checksum;
  }

  /** Bytes of what is in it, as far as it was decompressed. */
  get expandedBytes(): number {
    return this.#expandedBytes;
  }

  /** Decompresses what is left, and lets go of it. @returns why that cannot be done */
  findDamage(): DamagedCompressionError | undefined {
    try {
      while (this.#next() !== undefined);
      return undefined;
    } catch (error) {
      if (!(error instanceof DamagedCompressionError)) throw error;
      return error;
    }
  }

  #next(): Uint8Array | undefined {
    if (this.#damage !== undefined) throw this.#damage;
    try {
      const next = this.#pieces.next();
      this.#isAtEnd = next.done === true;
      if (next.done === true) return undefined;
      this.#expandedBytes += next.value.length;
      return next.value;
    } catch (error) {
      if (!(error instanceof DamagedStreamError)) throw error;
      this.#damage = new DamagedCompressionError(this.compression, error);
      throw this.#damage;
    }
  }

  #check(): void {
    const start = this.offset - this.position;
    this.#checksum = adler32(this.#checksum, this.bytes, this.#checkedTo - start, this.position);
    this.#checkedTo = this.offset;
  }
}
