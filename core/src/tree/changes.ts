/**
 * Hears what a transaction changed, in the order in which watches fire: after a create the node
 * (`nodeCreated`) and then its parent (`nodeChildrenChanged`); after a delete the node
 * (`nodeDeleted`) and then its parent; after new data the node (`nodeDataChanged`).
 */
export interface ChangeSink {
  /**
   * False when nobody would listen: then `changed` is not called, which spares the parent's path.
   */
  readonly listening: boolean;
  /**
   * @param eventType a row of `eventTypes`
   * @param aclId ACL whose READ permission a watcher needs: the node's own, which a deleted node
   * had   when it was deleted; for `nodeChildrenChanged` the parent's. Valid during the call.
   */
  changed(eventType: number, path: string, aclId: number): void;
}

/** For replay: nobody listens. */
export const NO_SINK: ChangeSink = { listening: false, changed() {} };
