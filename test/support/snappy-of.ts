const HEADER = '82534e4150505900 00000001 00000001';

/**
 * Compresses as ZooKeeper's snapshots are, but for that nothing gets smaller: a literal for each
 * block.
 *
 * @param blockBytes of what is in a block, at most 16,383
 */
export function snappyOf(bytes: Uint8Array, blockBytes = 4000): Buffer {
  const parts: Uint8Array[] = [Buffer.from(HEADER.replaceAll(' ', ''), 'hex')];
  for (let at = 0; at < bytes.length; at += blockBytes) {
    const literal = bytes.subarray(at, at + blockBytes);
    const head = Buffer.alloc(9);
    head.writeInt32BE(literal.length + 5, 0);
    head[4] = (literal.length & 0x7f) | 0x80;
    head[5] = literal.length >> 7;
    head[6] = 61 << 2;
    head.writeUInt16LE(literal.length - 1, 7);
    parts.push(head, literal);
  }
  return Buffer.concat(parts);
}
