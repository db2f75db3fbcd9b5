import { equalBytes } from '../base/bytes.js';
import { encode, ustring } from '../wire/types.js';
import type { DiskReader } from './disk.js';

/**
 * ZooKeeper's snapshot: a header (magic, version, database id), sessions, ACL table, nodes, and an
 * end mark; then sections, each closed by a seal: the running Adler-32 of every byte before it (a
 * long) and an end mark.
 */

/** `ZKSN`. */
export const SNAPSHOT_MAGIC = 0x5a4b_534e;
export const SNAPSHOT_VERSION = 2;
export const SNAPSHOT_HEADER_BYTES = 16;
/** Path that ends the nodes, and text that ends a seal. */
export const END_MARK = '/';
/** Text behind the end mark of a snapshot that one server sends to another. */
export const SNAPSHOT_SIGNATURE = 'BenWasHere';
/** A checksum and an end mark. */
export const SEAL_BYTES = 13;
/** The end mark as a jute string: a whole snapshot ends with it. */
export const END_MARK_BYTES = 5;
/** Zxid, digest version and digest, since ZooKeeper 3.6. */
export const DIGEST_SECTION_BYTES = 20;
/** Last zxid, since ZooKeeper 3.9. */
export const ZXID_SECTION_BYTES = 8;
/** How digests are computed since ZooKeeper 3.6. */
export const DIGEST_VERSION = 2;

/** Shorter files cannot be snapshots. */
const LEAST_BYTES = 10;

/** ZooKeeper's cheap look at whether a snapshot was written to its end. */
export function endsLikeSnapshot(disk: DiskReader, file: string, size: number): boolean {
  if (size < LEAST_BYTES) return false;
  const end = disk.read(file, size - END_MARK_BYTES, END_MARK_BYTES);
  return equalBytes(end, encode(ustring, END_MARK));
}
