import type { Database } from '@vivarium/core/internal/tree/database';

/** Everything that a database holds, in a form that can be compared. */
export function imageOf(db: Database): unknown {
  const nodes: Record<string, unknown> = {};
  db.tree.forEachBelow(0, (id) => {
    const acl = db.acls.get(db.tree.aclId(id));
    nodes[` ${db.tree.pathOf(id)}`] = [db.tree.persisted(id), db.tree.data(id), acl];
  });
  const ephemerals = [...db.ephemerals.entries()].map(([id, paths]) => [id, [...paths].sort()]);
  return {
    nodes,
    digest: db.tree.digest,
    ephemerals: ephemerals.sort(),
    sessions: [...db.sessions].sort(),
    expiring: [db.expiring.containerCount, db.expiring.ttlCount],
    zxid: db.lastZxid,
  };
}
