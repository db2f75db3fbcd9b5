import type { ConnectionId } from '../base/ids.js';
import type { Config } from '../config/config.js';
import type { Effect } from '../seam/effects.js';
import type { Input, LinkKind } from '../seam/inputs.js';
import type { End, EndEvents } from './connection.js';
import { LocalDial } from './dial.js';
import type { Micros } from './kernel.js';
import type { Network } from './network.js';

export interface LocalConnectionsParts {
  readonly network: Network;
  /** The server's place in the network. */
  readonly place: string;
  readonly config: Config;
  readonly input: (input: Input) => void;
  /** Plans something that an end of this life leaves out; returns what takes it back. */
  readonly plan: (delay: Micros, what: string, run: () => void) => () => void;
  /** How late a timer comes this time. */
  readonly lateness: () => Micros;
  /** Whether the server runs, in this life or a later one. */
  readonly isUp: () => boolean;
}

interface Attached {
  readonly id: ConnectionId;
  readonly end: End;
  /** Another server, and no client, is at its other end. */
  readonly isLink: boolean;
  heldByMachine: boolean;
  /** Too much waits to be sent. */
  isSlow: boolean;
}

/** The connections of one life of a server in memory: those of clients, and links to servers. */
export class LocalConnections {
  readonly #parts: LocalConnectionsParts;
  readonly #attached = new Map<ConnectionId, Attached>();
  readonly #dials = new Map<ConnectionId, LocalDial>();
  readonly #speaking = new Set<Attached>();
  #stopListening: (() => void)[] = [];
  #isPaused = false;
  #isOver = false;
  #lastId: ConnectionId = 0;

  constructor(parts: LocalConnectionsParts) {
    this.#parts = parts;
  }

  /** Bytes that came and that the server has not read. */
  get backlogBytes(): number {
    let bytes = 0;
    for (const { end } of this.#attached.values()) bytes += end.backlogBytes;
    return bytes;
  }

  /** When the first of the bytes came that wait to be read from a connection. */
  unreadSince(connection: ConnectionId): Micros | undefined {
    return this.#attached.get(connection)?.end.incoming.waitingSince;
  }

  /** Takes clients at the server's place, and other servers where the ensemble's config says. */
  listen(): void {
    const { network, place, config } = this.#parts;
    const clients = network.listen(place, (end) => this.#acceptClient(end));
    this.#stopListening.push(clients);
    const own = config.ensemble?.servers.find(({ serverId }) => serverId === config.serverId);
    for (const { host, quorumPort, electionPort } of own?.addresses ?? []) {
      this.#listenForLinks('quorum', `${host}:${quorumPort}`);
      this.#listenForLinks('election', `${host}:${electionPort}`);
    }
  }

  stopListening(): void {
    for (const stop of this.#stopListening.splice(0)) stop();
  }

  send(connection: ConnectionId, bytes: Uint8Array): void {
    const attached = this.#attached.get(connection);
    if (attached === undefined) return;
    attached.end.send(bytes);
    this.#speaking.add(attached);
  }

  /** Looks at what the sends of a turn have left unsent. */
  afterTurn(): void {
    if (this.#speaking.size === 0) return;
    for (const attached of this.#speaking) this.#limit(attached);
    this.#speaking.clear();
  }

  hold(connection: ConnectionId, held: boolean): void {
    const attached = this.#attached.get(connection);
    if (attached === undefined) return;
    attached.heldByMachine = held;
    attached.end.hold(isHeld(attached));
  }

  close(connection: ConnectionId, reason: string): void {
    const dial = this.#dials.get(connection);
    if (dial !== undefined) dial.cancel(reason);
    const attached = this.#attached.get(connection);
    if (attached === undefined) return;
    attached.end.close();
    this.#gone(attached, reason);
  }

  /** Connects to another server. */
  dial(effect: Effect & { readonly type: 'dial' }): void {
    const { network, place, plan, lateness } = this.#parts;
    const { connection, link } = effect;
    const dial = new LocalDial(effect, {
      connect: (address, events) => network.connect(place, address, events),
      plan: (delay, what, run) => plan(delay + lateness(), what, run),
      opened: (end, { host, port }) => {
        this.#dials.delete(connection);
        this.#attach(connection, end, true);
        this.#parts.input({ type: 'link-opened', connection, link, address: host, port });
        return this.#eventsOf(connection, end);
      },
      failed: (reason) => {
        this.#dials.delete(connection);
        this.#parts.input({ type: 'connection-closed', connection, reason });
      },
      stray: (end) => this.#stray(end),
    });
    this.#dials.set(connection, dial);
    dial.begin();
  }

  /** One round of reading: what waits in every buffer is handed over, held or not. */
  flush(): void {
    for (const { end } of [...this.#attached.values()]) end.flush();
  }

  /** The process stands still; what comes waits. */
  pause(): void {
    this.#isPaused = true;
    for (const { end } of this.#attached.values()) end.hold(true);
    for (const dial of this.#dials.values()) dial.pause();
  }

  /** The process goes on with its timers: a dial whose time is over is given up. */
  resumeTimers(): void {
    this.#isPaused = false;
    for (const dial of [...this.#dials.values()]) dial.resumeTimer();
  }

  /** And then it looks at its sockets. */
  resumeSockets(): void {
    for (const dial of [...this.#dials.values()]) dial.resume();
    for (const attached of this.#attached.values()) attached.end.hold(isHeld(attached));
  }

  /**
   * The life is over.
   *
   * @param reason what the other ends are told; undefined when they hear nothing
   */
  end(reason: string | undefined): void {
    this.#isOver = true;
    this.stopListening();
    const attached = [...this.#attached.values()];
    const dials = [...this.#dials.values()];
    this.#attached.clear();
    this.#dials.clear();
    for (const dial of dials) dial.abandon(reason);
    if (reason !== undefined) for (const { end } of attached) end.reset(reason);
  }

  #listenForLinks(link: LinkKind, address: string): void {
    const { network, place } = this.#parts;
    const accept = (end: End, from: string) => this.#acceptLink(link, end, from);
    this.#stopListening.push(network.listen(address, accept, place));
  }

  #acceptClient(end: End): EndEvents {
    const connection = ++this.#lastId;
    this.#attach(connection, end, false);
    const peer = { address: '127.0.0.1', port: portOf(connection), transport: 'memory' } as const;
    this.#parts.input({ type: 'connection-opened', connection, ...peer });
    return this.#eventsOf(connection, end);
  }

  #acceptLink(link: LinkKind, end: End, from: string): EndEvents {
    const connection = ++this.#lastId;
    this.#attach(connection, end, true);
    const address = from.replace(/:\d+$/, '');
    const port = portOf(connection);
    this.#parts.input({ type: 'link-opened', connection, link, address, port });
    return this.#eventsOf(connection, end);
  }

  #attach(id: ConnectionId, end: End, isLink: boolean): void {
    this.#attached.set(id, { id, end, isLink, heldByMachine: false, isSlow: false });
    if (this.#isPaused) end.hold(true);
  }

  #eventsOf(connection: ConnectionId, end: End): EndEvents {
    const own = () => (this.#isOver ? undefined : this.#attached.get(connection));
    return {
      opened: () => {},
      received: (bytes) => {
        if (own() !== undefined) this.#parts.input({ type: 'connection-bytes', connection, bytes });
        else this.#stray(end);
      },
      drained: () => {
        const attached = own();
        if (attached?.isSlow === true) this.#hurries(attached);
      },
      closed: (reason) => {
        const attached = own();
        if (attached !== undefined) this.#gone(attached, reason);
      },
    };
  }

  /** A machine that was rebooted knows nothing of a connection of its life before. */
  #stray(end: End): void {
    if (this.#parts.isUp()) end.reset('connection reset');
  }

  #gone(attached: Attached, reason: string): void {
    const { id } = attached;
    this.#attached.delete(id);
    this.#speaking.delete(attached);
    this.#parts.input({ type: 'connection-closed', connection: id, reason });
  }

  #limit(attached: Attached): void {
    const { end, id, isLink } = attached;
    const { sendQueueHighWaterBytes, sendQueueMaxBytes, linkQueueMaxBytes } = this.#parts.config;
    const { unsentBytes } = end;
    if (unsentBytes > (isLink ? linkQueueMaxBytes : sendQueueMaxBytes)) {
      const reason = `slow reader: ${unsentBytes} bytes wait to be sent to it`;
      this.#gone(attached, reason);
      end.reset(reason);
    } else if (unsentBytes > sendQueueHighWaterBytes && !attached.isSlow) {
      attached.isSlow = true;
      end.hold(isHeld(attached));
      this.#parts.input({ type: 'connection-slow', connection: id, slow: true });
    }
  }

  #hurries(attached: Attached): void {
    attached.isSlow = false;
    this.#parts.input({ type: 'connection-slow', connection: attached.id, slow: false });
    if (!this.#isPaused) attached.end.hold(isHeld(attached));
  }
}

/** Links are read from however slowly they are read at the other end. */
function isHeld({ heldByMachine, isSlow, isLink }: Attached): boolean {
  return heldByMachine || (isSlow && !isLink);
}

/** A port for those who connect from. */
function portOf(connection: ConnectionId): number {
  return 40_000 + connection;
}
