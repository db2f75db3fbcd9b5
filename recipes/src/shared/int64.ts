import { RecipeError } from '../errors.js';

/** Whether a number fits 64 bits with a sign. */
export function isInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value;
}

/** Eight bytes, greatest first. */
export function encodeInt64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, value);
  return bytes;
}

/** No bytes at all are zero. @throws RecipeError INVALID_VALUE for any other number than eight */
export function decodeInt64(path: string, bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  if (bytes.length !== 8) {
    const reason = `it holds ${bytes.length} bytes; a counter has 8`;
    throw new RecipeError('INVALID_VALUE', path, { reason });
  }
  return new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0);
}
