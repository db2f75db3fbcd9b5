import type { ConnectionId, Millis, WallMillis } from '../base/ids.js';
import type { DiskFailure } from '../storage/disk.js';

/** Everything the world can tell a server. */
export type Input =
  | {
      readonly type: 'connection-opened';
      readonly connection: ConnectionId;
      /** Peer's IP address as text, without port; IPv4-mapped IPv6 addresses already as IPv4. */
      readonly address: string;
      readonly port: number;
      readonly transport: 'tcp' | 'websocket' | 'memory';
    }
  /** Bytes in the order the peer sent them; the machine owns the array from now on. */
  | {
      readonly type: 'connection-bytes';
      readonly connection: ConnectionId;
      readonly bytes: Uint8Array;
    }
  /** The peer is gone, or the host closed it. Comes exactly once for each connection opened. */
  | {
      readonly type: 'connection-closed';
      readonly connection: ConnectionId;
      readonly reason: string;
    }
  /**
   * Much waits to be sent to a connection, or no longer does. Until it does not, nothing more of
   * what it asked is answered: a client that does not read must not fill the memory.
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
  | { readonly name: 'take-snapshot' }
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
