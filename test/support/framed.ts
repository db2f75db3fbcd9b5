import { Writer } from '@vivarium/core/internal/wire/writer';

/** What is written, with its length before it: a frame of the client protocol. */
export function framed(write: (to: Writer) => void): Uint8Array {
  const to = new Writer();
  to.int(0);
  write(to);
  to.intAt(0, to.position - 4);
  return to.copy();
}
