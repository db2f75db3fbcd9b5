import type { StandardSchema } from '@vivarium/core';
import { json } from '@vivarium/core';
import { childOf } from '../shared/paths.js';
import type { Ledger } from '../stm/ledger.js';

/** Path of the folder of what is kept of a configuration; its data is the list of versions. */
export function historyOf(path: string): string {
  return childOf(path, '_history');
}

/** Path of one version that is kept. */
export function entryOf(path: string, version: number): string {
  return childOf(historyOf(path), String(version));
}

const versions: StandardSchema<readonly number[]> = {
  '~standard': {
    version: 1,
    vendor: 'vivarium',
    validate: (value) =>
      Array.isArray(value) && value.every(Number.isInteger)
        ? { value: value as readonly number[] }
        : { issues: [{ message: 'it must be a list of versions' }] },
  },
};
const format = json(versions);

/**
 * The versions that are kept, oldest first.
 *
 * @throws RecipeError INVALID_VALUE when somebody has written something else there
 */
export async function keptVersions(tx: Ledger, path: string): Promise<readonly number[]> {
  return (await tx.get(historyOf(path), format)) ?? [];
}

/** Writes a configuration, and keeps what it replaces and up to `keep` versions in all. */
export async function writeKept(
  tx: Ledger,
  path: string,
  bytes: Uint8Array,
  keep: number,
): Promise<void> {
  const now = await tx.read(path);
  tx.set(path, bytes);
  if (now === undefined) return;
  const kept = [...(await keptVersions(tx, path)), now.version];
  for (const version of kept.slice(0, -keep)) tx.delete(entryOf(path, version));
  tx.set(historyOf(path), kept.slice(-keep), format);
  tx.set(entryOf(path, now.version), now.bytes);
}
