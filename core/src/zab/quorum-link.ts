import type { ConnectionId } from '../base/ids.js';
import type { Turn } from '../seam/turn.js';
import { PacketReader, writePacket } from '../wire/quorum.js';
import { beginSeal, endSeal, SealReader } from '../wire/seal.js';
import { Writer } from '../wire/writer.js';

/** A buffer that a burst made larger is given back. */
const LARGEST_KEPT_BYTES = 1 << 20;

/**
 * One connection between a leader and a learner, seen from either end: packets out, gathered until
 * {@link flush}, and packets in. Each direction can be sealed from some point on.
 */
export class QuorumLink {
  readonly connection: ConnectionId;
  /** Where the other end is, for messages. */
  readonly address: string;
  readonly port: number;
  /** Packets so far, those of a snapshot not counted. */
  packetsIn = 0;
  packetsOut = 0;
  readonly packets: PacketReader = new PacketReader();
  isClosed = false;
  /** Much waits to be sent. */
  isSlow = false;
  /** Nothing is read from it. */
  isHeld = false;
  readonly #turn: Turn;
  #out = new Writer();
  #sealsOut = false;
  #sealsIn: SealReader | undefined = undefined;

  constructor(turn: Turn, connection: ConnectionId, address: string, port: number) {
    this.#turn = turn;
    this.connection = connection;
    this.address = address;
    this.port = port;
  }

  /** Where the next bytes go. */
  get out(): Writer {
    const out = this.#out;
    if (this.#sealsOut && out.position === 0) beginSeal(out);
    return out;
  }

  /** Whether what is sent is sealed. */
  get isSealed(): boolean {
    return this.#sealsOut;
  }

  /** Says something that is one packet with nothing but a type, a zxid and perhaps data. */
  say(type: number, zxidHigh: number, zxidLow: number, data: Uint8Array | null = null): void {
    writePacket(this.out, type, zxidHigh, zxidLow, data);
    this.packetsOut++;
  }

  /** Takes bytes in; see {@link next}. */
  received(bytes: Uint8Array): void {
    if (this.#sealsIn === undefined) this.packets.push(bytes);
    else this.#sealsIn.push(bytes);
  }

  /**
   * Goes to the next packet, which is then in {@link packets}.
   *
   * @throws MalformedError
   */
  next(): boolean {
    while (!this.packets.next()) if (!this.more()) return false;
    this.packetsIn++;
    return true;
  }

  /**
   * Hands the content of one more sealed frame on to {@link packets}; false when there is none.
   *
   * @throws MalformedError
   */
  more(): boolean {
    const content = this.#sealsIn?.next();
    if (content === undefined) return false;
    this.packets.push(content);
    return true;
  }

  /** What comes from now on is sealed, what was read already included. */
  sealIn(): void {
    this.#sealsIn = new SealReader();
    this.#sealsIn.push(this.packets.takeRest());
  }

  /** What is said from now on is sealed. */
  sealOut(after: number): void {
    this.flush(after);
    this.#sealsOut = true;
  }

  /**
   * Sends what was said.
   *
   * @param after the newest disk request that any of it relies on
   */
  flush(after: number): void {
    const out = this.#out;
    if (out.position === 0 || this.isClosed) return;
    if (this.#sealsOut) endSeal(out);
    this.send(out.pooled(), after);
    if (out.bytes.length > LARGEST_KEPT_BYTES) this.#out = new Writer();
    else out.clear();
  }

  /** Sends bytes as they are, after what was said; they may be shared with other links. */
  send(bytes: Uint8Array, after: number): void {
    if (this.isClosed) return;
    this.#turn.effects.push({ type: 'send', connection: this.connection, bytes, after });
  }

  /** Stops reading from it, or goes on. */
  hold(held: boolean): void {
    if (held === this.isHeld || this.isClosed) return;
    this.isHeld = held;
    this.#turn.effects.push({ type: 'hold', connection: this.connection, held });
  }

  /** Ends the link after what was said. */
  close(reason: string): void {
    if (this.isClosed) return;
    this.flush(this.#turn.durable);
    this.isClosed = true;
    this.#turn.effects.push({ type: 'close', connection: this.connection, reason });
  }
}
