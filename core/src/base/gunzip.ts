import { BitSource } from './bit-source.js';
import { ByteSource } from './byte-source.js';
import { CRC_START, crcBytes, crcOf } from './crc32.js';
import { DamagedStreamError } from './damaged-stream.js';
import { inflate } from './inflate.js';

const DEFLATE = 8;
const flags = { headerCrc: 2, extra: 4, name: 8, comment: 16, unknown: 0xe0 } as const;

/**
 * Decompresses a gzip file (RFC 1952), a piece at a time, each in an array of its own. What is in
 * it has passed its checksum only when the last piece was taken. Some 100 KiB of memory are used,
 * whatever is in it.
 *
 * @throws DamagedStreamError
 */
export function* gunzip(pieces: Iterable<Uint8Array>): Generator<Uint8Array, void> {
  const from = new BitSource(new ByteSource(pieces));
  do {
    readHeader(from);
    let register = CRC_START;
    let size = 0;
    for (const piece of inflate(from)) {
      register = crcBytes(register, piece, 0, piece.length);
      size += piece.length;
      yield piece;
    }
    from.align();
    const { offset } = from;
    if (word(from) !== crcOf(register)) {
      throw new DamagedStreamError(offset, 'its checksum is not that of what is in it');
    }
    if (word(from) !== (size | 0)) {
      throw new DamagedStreamError(offset + 4, 'its length is not that of what is in it');
    }
  } while (from.hasMore);
}

function readHeader(from: BitSource): void {
  const { offset } = from;
  const isGzip = from.byte() === 0x1f && from.byte() === 0x8b;
  if (!isGzip) throw new DamagedStreamError(offset, 'no gzip header is there');
  if (from.byte() !== DEFLATE) throw new DamagedStreamError(offset + 2, 'its method is not known');
  const set = from.byte();
  if ((set & flags.unknown) !== 0) {
    throw new DamagedStreamError(offset + 3, 'its header has unknown flags');
  }
  from.take(6);
  if ((set & flags.extra) !== 0) from.take(from.byte() | (from.byte() << 8));
  if ((set & flags.name) !== 0) skipText(from);
  if ((set & flags.comment) !== 0) skipText(from);
  if ((set & flags.headerCrc) !== 0) from.take(2);
}

function skipText(from: BitSource): void {
  while (from.byte() !== 0);
}

function word(from: BitSource): number {
  const [a, b, c, d] = from.take(4) as unknown as [number, number, number, number];
  return a | (b << 8) | (c << 16) | (d << 24);
}
