import type { Core } from './core.js';
import { Snapshots } from './snapshots.js';
import type { Store } from './store.js';

/** Begins to take snapshots of a member's tree, as it is from now on. */
export function snapshotsOf(store: Store, core: Core): Snapshots {
  return new Snapshots({
    ...core,
    database: store.database,
    log: store.log,
    retention: store.retention,
    apacheSessions: store.apacheSessions,
    lastZxid: store.lastSnapshotZxid,
    transactions: store.transactions,
    endZxid: () => (store.isExact ? undefined : store.endZxid),
  });
}
