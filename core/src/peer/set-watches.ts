import { OK } from '../base/errors.js';
import { compareLongs, highOf, lowOf } from '../base/long.js';
import { NO_NODE_ID, type NodeId } from '../tree/tree.js';
import { eventTypes } from '../wire/events.js';
import { operations } from '../wire/operations.js';
import type { Reader } from '../wire/reader.js';
import type { SetWatches } from '../wire/records.js';
import type { ReadOrigin, ReadService } from './read-handler.js';

/**
 * Sets the one-shot watches of a client that has come back, and tells it at once of those that
 * would have fired meanwhile. The events come before the reply.
 */
export function serveSetWatches(service: ReadService, origin: ReadOrigin, from: Reader): number {
  setOneShotWatches(service, origin, operations.setWatches.request.read(from));
  return OK;
}

/** {@link serveSetWatches} with the watches that stay; of what these missed nothing is known. */
export function serveSetWatches2(service: ReadService, origin: ReadOrigin, from: Reader): number {
  const request = operations.setWatches2.request.read(from);
  setOneShotWatches(service, origin, request);
  const { watches } = service;
  const { id } = origin.connection;
  for (const path of request.persistentWatches ?? []) watches.add(id, path, 'persistent');
  for (const path of request.persistentRecursiveWatches ?? []) {
    watches.add(id, path, 'persistentRecursive');
  }
  return OK;
}

function setOneShotWatches(service: ReadService, origin: ReadOrigin, request: SetWatches): void {
  const { watches, database, notifications } = service;
  const { tree } = database;
  const { connection } = origin;
  const high = highOf(request.relativeZxid);
  const low = lowOf(request.relativeZxid);
  /* ZooKeeper tells of nodes that the client may not read; here it hears nothing of them. */
  const tell = (eventType: number, path: string, id: NodeId) => {
    if (id !== NO_NODE_ID && !notifications.mayRead(connection, tree.aclId(id))) return;
    notifications.tell(connection, eventType, path);
  };
  for (const path of request.dataWatches ?? []) {
    const id = tree.find(path);
    if (id === NO_NODE_ID) {
      tell(eventTypes.nodeDeleted, path, id);
    } else if (compareLongs(tree.mzxidHigh(id), tree.mzxidLow(id), high, low) > 0) {
      tell(eventTypes.nodeDataChanged, path, id);
    } else {
      watches.add(connection.id, path, 'data');
    }
  }
  for (const path of request.existWatches ?? []) {
    const id = tree.find(path);
    if (id === NO_NODE_ID) watches.add(connection.id, path, 'data');
    else tell(eventTypes.nodeCreated, path, id);
  }
  for (const path of request.childWatches ?? []) {
    const id = tree.find(path);
    if (id === NO_NODE_ID) {
      tell(eventTypes.nodeDeleted, path, id);
    } else if (compareLongs(tree.pzxidHigh(id), tree.pzxidLow(id), high, low) > 0) {
      tell(eventTypes.nodeChildrenChanged, path, id);
    } else {
      watches.add(connection.id, path, 'child');
    }
  }
}
