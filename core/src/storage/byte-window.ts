import type { Reader } from '../wire/reader.js';

/** A cursor over bytes of which only a piece is at hand: of a file, or of what has arrived. */
export interface ByteWindow extends Reader {
  /** Where in the whole the next byte is read. */
  readonly offset: number;
  /** Bytes from {@link offset} on to the end of the whole; infinite when nobody knows. */
  readonly left: number;
  /** Sees to it that `count` bytes can be read. @returns false when they are not there (yet) */
  ensure(count: number): boolean;
}

/** One that knows the checksum of what was read. */
export interface CheckedWindow extends ByteWindow {
  /** Adler-32 of everything that was read. */
  readonly checksum: number;
}
