/**
 * The disk as the machines see it: steps they ask for, and a reader for the time before they start.
 * File names are relative to the server's data folder and use `/`; two folders exist: the snapshot
 * folder and the log folder (which may be the same), addressed by the prefixes of {@link folders}.
 */

/** Prefixes of file names. A host maps each to a real folder (`dataDir/version-2`, …). */
export const folders = { snapshots: 'snapshots/', logs: 'logs/' } as const;

/** One thing to do on disk. */
export type DiskStep =
  /** Creates an empty file, replacing one of the same name. Durable only after `sync-folder`. */
  | { readonly step: 'create'; readonly file: string }
  /** Extends a file with zeros to `size` bytes, so that later writes change no metadata. */
  | { readonly step: 'allocate'; readonly file: string; readonly size: number }
  | {
      readonly step: 'write';
      readonly file: string;
      readonly position: number;
      readonly bytes: Uint8Array;
    }
  /** Makes the file's bytes and size durable (`fdatasync`), not its name. */
  | { readonly step: 'sync'; readonly file: string }
  /** Makes the names in a folder durable. */
  | { readonly step: 'sync-folder'; readonly folder: string }
  | { readonly step: 'rename'; readonly from: string; readonly to: string }
  | { readonly step: 'truncate'; readonly file: string; readonly size: number }
  | { readonly step: 'remove'; readonly file: string }
  /** Closes whatever handle the host keeps for the file. */
  | { readonly step: 'close'; readonly file: string };

/**
 * Requests of one lane run strictly one after the other; lanes run beside each other. `log` is the
 * transaction log, `background` everything that nobody waits for.
 */
export type DiskLane = 'log' | 'background';

/** Why a step failed: the system's code (`ENOSPC`, `EIO`, …) and its text. */
export interface DiskFailure {
  readonly code: string;
  readonly message: string;
}

/** What a disk has thrown. @throws the error when it is something else */
export function failureOf(error: unknown): DiskFailure {
  const code = (error as { readonly code?: unknown } | null)?.code;
  if (!(error instanceof Error) || typeof code !== 'string') throw error;
  return { code, message: error.message };
}

/** Reads files, at once. While a server runs, only for few bytes at a time. */
export interface DiskReader {
  /** Whether both prefixes stand for one real folder, whose files are then listed twice. */
  readonly isOneFolder?: boolean;
  /** Files of a folder (a value of {@link folders}) with their sizes. */
  list(folder: string): readonly { readonly name: string; readonly size: number }[];
  /** Up to `length` bytes from `position`; fewer at the end of the file. */
  read(file: string, position: number, length: number): Uint8Array;
}

/**
 * Reads and mends files before a machine starts, when nothing else is running. Synchronous: a
 * server that recovers has nobody to serve.
 */
export interface BootDisk extends DiskReader {
  /** Performs steps in order, at once. @throws when one fails */
  perform(steps: readonly DiskStep[]): void;
}
