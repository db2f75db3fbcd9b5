/** Ends that a server comes to by itself, with what an operator is told. */
import type { Zxid } from '../base/ids.js';
import { hexLong } from '../base/long.js';
import type { Effect } from '../seam/effects.js';
import type { DiskFailure } from '../storage/disk.js';

/** The process's exit code when the log cannot be written. */
const DISK_EXIT_CODE = 10;
/** The process's exit code when the data is not what it must be. */
const DATA_EXIT_CODE = 1;
/** The process's exit code when the config is wrong. */
const CONFIG_EXIT_CODE = 2;

/** The end of a server whose tree is not what was decided. */
export function haltForDivergence(zxid: Zxid): Effect {
  return {
    type: 'halt',
    code: DATA_EXIT_CODE,
    reason:
      `after transaction ${hexLong(zxid)} the tree is not what it should be: its digest differs. ` +
      'Nothing of it was told to anybody. Start it again: it reads its files anew; if this comes ' +
      'back, move its data folder away and start it empty, and report this',
  };
}

/** The end of a server that cannot write its log. */
export function haltFor({ code, message }: DiskFailure): Effect {
  return {
    type: 'halt',
    code: DISK_EXIT_CODE,
    reason:
      `the transaction log cannot be written (${code}: ${message}); nothing that ` +
      'was not durable has been acknowledged. Make room or repair the disk, then start again',
  };
}

/** The end of a server whose list of servers is older than a change of them. */
export function haltForMembers(version: bigint): Effect {
  return {
    type: 'halt',
    code: CONFIG_EXIT_CODE,
    reason: `${changedBy(version)}. ${newList(version)}`,
  };
}

/** What has become of the servers that a server was started with. */
export function changedBy(version: bigint): string {
  return (
    `the servers of the ensemble were changed by transaction ${hexLong(version)}, and the list ` +
    'that this server was started with is older'
  );
}

/** What to do about it. */
export function newList(version: bigint): string {
  const digits = version.toString(16);
  return (
    `Give it the newer list: the file zoo.cfg.dynamic.${digits} of the other servers as its ` +
    `dynamicConfigFile, or the servers as they are now, with version=${digits}, in its zoo.cfg`
  );
}
