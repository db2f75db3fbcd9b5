import { unreachable } from '../base/assert.js';
import type { ConnectionId, Millis } from '../base/ids.js';
import type { PeerView } from '../peer/view.js';
import type { Effect } from '../seam/effects.js';
import type { Batch, Input, PeerCommand } from '../seam/inputs.js';
import type { ClientStream, StreamEvents } from './client-stream.js';
import { DiskLanes, type DiskRequest } from './disk-lanes.js';
import type { StepPerformer } from './files.js';
import type { Log } from './logger.js';
import { exitCodes } from './start-error.js';
import { WakeTimer } from './wake-timer.js';

/** One server as its host sees it: `Peer`, or what a test puts in its place. */
export interface Machine {
  step(batch: Batch, out: Effect[]): void;
  readonly wakeAt: Millis;
  readonly view: PeerView;
  readonly stopped: boolean;
}

/** How a server ended: `code` 0 when it was asked to, else one of `exitCodes`. */
export interface ServerEnd {
  readonly code: number;
  readonly reason: string;
}

export interface DriverParts {
  readonly machine: Machine;
  readonly files: StepPerformer;
  readonly log: Log;
  /** With more than this unsent to a client, nothing is read from it. */
  readonly sendQueueHighWaterBytes: number;
  /** With more than this unsent to a client, its connection is closed. */
  readonly sendQueueMaxBytes: number;
  /** Called once, when nothing of the machine reaches the world any more. */
  readonly ended: (end: ServerEnd) => void;
  /** Called once, when nothing can reach the files any more: now or, if the disk is slow, later. */
  readonly filesClosed: () => void;
}

/** What a connection tells its driver. */
interface Owner {
  received(id: ConnectionId, bytes: Uint8Array): void;
  drained(id: ConnectionId): void;
  closed(attached: Attached, reason: string): void;
}

/** Stands for an empty list, never changed. */
const NOTHING: Uint8Array[] = [];

/** A connection that the machine was told of. */
class Attached implements StreamEvents {
  readonly id: ConnectionId;
  readonly stream: ClientStream;
  readonly #owner: Owner;
  /** What is to be sent at the end of this turn. */
  outgoing = NOTHING;
  /** The machine wants nothing read. */
  heldByMachine = false;
  /** Too much waits to be sent. */
  heldByQueue = false;

  constructor(id: ConnectionId, owner: Owner, open: (events: StreamEvents) => ClientStream) {
    this.id = id;
    this.#owner = owner;
    this.stream = open(this);
  }

  received(bytes: Uint8Array): void {
    this.#owner.received(this.id, bytes);
  }

  drained(): void {
    this.#owner.drained(this.id);
  }

  closed(reason: string): void {
    this.#owner.closed(this, reason);
  }
}

/**
 * What may come in at most for a write to be flushed at once: see {@link Driver}. One client with
 * one write outstanding waits 170 to 200 µs so, and 222 with the thread pool between (2026-11, two
 * shared cores, ext4).
 */
const QUIET_BYTES = 1_024;

/**
 * Gives a machine its inputs and performs its effects.
 *
 * Everything that arrives in one round of reading is stepped together, by one `setImmediate`: the
 * loop comes to it right after the last socket was read. Each connection is then written to once.
 * A write that came alone is flushed before the loop turns on, since nobody else would wait for it
 * and the way through the thread pool costs more (see `DiskLanes.performNow`).
 *
 * An exception in the machine stops it: its state is not to be trusted, the log is.
 */
export class Driver {
  readonly #machine: Machine;
  readonly #parts: DriverParts;
  readonly #disk: DiskLanes;
  readonly #timer: WakeTimer;
  readonly #attached = new Map<ConnectionId, Attached>();
  readonly #owner: Owner = {
    received: (connection, bytes) => this.#input({ type: 'connection-bytes', connection, bytes }),
    drained: (id) => this.#drained(id),
    closed: ({ id, stream }, reason) => {
      this.#attached.delete(id);
      this.#ending.delete(stream);
      this.#input({ type: 'connection-closed', connection: id, reason });
    },
  };
  /** Streams that were told to end and have not done so yet. */
  readonly #ending = new Set<ClientStream>();
  readonly #effects: Effect[] = [];
  #inputs: Input[] = [];
  #speaking: Attached[] = [];
  #urgent: DiskRequest | undefined = undefined;
  #scheduled = false;
  #lastId: ConnectionId = 0;
  #isEnded = false;
  #isStopping = false;

  constructor(parts: DriverParts) {
    this.#parts = parts;
    this.#machine = parts.machine;
    this.#disk = new DiskLanes(parts.files, (answer) => this.#input(answer));
    this.#timer = new WakeTimer(
      () => this.#machine.wakeAt,
      () => this.#schedule(),
    );
  }

  get view(): PeerView {
    return this.#machine.view;
  }

  /** Steps the machine for the first time, so that it can say when to wake it. */
  start(): void {
    this.#schedule();
  }

  /**
   * Tells the machine of a new connection.
   *
   * @param open makes the stream, which reports to the events it is given, later
   * @param first what the stream's other side has said already
   */
  attach(
    peer: { readonly address: string; readonly port: number },
    open: (events: StreamEvents) => ClientStream,
    first?: Uint8Array,
  ): void {
    const id = ++this.#lastId;
    const attached = new Attached(id, this.#owner, open);
    const { transport } = attached.stream;
    this.#attached.set(id, attached);
    this.#input({ type: 'connection-opened', connection: id, ...peer, transport });
    if (first !== undefined) {
      this.#input({ type: 'connection-bytes', connection: id, bytes: first });
    }
  }

  command(command: PeerCommand): void {
    this.#input({ type: 'command', command });
  }

  /** Asks the machine to stop; `ended` is called when all is durable and said. */
  stop(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.command({ name: 'shut-down' });
  }

  /** Ends now: nothing of the machine reaches the world after this. */
  end(end: ServerEnd): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#timer.clear();
    this.#disk.abandon(this.#parts.filesClosed);
    this.#inputs = [];
    if (end.code !== exitCodes.ok) {
      for (const { stream } of this.#attached.values()) stream.destroy(end.reason);
      for (const stream of this.#ending) stream.destroy(end.reason);
    }
    this.#parts.ended(end);
  }

  #input(input: Input): void {
    if (this.#isEnded) return;
    this.#inputs.push(input);
    if (!this.#scheduled) this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    this.#scheduled = false;
    if (this.#isEnded) return;
    if (this.#inputs.length === 0 && performance.now() < this.#machine.wakeAt) {
      this.#timer.arm();
      return;
    }
    try {
      do this.#step();
      while (this.#flushUrgent());
    } catch (error) {
      this.#broken(error);
      return;
    }
    if (this.#isEnded) return;
    if (this.#isStopping && this.#machine.stopped) {
      this.end({ code: exitCodes.ok, reason: 'the server was asked to stop' });
      return;
    }
    this.#timer.arm();
  };

  #step(): void {
    const inputs = this.#inputs;
    const effects = this.#effects;
    this.#inputs = [];
    const batch = { now: performance.now(), wall: Date.now(), inputs };
    try {
      this.#machine.step(batch, effects);
      const isQuiet = inputs.length === 1 && isSmall(inputs[0]!);
      for (const effect of effects) {
        this.#perform(effect, isQuiet);
        if (this.#isEnded) return;
      }
    } finally {
      effects.length = 0;
    }
    const speaking = this.#speaking;
    if (speaking.length === 0) return;
    this.#speaking = [];
    for (const attached of speaking) this.#speak(attached);
  }

  #performDisk(request: DiskRequest, isQuiet: boolean): void {
    const urgent = this.#urgent;
    this.#urgent = undefined;
    if (urgent !== undefined) this.#disk.perform(urgent);
    if (isQuiet && request.lane === 'log' && this.#disk.mayPerformNow(request)) {
      this.#urgent = request;
    } else {
      this.#disk.perform(request);
    }
  }

  /** Performs the write that nobody else waits behind; true when it was answered by that. */
  #flushUrgent(): boolean {
    const request = this.#urgent;
    if (request === undefined || this.#isEnded) return false;
    this.#urgent = undefined;
    this.#inputs.push(this.#disk.performNow(request));
    return true;
  }

  #perform(effect: Effect, isQuiet: boolean): void {
    switch (effect.type) {
      case 'send': {
        const attached = this.#attached.get(effect.connection);
        if (attached === undefined) break;
        if (attached.outgoing.length > 0) {
          attached.outgoing.push(effect.bytes);
        } else {
          attached.outgoing = [effect.bytes];
          this.#speaking.push(attached);
        }
        break;
      }
      case 'close':
        this.#close(effect.connection, effect.reason);
        break;
      case 'hold': {
        const attached = this.#attached.get(effect.connection);
        if (attached === undefined) break;
        attached.heldByMachine = effect.held;
        attached.stream.hold(isHeld(attached));
        break;
      }
      case 'disk':
        this.#performDisk(effect, isQuiet);
        break;
      case 'poll':
        this.#poll(effect.id);
        break;
      case 'dial':
        throw new Error('links are not built yet');
      case 'halt':
        this.#parts.log({ level: 'error', event: 'server.halted', message: effect.reason });
        this.end({ code: effect.code, reason: effect.reason });
        break;
      default:
        unreachable(effect, 'effect');
    }
  }

  /** Sends what a turn gathered for one connection, and looks at how much it leaves unsent. */
  #speak(attached: Attached): void {
    const { stream, outgoing } = attached;
    if (outgoing.length === 0) return;
    attached.outgoing = NOTHING;
    stream.send(outgoing);
    const { unsentBytes } = stream;
    if (unsentBytes > this.#parts.sendQueueMaxBytes) {
      const { id } = attached;
      const reason = `slow reader: ${unsentBytes} bytes wait to be sent to it`;
      this.#parts.log({
        level: 'warn',
        event: 'connection.slow-reader',
        message: `connection ${id} is closed: ${reason}`,
        fields: { connection: id, unsentBytes },
      });
      this.#attached.delete(id);
      stream.destroy(reason);
    } else if (unsentBytes > this.#parts.sendQueueHighWaterBytes && !attached.heldByQueue) {
      attached.heldByQueue = true;
      stream.hold(true);
      this.#input({ type: 'connection-slow', connection: attached.id, slow: true });
    }
  }

  #drained(id: ConnectionId): void {
    const attached = this.#attached.get(id);
    if (attached?.heldByQueue !== true) return;
    attached.heldByQueue = false;
    this.#input({ type: 'connection-slow', connection: id, slow: false });
    if (!isHeld(attached)) attached.stream.hold(false);
  }

  #close(id: ConnectionId, reason: string): void {
    const attached = this.#attached.get(id);
    if (attached === undefined) return;
    this.#speak(attached);
    this.#attached.delete(id);
    this.#ending.add(attached.stream);
    attached.stream.end(reason);
  }

  /**
   * Answers after a full round of reading, and one more for streams that hand on what they read a
   * turn later. Held connections are read from as well: a ping may wait there, behind replies that
   * its client reads slowly.
   */
  #poll(id: number): void {
    for (const attached of this.#attached.values()) {
      if (isHeld(attached)) attached.stream.hold(false);
    }
    setImmediate(() => {
      setImmediate(() => {
        for (const attached of this.#attached.values()) {
          if (isHeld(attached)) attached.stream.hold(true);
        }
        this.#input({ type: 'polled', id });
      });
    });
  }

  #broken(error: unknown): void {
    const story = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#parts.log({
      level: 'error',
      event: 'server.broken',
      message: `a rule of this server was broken, so it stops: ${story}`,
    });
    const reason = error instanceof Error ? error.message : String(error);
    this.end({ code: exitCodes.unexpected, reason });
  }
}

function isHeld({ heldByMachine, heldByQueue }: Attached): boolean {
  return heldByMachine || heldByQueue;
}

function isSmall(input: Input): boolean {
  return input.type === 'connection-bytes' && input.bytes.length <= QUIET_BYTES;
}
