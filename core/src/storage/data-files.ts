import type { Zxid } from '../base/ids.js';
import { type DiskReader, folders } from './disk.js';
import {
  isOfLogs,
  isSnapshot,
  logFactsFileOf,
  type NamedFile,
  parseFileName,
} from './file-names.js';
import { type LogFacts, logFactsFile, nothingKnown } from './log-facts.js';
import { RefusedStartError } from './refused-start.js';
import type { SideFile } from './side-file.js';
import { type SnapshotFacts, snapshotFactsFile } from './snapshot-facts.js';

/** A file of one of the two folders whose name means something. */
export interface DataFile {
  /** With the folder's prefix. */
  readonly file: string;
  readonly name: NamedFile;
  readonly size: number;
}

/** Side files are small. */
const LARGEST_SIDE_FILE_BYTES = 64 << 20;

/** What stands in the two folders, by zxid. */
export class DataFiles {
  readonly #disk: DiskReader;
  readonly #files: readonly DataFile[];

  /** @throws RefusedStartError when files lie in the wrong one of two folders */
  constructor(disk: DiskReader) {
    this.#disk = disk;
    const snapshots = listFiles(disk, folders.snapshots);
    const logs = listFiles(disk, folders.logs);
    if (disk.isOneFolder !== true) {
      refuseStray(
        snapshots.find(({ name }) => isOfLogs(name.kind)),
        'a log among the snapshots',
      );
      refuseStray(
        logs.find(({ name }) => isSnapshot(name.kind)),
        'a snapshot among the logs',
      );
    }
    const ofSnapshots = snapshots.filter(({ name }) => !isOfLogs(name.kind));
    this.#files = [...ofSnapshots, ...logs.filter(({ name }) => isOfLogs(name.kind))].sort(byZxid);
  }

  /** Snapshots by zxid, and of the same one a compressed copy before the other. */
  get snapshots(): readonly DataFile[] {
    return [...this.of('compressed-snapshot'), ...this.of('snapshot')].sort(byZxid);
  }

  /** Files of one kind, by zxid. */
  of(kind: NamedFile['kind']): readonly DataFile[] {
    return this.#files.filter(({ name }) => name.kind === kind);
  }

  /**
   * What was noted about a log; `undefined` when nothing ever was.
   *
   * @throws RefusedStartError when a newer version noted it
   */
  logFacts(zxid: Zxid): LogFacts | undefined {
    const file = logFactsFileOf(zxid);
    const found = this.#files.find((each) => each.file === file);
    if (found === undefined) return undefined;
    return this.#read(logFactsFile, found) ?? nothingKnown;
  }

  /** The same for a snapshot's; `undefined` when it cannot be read. */
  snapshotFacts(file: DataFile): SnapshotFacts | undefined {
    return this.#read(snapshotFactsFile, file);
  }

  #read<T>(type: SideFile<T>, { file, size }: DataFile): T | undefined {
    const content = type.decode(this.#disk.read(file, 0, Math.min(size, LARGEST_SIDE_FILE_BYTES)));
    if (content.state === 'newer') {
      const what = `it was written in format ${content.version} by a newer Vivarium`;
      throw new RefusedStartError(file, undefined, what, 'Start that version or a later one.');
    }
    return content.state === 'good' ? content.value : undefined;
  }
}

/** Files of a folder whose name means something, by zxid. */
export function listFiles(disk: DiskReader, folder: string): readonly DataFile[] {
  const files: DataFile[] = [];
  for (const { name, size } of disk.list(folder)) {
    const named = parseFileName(name);
    if (named !== undefined) files.push({ file: folder + name, name: named, size });
  }
  return files.sort(byZxid);
}

function byZxid(a: DataFile, b: DataFile): number {
  return a.name.zxid < b.name.zxid ? -1 : a.name.zxid > b.name.zxid ? 1 : 0;
}

function refuseStray(stray: DataFile | undefined, what: string): void {
  if (stray === undefined) return;
  const remedy = 'Check dataDir and dataLogDir, or move the file to where the config says.';
  throw new RefusedStartError(stray.file, undefined, what, remedy);
}
