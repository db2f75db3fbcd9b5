import type { Zxid } from '../base/ids.js';
import { hexLong } from '../base/long.js';
import type { Effect } from '../seam/effects.js';
import type { DiskFailure } from '../storage/disk.js';

/** The process's exit code when the log cannot be written. */
const DISK_EXIT_CODE = 10;
/** The process's exit code when the data is not what it must be. */
const DATA_EXIT_CODE = 1;
/** The process's exit code when the config is wrong: another start would end in the same way. */
const CONFIG_EXIT_CODE = 2;

/** The end of a server whose tree is not what was decided. */
function haltForDivergence(zxid: Zxid): Effect {
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

/** The end of a server whose ensemble has other members than it was told. */
function haltForMembers(what: string): Effect {
  return {
    type: 'halt',
    code: CONFIG_EXIT_CODE,
    reason:
      `${what}. This version cannot change its members while it runs: give this server the list ` +
      'that holds now, in the file that dynamicConfigFile names, and start it again',
  };
}

/** How a member ends, for each of the reasons that its role may have. */
export function haltsOf(halt: (effect: Effect) => void) {
  return {
    failed: (failure: DiskFailure) => halt(haltFor(failure)),
    diverged: (zxid: Zxid) => halt(haltForDivergence(zxid)),
    membersChanged: (what: string) => halt(haltForMembers(what)),
  };
}
