/** What a history may show that one single-threaded server never would. */
export interface Leeway {
  /** Reads are answered by any of several servers: they may be old, unless a sync came before. */
  readonly isEnsemble?: boolean;
  /**
   * The zxid of an answer may be later than the state that was read, though never earlier, as with
   * a server that reads in one thread while it applies in another.
   */
  readonly readsEarlier?: boolean;
  /** A sync promises nothing, as when a leader answers that does not know it was replaced. */
  readonly syncsLoosely?: boolean;
}
