/** The requests that only look. */
import { codes, OK } from '../base/errors.js';
import { NO_NODE_ID, type NodeId } from '../tree/tree.js';
import { operations } from '../wire/operations.js';
import { permissions } from '../wire/permissions.js';
import { MalformedError, type Reader } from '../wire/reader.js';
import { Acl, type Acl as AclValue, ClientInfo } from '../wire/records.js';
import { vector } from '../wire/types.js';
import type { Writer } from '../wire/writer.js';
import { shownUser } from './auth.js';
import { permits, type ReadOrigin, type ReadService } from './read-handler.js';

const AclList = vector(Acl);
const ClientInfoList = vector(ClientInfo);

/** Who has the server look at more nodes than this in one request lets others come first. */
const MANY_NODES = 10_000;

/** A watch is left whether or not the node exists, unless it may not be read. */
export function serveExists(
  service: ReadService,
  origin: ReadOrigin,
  from: Reader,
  to: Writer,
): number {
  const { tree } = service.database;
  const start = from.position;
  const id = findNode(service, from);
  const watch = from.boolean();
  if (id === NO_NODE_ID) {
    const path = pathAt(from, start);
    if (path.includes('\0')) return codes.BAD_ARGUMENTS;
    if (watch) service.watches.add(origin.connection.id, path, 'data');
    return codes.NO_NODE;
  }
  if (!permits(service, id, permissions.read, origin.identities)) return codes.NO_AUTH;
  if (watch) service.watches.add(origin.connection.id, pathAt(from, start), 'data');
  tree.writeStat(id, to);
  return OK;
}

/** Looks the node up by the bytes of its path: only a watch needs the path as a string. */
export function serveGetData(
  service: ReadService,
  origin: ReadOrigin,
  from: Reader,
  to: Writer,
): number {
  const { tree } = service.database;
  const start = from.position;
  const id = findNode(service, from);
  const watch = from.boolean();
  if (id === NO_NODE_ID) return codes.NO_NODE;
  if (!permits(service, id, permissions.read, origin.identities)) return codes.NO_AUTH;
  tree.writeData(id, to);
  tree.writeStat(id, to);
  if (watch) service.watches.add(origin.connection.id, pathAt(from, start), 'data');
  return OK;
}

export function serveGetChildren(
  service: ReadService,
  origin: ReadOrigin,
  from: Reader,
  to: Writer,
  withStat: boolean,
): number {
  const { tree } = service.database;
  const start = from.position;
  const id = findNode(service, from);
  const watch = from.boolean();
  if (id === NO_NODE_ID) return codes.NO_NODE;
  if (!permits(service, id, permissions.read, origin.identities)) return codes.NO_AUTH;
  tree.writeChildren(id, to);
  if (withStat) tree.writeStat(id, to);
  if (watch) service.watches.add(origin.connection.id, pathAt(from, start), 'child');
  return OK;
}

export function serveGetAcl(
  service: ReadService,
  origin: ReadOrigin,
  from: Reader,
  to: Writer,
): number {
  const { database } = service;
  const { path } = operations.getAcl.request.read(from);
  if (path === null) return codes.MARSHALLING_ERROR;
  const id = database.tree.find(path);
  if (id === NO_NODE_ID) return codes.NO_NODE;
  const wanted = permissions.read | permissions.admin;
  if (!permits(service, id, wanted, origin.identities)) return codes.NO_AUTH;
  const acl = database.acls.get(database.tree.aclId(id)) ?? [];
  const isAdmin = permits(service, id, permissions.admin, origin.identities);
  AclList.write(to, isAdmin ? acl : acl.map(withoutDigest));
  database.tree.writeStat(id, to);
  return OK;
}

/** Who may not change an ACL sees the users in it, not their digests. */
function withoutDigest(entry: AclValue): AclValue {
  const { scheme, id } = entry.id;
  if (scheme !== 'digest') return entry;
  return { perms: entry.perms, id: { scheme, id: `${id.split(':')[0]}:x` } };
}

export function serveGetAllChildrenNumber(
  service: ReadService,
  origin: ReadOrigin,
  from: Reader,
  to: Writer,
): number {
  const { tree } = service.database;
  const { path } = operations.getAllChildrenNumber.request.read(from);
  if (path === null) return codes.MARSHALLING_ERROR;
  const id = tree.find(path);
  if (id === NO_NODE_ID) return codes.NO_NODE;
  if (!permits(service, id, permissions.read, origin.identities)) return codes.NO_AUTH;
  const count = tree.descendantCount(path);
  if (count > MANY_NODES) origin.connection.spent = true;
  to.int(count);
  return OK;
}

export function serveGetEphemerals(
  service: ReadService,
  origin: ReadOrigin,
  from: Reader,
  to: Writer,
): number {
  const { prefixPath } = operations.getEphemerals.request.read(from);
  const prefix = prefixPath === null || prefixPath.trim() === '' ? '/' : prefixPath;
  const all = service.database.ephemerals.pathsOf(origin.session);
  if (all.size > MANY_NODES) origin.connection.spent = true;
  const isWanted = (path: string) => prefix.trim() === '/' || path.startsWith(prefix);
  const ephemerals = [...all].filter(isWanted);
  operations.getEphemerals.response.write(to, { ephemerals });
  return OK;
}

/**
 * Answered in its turn: whatever was acknowledged to anybody before is in the tree of the only
 * server there is.
 */
export function serveSync(
  _service: ReadService,
  _origin: ReadOrigin,
  from: Reader,
  to: Writer,
): number {
  operations.sync.response.write(to, operations.sync.request.read(from));
  return OK;
}

export function serveWhoAmI(
  _service: ReadService,
  origin: ReadOrigin,
  _from: Reader,
  to: Writer,
): number {
  const clientInfo = origin.identities.map((identity) => ({
    authScheme: identity.scheme,
    user: shownUser(identity),
  }));
  ClientInfoList.write(to, clientInfo);
  return OK;
}

/** The node whose path comes next, without making a string of it. */
function findNode({ database }: ReadService, from: Reader): NodeId {
  const path = from.bufferOrNull();
  if (path === null) throw new MalformedError('a path is null');
  return database.tree.findBytes(path, 0, path.length);
}

/** The path that was read before, as a string. */
function pathAt(from: Reader, start: number): string {
  const end = from.position;
  from.position = start;
  const path = from.string();
  from.position = end;
  return path;
}
