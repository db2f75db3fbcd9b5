import type { Connection } from './connection.js';
import type { Replies } from './replies.js';

/**
 * Pings that cannot be answered yet: the answer says that the session lives, and a server that may
 * be cut off from the leader cannot know that.
 */
export class OwedPings {
  #pings: { readonly connection: Connection; readonly xid: number }[] = [];

  get isEmpty(): boolean {
    return this.#pings.length === 0;
  }

  owe(connection: Connection, xid: number): void {
    this.#pings.push({ connection, xid });
  }

  /** The sessions live, as far as is known: whoever is still there is told. */
  answer(replies: Replies): void {
    for (const { connection, xid } of this.#pings) {
      if (connection.phase !== 'open' || connection.session?.closing !== false) continue;
      replies.begin(connection, xid);
      replies.end(connection, 0);
    }
    this.#pings = [];
  }
}
