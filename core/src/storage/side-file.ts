import { CRC_START, crcBytes, crcOf } from '../base/crc32.js';
import { Reader } from '../wire/reader.js';
import type { RecordType } from '../wire/types.js';
import { Writer } from '../wire/writer.js';

/** Magic and version in front, a CRC-32 behind. */
const FRAME_BYTES = 12;

/** What a side file turned out to be. */
export type SideFileContent<T> =
  | { readonly state: 'good'; readonly value: T }
  /** Written by a version of Vivarium that this one does not know. */
  | { readonly state: 'newer'; readonly version: number }
  | { readonly state: 'damaged' };

/** A kind of file that holds one record of ours. */
export class SideFile<T> {
  readonly #magic: number;
  readonly #version: number;
  readonly #type: RecordType<T>;

  /** @param tag four letters that the file begins with */
  constructor(tag: string, version: number, type: RecordType<T>) {
    this.#magic = [...tag].reduce((magic, letter) => (magic << 8) | letter.charCodeAt(0), 0);
    this.#version = version;
    this.#type = type;
  }

  /** The bytes of a file, in an array of its own. */
  encode(value: T): Uint8Array {
    const out = new Writer(64);
    out.int(this.#magic);
    out.int(this.#version);
    this.#type.write(out, value);
    out.int(crcOf(crcBytes(CRC_START, out.bytes, 0, out.position)));
    return out.copy();
  }

  decode(bytes: Uint8Array): SideFileContent<T> {
    if (bytes.length < FRAME_BYTES) return { state: 'damaged' };
    const end = bytes.length - 4;
    const from = new Reader(bytes);
    const magic = from.int();
    const version = from.int();
    const crc = new Reader(bytes, end).int();
    if (crc !== crcOf(crcBytes(CRC_START, bytes, 0, end)) || magic !== this.#magic) {
      return { state: 'damaged' };
    }
    if (version !== this.#version) return { state: 'newer', version };
    from.end = end;
    const value = this.#type.read(from);
    return from.remaining === 0 ? { state: 'good', value } : { state: 'damaged' };
  }
}
