import type { ConnectionId, Millis, SessionId, WallMillis } from '../base/ids.js';
import type { DiskFailure } from '../storage/disk.js';

/** What two servers of an ensemble have between them: one connection each for two purposes. */
export type LinkKind = 'quorum' | 'election';

/**
 * Everything the world can tell a server.
 *
 * Connections of clients and links to other servers are numbered together: bytes, slowness and the
 * end are told of both in the same way.
 */
export type Input =
  | {
      readonly type: 'connection-opened';
      readonly connection: ConnectionId;
      /** Peer's IP address as text, without port; IPv4-mapped IPv6 addresses already as IPv4. */
      readonly address: string;
      readonly port: number;
      readonly transport: 'tcp' | 'websocket' | 'memory';
    }
  /**
   * Another server connected to one of our ports for servers, or a `dial` of ours has succeeded. A
   * dial that fails is answered by `connection-closed` alone.
   */
  | {
      readonly type: 'link-opened';
      /** That of the `dial`; a number of the host's own for a link that was accepted. */
      readonly connection: ConnectionId;
      readonly link: LinkKind;
      readonly address: string;
      readonly port: number;
    }
  /** Bytes in the order the peer sent them; the machine owns the array from now on. */
  | {
      readonly type: 'connection-bytes';
      readonly connection: ConnectionId;
      readonly bytes: Uint8Array;
    }
  /**
   * The peer is gone, or the host closed it. Comes exactly once for each connection opened and for
   * each dial that fails.
   */
  | {
      readonly type: 'connection-closed';
      readonly connection: ConnectionId;
      readonly reason: string;
    }
  /**
   * Much waits to be sent to a connection, or no longer does. Until it does not, nothing more of
   * what it asked is answered: a client that does not read must not fill the memory. Links are
   * read from all the same; a link to a slow server gets no more of a snapshot meanwhile.
   */
  | {
      readonly type: 'connection-slow';
      readonly connection: ConnectionId;
      readonly slow: boolean;
    }
  /** Answers the `disk` effect with the same id and generation. */
  | {
      readonly type: 'disk-done';
      readonly id: number;
      readonly generation: number;
      readonly failure?: DiskFailure;
    }
  /** Answers a `poll` effect: every byte that had arrived when it was asked has been delivered. */
  | { readonly type: 'polled'; readonly id: number }
  /** An administrator's order; `reset-stats` and its kind have no reply. */
  | { readonly type: 'command'; readonly command: PeerCommand };

/** Orders that change something inside a server; reading needs none, see `Peer.status`. */
export type PeerCommand =
  | { readonly name: 'reset-server-stats' }
  | { readonly name: 'reset-connection-stats' }
  | { readonly name: 'reset-observer-stats' }
  | { readonly name: 'take-snapshot' }
  /** End a session, whether or not its client is there; a learner can end those it tracks. */
  | { readonly name: 'close-session'; readonly session: SessionId }
  /** Stop serving: close connections, finish the log; `stopped` turns true when all is durable. */
  | { readonly name: 'shut-down' };

/**
 * What happened since the last step, in order. An empty list of inputs is a step too: the host
 * makes one when `Peer.wakeAt` has come.
 */
export interface Batch {
  readonly now: Millis;
  readonly wall: WallMillis;
  readonly inputs: readonly Input[];
}
