/** Leaves a data folder with nothing but a compressed snapshot and what came after it. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** What `snapshot.compression.method` may be, which is how the files' names end too. */
export type CompressionMethod = 'gz' | 'snappy';

export interface CompressedFile {
  readonly path: string;
  readonly bytes: Buffer;
}

/** Names of compressed snapshots, oldest first. */
export function compressedIn(dataDir: string): readonly string[] {
  return namesIn(dataDir, /^snapshot\.([0-9a-f]+)\.(gz|snappy)$/);
}

/**
 * Removes all snapshots but the newest compressed one, and all logs that begin before it ends.
 *
 * @throws when there is no snapshot that was compressed so
 */
export function leaveCompressedOnly(dataDir: string, method: CompressionMethod): CompressedFile {
  const folder = join(dataDir, 'version-2');
  const kept = compressedIn(dataDir).findLast((name) => name.endsWith(`.${method}`));
  if (kept === undefined) throw new Error(`there is no snapshot that was compressed as ${method}`);
  for (const name of namesIn(dataDir, /^snapshot\.([0-9a-f]+)(\.|$)/)) {
    if (name !== kept) rmSync(join(folder, name));
  }
  for (const name of namesIn(dataDir, /^log\.([0-9a-f]+)$/)) {
    if (zxidIn(name) <= zxidIn(kept)) rmSync(join(folder, name));
  }
  const path = join(folder, kept);
  return { path, bytes: readFileSync(path) };
}

/** Names of a pattern, by zxid. */
function namesIn(dataDir: string, pattern: RegExp): readonly string[] {
  return readdirSync(join(dataDir, 'version-2'))
    .filter((name) => pattern.test(name))
    .sort((a, b) => (zxidIn(a) < zxidIn(b) ? -1 : 1));
}

function zxidIn(name: string): bigint {
  return BigInt(`0x${name.split('.')[1]}`);
}
