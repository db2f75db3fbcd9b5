import type { ConnectionId } from '../base/ids.js';
import type { Config } from '../config/config.js';
import { aclPermits } from '../tree/acl.js';
import { OPEN_ACL_ID } from '../tree/acl-table.js';
import type { ChangeSink } from '../tree/changes.js';
import type { Database } from '../tree/database.js';
import type { WatchTable } from '../tree/watches.js';
import { eventTypes, keeperStates } from '../wire/events.js';
import { specialXids } from '../wire/operations.js';
import { permissions } from '../wire/permissions.js';
import { Writer } from '../wire/writer.js';
import type { Connection } from './connection.js';
import type { MetricsRegistry, Summary } from './metrics.js';
import type { Replies } from './replies.js';

export interface NotificationParts {
  readonly config: Config;
  readonly database: Database;
  readonly watches: WatchTable;
  readonly replies: Replies;
  readonly connections: ReadonlyMap<ConnectionId, Connection>;
  readonly metrics: MetricsRegistry;
}

/**
 * Tells watchers of changes while a transaction is applied, so that each of them hears of a change
 * before any reply that shows it. Whoever may not read the node hears nothing, and a one-shot watch
 * is spent all the same, as in ZooKeeper.
 */
export class Notifications implements ChangeSink {
  readonly #parts: NotificationParts;
  readonly #frame = new Writer();
  readonly #summaries: ReadonlyMap<number, Summary>;
  #zxidHigh = 0;
  #zxidLow = 0;

  constructor(parts: NotificationParts) {
    this.#parts = parts;
    const { metrics } = parts;
    this.#summaries = new Map([
      [eventTypes.nodeCreated, metrics.nodeCreatedWatches],
      [eventTypes.nodeDeleted, metrics.nodeDeletedWatches],
      [eventTypes.nodeDataChanged, metrics.nodeChangedWatches],
      [eventTypes.nodeChildrenChanged, metrics.nodeChildrenWatches],
    ]);
  }

  get listening(): boolean {
    return this.#parts.watches.size > 0;
  }

  /** Events from now on are those of the transaction with this zxid. */
  beginTxn(zxidHigh: number, zxidLow: number): void {
    this.#zxidHigh = zxidHigh;
    this.#zxidLow = zxidLow;
  }

  changed(eventType: number, path: string, aclId: number): void {
    const { watches, replies, connections, metrics } = this.#parts;
    const frame = this.#frame;
    frame.clear();
    let told = 0;
    watches.trigger(eventType, path, (watcher) => {
      const connection = connections.get(watcher);
      if (connection === undefined || !this.mayRead(connection, aclId)) return;
      if (frame.position === 0) writeEvent(frame, eventType, path, this.#zxidHigh, this.#zxidLow);
      replies.writerOf(connection).raw(frame.bytes, 0, frame.position);
      told++;
    });
    if (told === 0) return;
    this.#summaries.get(eventType)?.add(told);
    metrics.watchBytes.add(told * frame.position);
    metrics.packetsSent.add(told);
  }

  /**
   * Tells one connection of a change that it missed while it was away. Such an event carries -1 for
   * its zxid, since it stands for no single transaction.
   */
  tell(connection: Connection, eventType: number, path: string): void {
    writeEvent(this.#parts.replies.writerOf(connection), eventType, path, -1, -1);
    this.#parts.metrics.packetsSent.add();
  }

  /** Whether a connection may hear of a node with this ACL. */
  mayRead(connection: Connection, aclId: number): boolean {
    const { config, database } = this.#parts;
    if (aclId === OPEN_ACL_ID || config.skipAcl) return true;
    return aclPermits(database.acls.get(aclId), permissions.read, connection.identities);
  }
}

function writeEvent(
  to: Writer,
  eventType: number,
  path: string,
  zxidHigh: number,
  zxidLow: number,
): void {
  const start = to.position;
  to.int(0);
  to.int(specialXids.notification);
  to.halves(zxidHigh, zxidLow);
  to.int(0);
  to.int(eventType);
  to.int(keeperStates.syncConnected);
  to.string(path);
  to.intAt(start, to.position - start - 4);
}
