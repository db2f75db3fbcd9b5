/** What a history may show that one single-threaded server never would. */
export interface Leeway {
  /** Several servers answer: one that a session has left may still pass its requests on. */
  readonly isEnsemble?: boolean;
  /** Sessions may begin and end without a transaction, as long as they own nothing. */
  readonly hasLocalSessions?: boolean;
  /**
   * The zxid of an answer may be later than the state that was read, though never earlier, as with
   * a server that reads in one thread while it applies in another.
   */
  readonly readsEarlier?: boolean;
}
