/**
 * All that a client needs from the world around it. There is one for Node, one for browsers and
 * one in memory; tests bring their own.
 */
import type { LogEvent } from '../base/log-event.js';
import type { Diagnostics } from './diagnostics.js';

export interface ClientHost {
  /** The protocols it can speak; any when left out. Others are refused at the call of `connect`. */
  readonly protocols?: readonly ServerAddress['protocol'][];
  /**
   * Opens a byte stream to one server and returns at once. Never throws: what goes wrong is told
   * by `closed`. No callback is made before `open` has returned.
   */
  open(server: ServerAddress, events: TransportEvents): Transport;
  /**
   * As `open`, with pings that go on while the event loop stands still, for at most `maxStallMs`.
   * What is sent has to be whole frames of the protocol. Left out where there is no other thread.
   */
  openBeating?(server: ServerAddress, events: TransportEvents, maxStallMs: number): Transport;
  /** Monotonic milliseconds; only differences mean anything. */
  now(): number;
  /** Milliseconds since 1970; only used to notice that the machine slept. */
  wallNow(): number;
  /** Calls `run` once after `delayMs`; the returned function takes it back. */
  setTimer(delayMs: number, run: () => void): () => void;
  /** Calls `run` as soon as the code now running has finished, before any timer: a microtask. */
  soon(run: () => void): void;
  /** `count` random bytes. */
  randomBytes(count: number): Uint8Array;
  /** Where observers of the process listen; nobody does when left out. */
  readonly diagnostics?: Diagnostics;
  /** Reports what happened; the hosts stay silent unless the program gives `log` to `connect`. */
  log?(event: LogEvent): void;
}

/** One connection to one server: bytes in, bytes out, in order. */
export interface Transport {
  /** Sends bytes, in the order of the calls. The transport owns them from now on. */
  send(bytes: Uint8Array): void;
  /**
   * The newest ping that was answered on a connection of `openBeating`, whoever sent it; times by
   * `ClientHost.now`. Known at once, whatever the event loop does.
   */
  answeredPing?(): { readonly sentAt: number; readonly answeredAt: number } | undefined;
  /** Sends what was given, then closes. No event follows a call of it, `closed` included. */
  close(): void;
}

export interface TransportEvents {
  /** Bytes may be sent from now on. */
  opened(): void;
  /** Bytes came, in any pieces; the receiver owns them. */
  received(bytes: Uint8Array): void;
  /** The connection is over, or never came to be. Called once, last. */
  closed(reason: string): void;
}

/** One place of a connect string. */
export interface ServerAddress {
  readonly protocol: 'tcp' | 'ws' | 'wss' | 'memory';
  /** Name or address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Path and query of a WebSocket URL; `/` otherwise. */
  readonly resource: string;
}

/** Time as a client and its recipes see it: monotonic, but a machine's sleep counts. */
export interface ClientClock {
  /** Milliseconds; only differences mean anything. Never falls. */
  now(): number;
  /**
   * Calls `run` once after `delayMs`, and before whatever the client hears later than that; the
   * returned function takes it back.
   */
  setTimer(delayMs: number, run: () => void): () => void;
}
