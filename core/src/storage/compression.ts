import { equalBytes } from '../base/bytes.js';
import { gunzip } from '../base/gunzip.js';
import { SNAPPY_MAGIC, unsnappy } from '../base/snappy-stream.js';
import type { DiskReader } from './disk.js';

/**
 * How ZooKeeper compresses snapshots (`snapshot.compression.method`): the whole file, seals
 * included, which are of the bytes that were compressed.
 */
export type Compression = 'gzip' | 'snappy';

/** Bytes read at a time. */
const PIECE_BYTES = 1 << 20;

/** What the first bytes of a file say; `undefined` for files that are not compressed. */
export function compressionOf(disk: DiskReader, file: string): Compression | undefined {
  const bytes = disk.read(file, 0, SNAPPY_MAGIC.length);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return 'gzip';
  return equalBytes(bytes, SNAPPY_MAGIC) ? 'snappy' : undefined;
}

/**
 * What is in a compressed file, a piece at a time.
 *
 * @throws DamagedStreamError
 */
export function decompress(
  disk: DiskReader,
  file: string,
  size: number,
  compression: Compression,
): Generator<Uint8Array, void> {
  const pieces = piecesOf(disk, file, size);
  return compression === 'gzip' ? gunzip(pieces) : unsnappy(pieces);
}

function* piecesOf(disk: DiskReader, file: string, size: number): Generator<Uint8Array, void> {
  for (let at = 0; at < size; ) {
    const bytes = disk.read(file, at, Math.min(PIECE_BYTES, size - at));
    if (bytes.length === 0) return;
    at += bytes.length;
    yield bytes;
  }
}
