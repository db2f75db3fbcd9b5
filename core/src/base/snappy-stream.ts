import { ByteSource } from './byte-source.js';
import { equalBytes } from './bytes.js';
import { DamagedStreamError } from './damaged-stream.js';
import { decompressSnappy } from './snappy.js';

/** 0x82, `SNAPPY`, 0. */
export const SNAPPY_MAGIC = Uint8Array.of(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0);
const VERSION = 1;

/** Of compressed bytes. Blocks of 32 KiB are usual; what writes them takes at most 512 MiB. */
const LARGEST_BLOCK_BYTES = 64 << 20;

/**
 * Decompresses what `SnappyOutputStream` of Java writes, a block at a time, each in an array of its
 * own: a magic, two versions, then blocks with their lengths in front. Blocks of more than 64 MiB
 * are refused, before anything is allocated. Nothing in it tells whether all blocks are there.
 *
 * @throws DamagedStreamError
 */
export function* unsnappy(pieces: Iterable<Uint8Array>): Generator<Uint8Array, void> {
  const from = new ByteSource(pieces);
  if (!equalBytes(from.take(SNAPPY_MAGIC.length), SNAPPY_MAGIC)) {
    throw new DamagedStreamError(0, 'no snappy header is there');
  }
  const version = int(from);
  const readableBy = int(from);
  if (readableBy > VERSION || readableBy < 1 || version < readableBy) {
    const versions = `version ${version}, for readers from ${readableBy} on`;
    throw new DamagedStreamError(SNAPPY_MAGIC.length, `it is in ${versions}`);
  }
  while (from.hasMore) {
    const { offset } = from;
    const length = int(from);
    if (length < 1 || length > LARGEST_BLOCK_BYTES) {
      throw new DamagedStreamError(offset, `a block of ${length} bytes cannot be`);
    }
    yield decompressSnappy(from.take(length), offset + 4);
  }
}

function int(from: ByteSource): number {
  const [a, b, c, d] = from.take(4) as unknown as [number, number, number, number];
  return (a << 24) | (b << 16) | (c << 8) | d;
}
