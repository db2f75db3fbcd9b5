/**
 * Reads the files of a data folder as ZooKeeper's format says, without the server's own reader:
 * what a proof says of a log or snapshot must not lean on the code that wrote it.
 */
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { readTxn, type Txn } from '@vivarium/core/internal/wire/txns';

const LOG_MAGIC = 0x5a4b4c47;
const SNAPSHOT_MAGIC = 0x5a4b534e;
const LOG_HEADER_LENGTH = 16;
const RECORD_END = 0x42;
const PIECE_LENGTH = 1_048_576;
const ZEROS = Buffer.alloc(PIECE_LENGTH);

/** Names of a kind of file (`log`, `snapshot`), oldest first. */
export function filesOf(dataDir: string, kind: 'log' | 'snapshot'): readonly string[] {
  const pattern = new RegExp(`^${kind}\\.([0-9a-f]+)$`);
  return readdirSync(join(dataDir, 'version-2'))
    .map((name) => ({ name, zxid: pattern.exec(name)?.[1] }))
    .filter(({ zxid }) => zxid !== undefined)
    .sort((a, b) => Number.parseInt(a.zxid!, 16) - Number.parseInt(b.zxid!, 16))
    .map(({ name }) => name);
}

export interface LogFile {
  readonly name: string;
  readonly txns: readonly Txn[];
  /** Where the last whole record ends. */
  readonly end: number;
  /** Bytes of the file. */
  readonly size: number;
  /** Whether something that is no whole record stands behind the last one. */
  readonly torn: boolean;
}

/** Reads one log file up to its first record that is not whole. */
export function readLogFile(dataDir: string, name: string): LogFile {
  const { bytes, size } = readUpToZeros(join(dataDir, 'version-2', name));
  const txns: Txn[] = [];
  if (bytes.length < LOG_HEADER_LENGTH || bytes.readUInt32BE(0) !== LOG_MAGIC) {
    return { name, txns, end: 0, size, torn: size > 0 };
  }
  let at = LOG_HEADER_LENGTH;
  while (at + 12 <= bytes.length) {
    const checksum = bytes.readBigUInt64BE(at);
    const length = bytes.readInt32BE(at + 8);
    if (checksum === 0n && length === 0) return { name, txns, end: at, size, torn: false };
    const end = at + 12 + length;
    if (length < 0 || end >= bytes.length || bytes[end] !== RECORD_END) break;
    const body = bytes.subarray(at + 12, end);
    if (BigInt(adler32(body)) !== checksum) break;
    txns.push(readTxn(new Reader(new Uint8Array(body))));
    at = end + 1;
  }
  return { name, txns, end: at, size, torn: at < bytes.length };
}

/** A file's bytes, but for the zeros by which a log is longer than what was written to it. */
export function readUpToZeros(path: string): { readonly bytes: Buffer; readonly size: number } {
  const { size } = statSync(path);
  const file = openSync(path, 'r');
  const pieces: Buffer[] = [];
  try {
    for (let at = 0; at < size; at += PIECE_LENGTH) {
      const piece = Buffer.alloc(Math.min(PIECE_LENGTH, size - at));
      readSync(file, piece, 0, piece.length, at);
      pieces.push(piece);
      if (piece.equals(ZEROS.subarray(0, piece.length))) break;
    }
  } finally {
    closeSync(file);
  }
  return { bytes: Buffer.concat(pieces), size };
}

/** All transactions in the logs of a folder, in the order of the files. */
export function readLogs(dataDir: string): readonly Txn[] {
  return new LogsReader(dataDir).read();
}

/** Reads the logs of a folder again and again, each file only when it has changed. */
export class LogsReader {
  readonly #dataDir: string;
  readonly #known = new Map<string, { readonly mtimeNs: bigint; readonly txns: readonly Txn[] }>();

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  /** All transactions, in the order of the files. */
  read(): readonly Txn[] {
    return filesOf(this.#dataDir, 'log').flatMap((name) => {
      const path = join(this.#dataDir, 'version-2', name);
      const { mtimeNs } = statSync(path, { bigint: true });
      const known = this.#known.get(name);
      if (known?.mtimeNs === mtimeNs) return known.txns;
      const { txns } = readLogFile(this.#dataDir, name);
      this.#known.set(name, { mtimeNs, txns });
      return txns;
    });
  }
}

/** What a snapshot says of itself. */
export interface SnapshotFacts {
  readonly name: string;
  /** Session id as hexadecimal text, and its timeout. */
  readonly sessions: ReadonlyMap<string, number>;
  readonly nodes: number;
  /** The tree digest and the zxid that it belongs to, when the snapshot has them. */
  readonly digest: { readonly zxid: bigint; readonly digest: bigint } | undefined;
}

/** Reads a snapshot and checks its seals. @throws when it is not a whole snapshot */
export function readSnapshot(dataDir: string, name: string): SnapshotFacts {
  const bytes = readFileSync(join(dataDir, 'version-2', name));
  const from = new Reader(new Uint8Array(bytes));
  if (from.int() !== SNAPSHOT_MAGIC || from.int() !== 2) throw new Error(`${name}: wrong header`);
  from.long();
  const sessions = new Map<string, number>();
  for (let left = from.int(); left > 0; left--) sessions.set(from.long().toString(16), from.int());
  for (let left = from.int(); left > 0; left--) {
    from.long();
    for (let acls = from.int(); acls > 0; acls--) {
      from.int();
      from.string();
      from.string();
    }
  }
  let nodes = 0;
  for (let path = from.string(); path !== '/'; path = from.string()) {
    from.bufferOrNull();
    for (let longs = 5; longs > 0; longs--) from.long(); // acl id, czxid, mzxid, ctime, mtime
    for (let ints = 3; ints > 0; ints--) from.int();
    from.long();
    from.long();
    nodes++;
  }
  const checkSeal = () => {
    const expected = adler32(bytes.subarray(0, bytes.length - from.remaining));
    const sealed = from.long();
    if (sealed !== BigInt(expected) || from.string() !== '/') throw new Error(`${name}: seal`);
  };
  checkSeal();
  let digest: SnapshotFacts['digest'];
  if (from.remaining >= 33) {
    const zxid = from.long();
    from.int();
    digest = { zxid, digest: from.long() };
    checkSeal();
  }
  if (from.remaining > 0) {
    from.long();
    checkSeal();
  }
  return { name, sessions, nodes, digest };
}

/** Adler-32 as zlib computes it. */
function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (let i = 0; i < bytes.length; ) {
    const end = Math.min(i + 3800, bytes.length);
    for (; i < end; i++) {
      a += bytes[i]!;
      b += a;
    }
    a %= 65_521;
    b %= 65_521;
  }
  return ((b << 16) | a) >>> 0;
}
