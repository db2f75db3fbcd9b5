import type { OperationName, ReadName } from '../wire/operations.js';
import { serveMultiRead } from './multi-read.js';
import type { ReadHandler } from './read-handler.js';
import * as reads from './reads.js';
import { serveSetWatches, serveSetWatches2 } from './set-watches.js';
import { serveAddWatch, serveCheckWatches, serveRemoveWatches } from './watch-requests.js';

/** Reads whose handler tells the connection of events, which must come before the reply. */
export const tellsEvents: ReadonlySet<OperationName> = new Set(['setWatches', 'setWatches2']);

/** One handler for each operation that is answered from the tree as it is now. */
export const readHandlers: Readonly<Record<ReadName, ReadHandler>> = {
  exists: reads.serveExists,
  getData: reads.serveGetData,
  getAcl: reads.serveGetAcl,
  getChildren: (service, origin, from, to) =>
    reads.serveGetChildren(service, origin, from, to, false),
  getChildren2: (service, origin, from, to) =>
    reads.serveGetChildren(service, origin, from, to, true),
  getAllChildrenNumber: reads.serveGetAllChildrenNumber,
  getEphemerals: reads.serveGetEphemerals,
  sync: reads.serveSync,
  multiRead: serveMultiRead,
  whoAmI: reads.serveWhoAmI,
  addWatch: serveAddWatch,
  checkWatches: serveCheckWatches,
  removeWatches: serveRemoveWatches,
  setWatches: serveSetWatches,
  setWatches2: serveSetWatches2,
};
