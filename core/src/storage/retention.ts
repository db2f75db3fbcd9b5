import type { Zxid } from '../base/ids.js';
import { compressionOf } from './compression.js';
import { type DiskReader, type DiskStep, folders } from './disk.js';
import { isOfLogs, isSnapshot, type NamedFile, parseFileName } from './file-names.js';
import { endsLikeSnapshot } from './snapshot-format.js';

interface KnownFile extends NamedFile {
  readonly file: string;
}

/**
 * Which files a purge may remove. It keeps the list of files itself, since nobody lists a folder
 * while the server runs: {@link added} must be told of every new one.
 */
export class Retention {
  readonly #files = new Map<string, KnownFile>();
  readonly #bad = new Set<string>();

  /** @param files the files there are, with their folders */
  constructor(files: Iterable<string>) {
    for (const file of files) this.added(file);
  }

  /** Knows the files of a disk, and which snapshots are not whole. */
  static of(disk: DiskReader): Retention {
    const retention = new Retention([]);
    for (const folder of Object.values(folders)) {
      for (const { name, size } of disk.list(folder)) {
        const file = folder + name;
        retention.added(file);
        const kind = retention.#files.get(file)?.kind;
        const isBad =
          kind === 'snapshot'
            ? !endsLikeSnapshot(disk, file, size)
            : kind === 'compressed-snapshot' && compressionOf(disk, file) === undefined;
        if (isBad) retention.isBad(file);
      }
    }
    return retention;
  }

  /** A file was created. A snapshot only when it has its name and is durable. */
  added(file: string): void {
    const named = parseFileName(file.slice(file.lastIndexOf('/') + 1));
    if (named === undefined || !isAtHome(named, file)) return;
    this.#files.set(file, { ...named, file });
    this.#bad.delete(file);
  }

  /** A file is gone. */
  removed(file: string): void {
    this.#files.delete(file);
    this.#bad.delete(file);
  }

  /** A snapshot is bad: it does not count as one that is kept. */
  isBad(snapshot: string): void {
    this.#bad.add(snapshot);
  }

  /**
   * Steps that remove the snapshots before the newest `retain`, and the logs that none of those
   * needs, with what stands beside them. The files are forgotten at once: when a step fails, what
   * is left is found again at the next start.
   */
  purgeSteps(retain: number): readonly DiskStep[] {
    const snapshots = this.#zxidsOf(isSnapshot);
    const oldest = snapshots[Math.max(0, snapshots.length - Math.max(1, retain))];
    if (oldest === undefined) return [];
    const logs = this.#zxidsOf((kind) => kind === 'log');
    const oldestLog = logs.findLast((zxid) => zxid <= oldest) ?? 0n;
    const steps: DiskStep[] = [];
    for (const { file, kind, zxid } of [...this.#files.values()]) {
      const ofSnapshot = !isOfLogs(kind);
      if (kind === 'received' || zxid >= (ofSnapshot ? oldest : oldestLog)) continue;
      steps.push({ step: 'remove', file });
      this.#files.delete(file);
    }
    if (steps.length === 0) return steps;
    return [
      ...steps,
      ...Object.values(folders).map((folder): DiskStep => ({ step: 'sync-folder', folder })),
    ];
  }

  #zxidsOf(isMeant: (kind: NamedFile['kind']) => boolean): Zxid[] {
    const zxids = new Set<Zxid>();
    for (const { file, kind, zxid } of this.#files.values()) {
      if (isMeant(kind) && !this.#bad.has(file)) zxids.add(zxid);
    }
    return [...zxids].sort((a, b) => (a < b ? -1 : 1));
  }
}

/** The two folders may be one, which then is listed twice. */
function isAtHome({ kind }: NamedFile, file: string): boolean {
  return file.startsWith(isOfLogs(kind) ? folders.logs : folders.snapshots);
}
