import type { ConnectionId } from '../base/ids.js';
import type { Turn } from '../seam/turn.js';
import type { Leader } from '../zab/leader.js';
import { QuorumLink } from '../zab/quorum-link.js';

/** More are not kept waiting: an ensemble is small. */
const MOST = 64;

/**
 * Learners that have connected while this server does not know yet whether it leads. Others may be
 * quicker to see that it will; were they sent away, all would take longer.
 */
export class EarlyLearners {
  readonly #turn: Turn;
  readonly #links = new Map<
    ConnectionId,
    { readonly address: string; readonly port: number; readonly bytes: Uint8Array[] }
  >();

  constructor(turn: Turn) {
    this.#turn = turn;
  }

  has(connection: ConnectionId): boolean {
    return this.#links.has(connection);
  }

  opened(connection: ConnectionId, address: string, port: number): void {
    if (this.#links.size < MOST) this.#links.set(connection, { address, port, bytes: [] });
    else this.#refuse(connection, `${MOST} others wait already`);
  }

  received(connection: ConnectionId, bytes: Uint8Array): void {
    this.#links.get(connection)?.bytes.push(bytes);
  }

  closed(connection: ConnectionId): void {
    this.#links.delete(connection);
  }

  /** This server leads. */
  handTo(leader: Leader): void {
    for (const [connection, { address, port, bytes }] of this.#links) {
      leader.opened(new QuorumLink(this.#turn, connection, address, port));
      for (const each of bytes) leader.received(connection, each);
    }
    this.#links.clear();
  }

  /** Another server leads. */
  refuseAll(reason: string): void {
    for (const connection of this.#links.keys()) this.#refuse(connection, reason);
    this.#links.clear();
  }

  #refuse(connection: ConnectionId, reason: string): void {
    this.#turn.effects.push({ type: 'close', connection, reason });
  }
}
