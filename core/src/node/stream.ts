/** A connection as the driver sees it, whatever carries its bytes. */
export interface Stream {
  /** Bytes that were sent and that the system has not taken yet. */
  readonly unsentBytes: number;
  /** Sends whole frames, in order and in as few system calls as can be. */
  send(parts: readonly Uint8Array[]): void;
  /** Stops or goes on reading; what was read already still comes. */
  hold(held: boolean): void;
  /** Sends what waits, then ends. Nothing is reported any more but `closed`. */
  end(reason: string): void;
  /** Ends at once; nothing is reported any more but `closed`. */
  destroy(reason: string): void;
}

/** One client's connection. */
export interface ClientStream extends Stream {
  readonly transport: 'tcp' | 'websocket';
}

/** Who is at the other end of a connection. */
export interface Remote {
  /** IP address as text, IPv4 as IPv4. */
  readonly address: string;
  readonly port: number;
}

/** What a stream reports. */
export interface StreamEvents {
  received(bytes: Uint8Array): void;
  /** Everything that waited was taken by the system. */
  drained(): void;
  /** Comes once, last. */
  closed(reason: string): void;
}

/**
 * How long a stream that has ended may stand still before it is cut: its last bytes must reach a
 * slow reader, and a client that never reads must not hold a socket.
 */
export const LINGER_MS = 2_000;
