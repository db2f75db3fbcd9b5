import { utf8 } from '../base/bytes.js';
import type { WallMillis } from '../base/ids.js';
import { highOf, lowOf } from '../base/long.js';
import type { Database } from '../tree/database.js';
import { NO_NODE_ID } from '../tree/node-table.js';
import { systemPaths } from '../tree/tree.js';
import { READ_ACL } from '../wire/permissions.js';
import type { Membership } from '../zab/membership.js';

/** What every fresh tree has there: all zero but for the version of the ACL. */
const UNTOUCHED = {
  czxid: 0n,
  mzxid: 0n,
  ctime: 0,
  mtime: 0,
  version: 0,
  cversion: 0,
  aversion: -1,
  ephemeralOwner: 0n,
  pzxid: 0n,
};

/**
 * Writes into a member's tree who is in the ensemble, as this server has it. No transaction says
 * so: each server does it for itself whenever a tree becomes its own, whatever a snapshot, of its
 * own or of a leader, has there. Nobody is told, and the digest of the tree leaves this node out.
 *
 * @see ZooKeeper 3.9 ZKDatabase.initConfigInZKDatabase; ZOOKEEPER-2819
 */
export function writeConfigNode(
  { tree, acls }: Database,
  { text, version }: Membership,
  wall: WallMillis,
): void {
  const path = systemPaths.config;
  if (tree.find(systemPaths.zookeeper) === NO_NODE_ID) return;
  if (tree.find(path) === NO_NODE_ID) {
    /* The tree comes from a server before 3.5. */
    const aclId = acls.idOf(READ_ACL);
    acls.retain(aclId);
    tree.load(path, null, aclId, UNTOUCHED);
  }
  tree.setData(path, utf8(text), -1, highOf(version), lowOf(version), wall);
}
