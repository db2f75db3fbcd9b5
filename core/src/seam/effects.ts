import type { ConnectionId } from '../base/ids.js';
import type { DiskLane, DiskStep } from '../storage/disk.js';
import type { LinkKind } from './inputs.js';

/** One of the places at which another server listens. */
export interface LinkAddress {
  /** A name or an IP address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * Everything a server can ask of the world.
 *
 * The host keeps five promises:
 *
 * 1. `disk` requests of one lane are performed in order, one at a time, and each is answered by one
 *    `disk-done` with the same id and generation, after its last step is durable or one has failed.
 * 2. `send`s to one connection leave in order; `close` comes after the sends before it.
 * 3. `poll` is answered after one full round of reading every socket.
 * 4. After `halt` nothing more of this server reaches the world.
 * 5. `dial` resolves names anew, tries all addresses side by side, keeps the first connection that
 *    comes to be, and gives up after `timeoutMs`.
 *
 * The machine keeps one promise that matters most: **nothing is attested before it is durable**. A
 * `send` that tells a client of a write carries in `after` the disk request that made the write
 * durable, and is only ever emitted when that request has been answered without failure. The
 * simulator compares `after` with its disk's durable image at every send.
 */
export type Effect =
  | {
      readonly type: 'send';
      readonly connection: ConnectionId;
      /** Whole frames; the host owns the array from now on. */
      readonly bytes: Uint8Array;
      /** Newest disk request that these bytes rely on; 0 when they rely on none. */
      readonly after: number;
    }
  /**
   * Connect to another server. Answered by one `link-opened` with this number or, when it fails or
   * was closed before, by `connection-closed`.
   */
  | {
      readonly type: 'dial';
      /** Chosen by the machine: negative, and never used twice. */
      readonly connection: ConnectionId;
      readonly link: LinkKind;
      readonly addresses: readonly LinkAddress[];
      readonly timeoutMs: number;
    }
  | { readonly type: 'close'; readonly connection: ConnectionId; readonly reason: string }
  /** Stop or go on reading from a connection; bytes already read still come. */
  | { readonly type: 'hold'; readonly connection: ConnectionId; readonly held: boolean }
  | {
      readonly type: 'disk';
      readonly id: number;
      /**
       * Grows when the machine abandons what it had asked for; late answers of older ones are
       * ignored.
       */
      readonly generation: number;
      readonly lane: DiskLane;
      readonly steps: readonly DiskStep[];
    }
  | { readonly type: 'poll'; readonly id: number }
  /** The server cannot go on safely; `code` is the process's exit code. */
  | { readonly type: 'halt'; readonly code: number; readonly reason: string };
