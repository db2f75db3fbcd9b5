import type { Host } from '../base/host.js';
import type { Millis, WallMillis } from '../base/ids.js';
import { hexLong } from '../base/long.js';
import type { Config } from '../config/config.js';
import type { BootDisk } from '../storage/disk.js';
import { recover, snapshotAtOnce } from '../storage/recovery.js';
import { RefusedStartError } from '../storage/refused-start.js';
import type { Database } from '../tree/database.js';
import { Peer } from './peer.js';

/** The upper 24 bits of the owner of a node with a time to live. */
const TTL_MARK = 0xff0000n;

export interface BootOptions {
  readonly config: Config;
  readonly host: Host;
  readonly disk: BootDisk;
  /** Key of the session passwords. */
  readonly secret: Uint8Array;
  readonly now: Millis;
  readonly wall: WallMillis;
}

/**
 * Makes a server of what its data folder holds.
 *
 * @throws RefusedStartError when the data must not be served as it is
 */
export function bootPeer({ config, host, disk, secret, now, wall }: BootOptions): Peer {
  const seed = host.randomBytes(4);
  let recovered = recover(disk, {
    extendedTypes: config.extendedTypesEnabled,
    digest: config.digestEnabled,
    hashSeed: (seed[0]! << 24) | (seed[1]! << 16) | (seed[2]! << 8) | seed[3]!,
    snapshotTrustEmpty: config.snapshotTrustEmpty,
    log: (event) => host.log(event),
  });
  const { database } = recovered;
  demandKnownTypes(database, config.extendedTypesEnabled);
  const orphans = database.removeOrphans();
  if (orphans.length > 0) {
    /* No transaction removes them, so a replay from before would find them in the way. */
    recovered = snapshotAtOnce(disk, recovered, { digest: config.digestEnabled });
    host.log({
      level: 'warn',
      event: 'boot.orphans',
      message: `${orphans.length} ephemeral nodes of sessions that do not exist were removed`,
      fields: { count: orphans.length },
    });
  }
  host.log({
    level: 'info',
    event: 'boot.ready',
    message:
      `${recovered.isNew ? 'a new tree' : 'the tree'} at ${hexLong(database.lastZxid)} with ` +
      `${database.tree.nodeCount} nodes and ${database.sessions.size} sessions`,
    fields: {
      zxid: hexLong(database.lastZxid),
      nodes: database.tree.nodeCount,
      sessions: database.sessions.size,
    },
  });
  return new Peer({ config, host, secret, recovered, now, wall });
}

/**
 * Nodes with a time to live look like ephemeral ones of server 255 to a server without extended
 * types, which then removes them all, as those of sessions that do not exist.
 *
 * @throws RefusedStartError when there are such nodes
 */
export function demandKnownTypes(database: Database, extendedTypes: boolean): void {
  for (const [session, paths] of database.ephemerals.entries()) {
    const mark = BigInt.asUintN(64, session) >> 40n;
    const isMarked = extendedTypes ? mark >> 16n === 0xffn : mark === TTL_MARK;
    if (!isMarked || database.sessions.has(session)) continue;
    const [path] = paths;
    throw extendedTypes
      ? new RefusedStartError(
          'the data folder',
          undefined,
          `node ${path} is of a type that this version does not know`,
          'Start the version that made it, and remove such nodes there first.',
        )
      : new RefusedStartError(
          'the data folder',
          undefined,
          `node ${path} has a time to live, which extendedTypesEnabled=false would remove at once`,
          'Set extendedTypesEnabled=true, at least until such nodes are removed.',
        );
  }
}
