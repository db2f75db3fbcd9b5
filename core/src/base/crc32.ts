/**
 * CRC-32 (IEEE, as in zlib and Java) in steps of eight bytes. A register is the running value
 * before the final inversion; it starts at {@link CRC_START}.
 */

import { utf8 } from './bytes.js';

export const CRC_START = -1;

const tables: Int32Array = makeTables();

/** The register after `bytes` from `start` to `end`. */
export function crcBytes(register: number, bytes: Uint8Array, start: number, end: number): number {
  let c = register;
  let i = start;
  for (; i + 8 <= end; i += 8) {
    c =
      tables[1792 + ((c ^ bytes[i]!) & 0xff)]! ^
      tables[1536 + (((c >>> 8) ^ bytes[i + 1]!) & 0xff)]! ^
      tables[1280 + (((c >>> 16) ^ bytes[i + 2]!) & 0xff)]! ^
      tables[1024 + ((c >>> 24) ^ bytes[i + 3]!)]! ^
      tables[768 + bytes[i + 4]!]! ^
      tables[512 + bytes[i + 5]!]! ^
      tables[256 + bytes[i + 6]!]! ^
      tables[bytes[i + 7]!]!;
  }
  for (; i < end; i++) c = tables[(c ^ bytes[i]!) & 0xff]! ^ (c >>> 8);
  return c;
}

/** The register after the UTF-8 bytes of a text. */
export function crcText(register: number, text: string): number {
  let c = register;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) {
      const bytes = utf8(i === 0 ? text : text.slice(i));
      return crcBytes(c, bytes, 0, bytes.length);
    }
    c = tables[(c ^ unit) & 0xff]! ^ (c >>> 8);
  }
  return c;
}

/** The register after a big-endian 32-bit word. */
export function crcWord(register: number, word: number): number {
  const c = register;
  return (
    tables[768 + ((c ^ (word >>> 24)) & 0xff)]! ^
    tables[512 + (((c >>> 8) ^ (word >>> 16)) & 0xff)]! ^
    tables[256 + (((c >>> 16) ^ (word >>> 8)) & 0xff)]! ^
    tables[((c >>> 24) ^ word) & 0xff]!
  );
}

/** The register after a big-endian 64-bit value in two halves. */
export function crcLong(register: number, high: number, low: number): number {
  const c = register;
  return (
    tables[1792 + ((c ^ (high >>> 24)) & 0xff)]! ^
    tables[1536 + (((c >>> 8) ^ (high >>> 16)) & 0xff)]! ^
    tables[1280 + (((c >>> 16) ^ (high >>> 8)) & 0xff)]! ^
    tables[1024 + (((c >>> 24) ^ high) & 0xff)]! ^
    tables[768 + (low >>> 24)]! ^
    tables[512 + ((low >>> 16) & 0xff)]! ^
    tables[256 + ((low >>> 8) & 0xff)]! ^
    tables[low & 0xff]!
  );
}

/** The checksum of a register, signed; `>>> 0` makes it what Java prints. */
export function crcOf(register: number): number {
  return ~register;
}

/** Table k is what a byte does to the register when k more bytes follow it in the same step. */
function makeTables(): Int32Array {
  const made = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let c = byte;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb8_8320 : c >>> 1;
    made[byte] = c;
  }
  for (let i = 256; i < made.length; i++) {
    const before = made[i - 256]!;
    made[i] = made[before & 0xff]! ^ (before >>> 8);
  }
  return made;
}
