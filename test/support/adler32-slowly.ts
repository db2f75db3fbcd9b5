/** Adler-32 as its definition says it, byte by byte: to compare the quick one with. */
export function adler32Slowly(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return b * 65_536 + a;
}
