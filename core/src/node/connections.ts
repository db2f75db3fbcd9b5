import type { ConnectionId } from '../base/ids.js';
import type { Effect } from '../seam/effects.js';
import type { Input, LinkKind } from '../seam/inputs.js';
import { Attached, type Owner } from './attached.js';
import type { Dial } from './dial.js';
import type { Log } from './logger.js';
import type { ClientStream, Remote, Stream, StreamEvents } from './stream.js';

export interface ConnectionsParts {
  readonly input: (input: Input) => void;
  readonly dial: Dial;
  readonly log: Log;
  /** With more than this unsent a connection counts as slow, and no client is read from. */
  readonly sendQueueHighWaterBytes: number;
  /** With more than this unsent to a client, its connection is closed. */
  readonly sendQueueMaxBytes: number;
  /** With more than this unsent to another server, the link to it is closed. */
  readonly linkQueueMaxBytes: number;
}

/** The connections of one server: those of clients, and links to other servers. */
export class Connections {
  readonly #parts: ConnectionsParts;
  readonly #attached = new Map<ConnectionId, Attached>();
  readonly #owner: Owner = {
    received: (connection, bytes) =>
      this.#parts.input({ type: 'connection-bytes', connection, bytes }),
    drained: (attached) => this.#drained(attached),
    closed: ({ id, stream }, reason) => {
      this.#attached.delete(id);
      this.#ending.delete(stream);
      this.#parts.input({ type: 'connection-closed', connection: id, reason });
    },
  };
  /** What gives each dial up that is under way. */
  readonly #dials = new Map<ConnectionId, () => void>();
  /** Streams that were told to end and have not done so yet. */
  readonly #ending = new Set<Stream>();
  #speaking: Attached[] = [];
  #lastId: ConnectionId = 0;

  constructor(parts: ConnectionsParts) {
    this.#parts = parts;
  }

  /**
   * Tells the machine of a client.
   *
   * @param open makes the stream, which reports to the events it is given, later
   * @param first what the stream's other side has said already
   */
  attachClient(
    remote: Remote,
    open: (events: StreamEvents) => ClientStream,
    first?: Uint8Array,
  ): void {
    const connection = ++this.#lastId;
    const { stream } = this.#attach(connection, false, open);
    const { transport } = stream;
    this.#parts.input({ type: 'connection-opened', connection, ...remote, transport });
    if (first !== undefined) {
      this.#parts.input({ type: 'connection-bytes', connection, bytes: first });
    }
  }

  /** Tells the machine of another server that has connected. */
  attachLink(link: LinkKind, remote: Remote, open: (events: StreamEvents) => Stream): void {
    const connection = ++this.#lastId;
    this.#attach(connection, true, open);
    this.#parts.input({ type: 'link-opened', connection, link, ...remote });
  }

  /** Connects to another server. */
  dial({ connection, link, addresses, timeoutMs }: Effect & { readonly type: 'dial' }): void {
    const cancel = this.#parts.dial(addresses, timeoutMs, {
      opened: (remote, open) => {
        this.#dials.delete(connection);
        this.#attach(connection, true, open);
        this.#parts.input({ type: 'link-opened', connection, link, ...remote });
      },
      failed: (reason) => {
        this.#dials.delete(connection);
        this.#parts.input({ type: 'connection-closed', connection, reason });
      },
    });
    this.#dials.set(connection, cancel);
  }

  /** Sends at the end of the turn. */
  send(connection: ConnectionId, bytes: Uint8Array): void {
    const attached = this.#attached.get(connection);
    if (attached?.say(bytes) === true) this.#speaking.push(attached);
  }

  /** The turn ends: each connection is written to once. */
  endTurn(): void {
    const speaking = this.#speaking;
    if (speaking.length === 0) return;
    this.#speaking = [];
    for (const attached of speaking) this.#speak(attached);
  }

  hold(connection: ConnectionId, held: boolean): void {
    const attached = this.#attached.get(connection);
    if (attached === undefined) return;
    attached.heldByMachine = held;
    attached.stream.hold(attached.isHeld);
  }

  close(connection: ConnectionId, reason: string): void {
    const cancel = this.#dials.get(connection);
    if (cancel !== undefined) {
      this.#dials.delete(connection);
      cancel();
      this.#parts.input({ type: 'connection-closed', connection, reason });
    }
    const attached = this.#attached.get(connection);
    if (attached === undefined) return;
    this.#speak(attached);
    this.#attached.delete(connection);
    this.#ending.add(attached.stream);
    attached.stream.end(reason);
  }

  /**
   * Calls back after a full round of reading, and one more for streams that hand on what they read
   * a turn later. Held connections are read from as well: a ping may wait there, behind replies
   * that its client reads slowly.
   */
  poll(done: () => void): void {
    for (const { isHeld, stream } of this.#attached.values()) if (isHeld) stream.hold(false);
    setImmediate(() => {
      setImmediate(() => {
        for (const { isHeld, stream } of this.#attached.values()) if (isHeld) stream.hold(true);
        done();
      });
    });
  }

  /** Gives up every dial and cuts every link. Clients may hear what was said to them. */
  endLinks(reason: string): void {
    for (const cancel of this.#dials.values()) cancel();
    this.#dials.clear();
    for (const { isLink, stream } of this.#attached.values()) if (isLink) stream.destroy(reason);
  }

  /** Cuts everything. */
  destroy(reason: string): void {
    this.endLinks(reason);
    for (const { stream } of this.#attached.values()) stream.destroy(reason);
    for (const stream of this.#ending) stream.destroy(reason);
  }

  #attach<S extends Stream>(
    id: ConnectionId,
    isLink: boolean,
    open: (events: StreamEvents) => S,
  ): Attached<S> {
    const attached = new Attached(id, isLink, this.#owner, open);
    this.#attached.set(id, attached);
    return attached;
  }

  /** Sends what a turn gathered for one connection, and looks at how much it leaves unsent. */
  #speak(attached: Attached): void {
    if (!attached.speak()) return;
    const { sendQueueHighWaterBytes, sendQueueMaxBytes, linkQueueMaxBytes } = this.#parts;
    const { id, stream, isLink } = attached;
    const { unsentBytes } = stream;
    if (unsentBytes > (isLink ? linkQueueMaxBytes : sendQueueMaxBytes)) {
      this.#cut(attached, unsentBytes);
    } else if (unsentBytes > sendQueueHighWaterBytes && !attached.isSlow) {
      attached.isSlow = true;
      if (attached.isHeld) stream.hold(true);
      this.#parts.input({ type: 'connection-slow', connection: id, slow: true });
    }
  }

  #cut({ id, stream, isLink }: Attached, unsentBytes: number): void {
    const reason = `slow reader: ${unsentBytes} bytes wait to be sent to it`;
    this.#parts.log({
      level: 'warn',
      event: isLink ? 'link.slow-reader' : 'connection.slow-reader',
      message: `${isLink ? 'link' : 'connection'} ${id} is closed: ${reason}`,
      fields: { connection: id, unsentBytes },
    });
    this.#attached.delete(id);
    stream.destroy(reason);
  }

  #drained(attached: Attached): void {
    if (!attached.isSlow || !this.#attached.has(attached.id)) return;
    const { id, stream } = attached;
    const wasHeld = attached.isHeld;
    attached.isSlow = false;
    this.#parts.input({ type: 'connection-slow', connection: id, slow: false });
    if (wasHeld && !attached.isHeld) stream.hold(false);
  }
}
