/** What clients said and heard on the wire, connection by connection, with the time of each. */
import type { Handshake, HandshakeReply } from '@vivarium/core/internal/wire/connect';

export interface SentRequest {
  readonly connection: ConnectionHistory;
  /** Virtual time. */
  readonly at: number;
  readonly xid: number;
  readonly opcode: number;
  /** After the header. */
  readonly body: Uint8Array;
  /** Whether credentials went before it on its connection. */
  readonly isKnown: boolean;
  reply: HeardReply | undefined;
}

export interface HeardReply {
  readonly type: 'reply';
  readonly at: number;
  readonly request: SentRequest;
  readonly zxid: bigint;
  readonly err: number;
  readonly body: Uint8Array;
}

export interface HeardEvent {
  readonly type: 'event';
  readonly at: number;
  readonly zxid: bigint;
  readonly eventType: number;
  readonly path: string;
}

export type Heard = HeardReply | HeardEvent;

/** One connection, from the client's side. */
export interface ConnectionHistory {
  readonly client: string;
  /** Where it leads: `s1`. */
  readonly server: string;
  /** Of all connections of the run, in the order of opening. */
  readonly number: number;
  greeting: (Handshake & { readonly at: number }) | undefined;
  welcome: (HandshakeReply & { readonly at: number }) | undefined;
  /** Somebody asked for its session over a later connection. */
  hasMoved?: boolean;
  /** In the order sent. */
  readonly requests: SentRequest[];
  /** In the order heard. */
  readonly heard: Heard[];
}

/** All of it. */
export interface History {
  readonly connections: ConnectionHistory[];
}

/** The session that a connection carried; 0 when it carried none. */
export function sessionOf({ welcome }: ConnectionHistory): bigint {
  return welcome === undefined || welcome.timeOut <= 0 ? 0n : welcome.sessionId;
}
