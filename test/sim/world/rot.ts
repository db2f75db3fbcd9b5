/** A bit on a disk that changes by itself. */
import type { MemoryDisk } from '@vivarium/core/internal/local/disk';
import type { Random } from '@vivarium/core/internal/local/random';
import { DataFiles } from '@vivarium/core/internal/storage/data-files';
import { type DiskStep, folders } from '@vivarium/core/internal/storage/disk';
import { parseFileName } from '@vivarium/core/internal/storage/file-names';

/**
 * Chooses a bit of a log or snapshot, among those of which something else on the disk says that
 * they were durable: nobody can tell a change in the last flush from a flush that was torn.
 */
export function chooseBit(
  disk: MemoryDisk,
  random: Random,
): (DiskStep & { step: 'write' }) | undefined {
  const files = new DataFiles(disk);
  const known = [folders.logs, folders.snapshots].flatMap((folder) =>
    disk.list(folder).flatMap(({ name, size }) => {
      const found = parseFileName(name);
      if (found?.kind === 'snapshot') return [{ file: folder + name, known: size }];
      if (found?.kind !== 'log') return [];
      return [{ file: folder + name, known: files.logFacts(found.zxid)?.synced ?? 0 }];
    }),
  );
  const some = known.filter((each) => each.known > 0);
  if (some.length === 0) return undefined;
  const { file, known: length } = random.pick(some);
  const position = random.between(0, length - 1);
  const [byte = 0] = disk.read(file, position, 1);
  const bytes = Uint8Array.of(byte ^ (1 << random.between(0, 7)));
  return { step: 'write', file, position, bytes };
}
