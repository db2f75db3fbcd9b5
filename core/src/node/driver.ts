import { unreachable } from '../base/assert.js';
import type { Millis } from '../base/ids.js';
import { Summary } from '../peer/metrics.js';
import type { PeerView } from '../peer/view.js';
import type { Effect } from '../seam/effects.js';
import type { Batch, Input, PeerCommand } from '../seam/inputs.js';
import { Connections, type ConnectionsParts } from './connections.js';
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
  /** How to dial, and what may wait to be sent. */
  readonly connections: Omit<ConnectionsParts, 'input' | 'log'>;
  /** Called once, when nothing of the machine reaches the world any more. */
  readonly ended: (end: ServerEnd) => void;
  /** Called once, when nothing can reach the files any more: now or, if the disk is slow, later. */
  readonly filesClosed: () => void;
}

/**
 * What may come in at most, in one round of reading, for its writes to be flushed at once: see
 * {@link Driver}. One client with one write outstanding waits 170 to 200 µs so, and 222 with the
 * thread pool between; at half of what Apache ZooKeeper can do, three servers spend 63 instead of
 * 71 µs on a set (2026-11, two shared cores, ext4). More than this keeps the processor busy while
 * the disk works.
 *
 * A leader's proposal is as good a reason as a client's request: the leader has sent it before it
 * flushes itself, so all disks of the ensemble work at one time.
 */
const QUIET_BYTES = 16_384;

/**
 * Gives a machine its inputs and performs its effects.
 *
 * Everything that arrives in one round of reading is stepped together, by one `setImmediate`: the
 * loop comes to it right after the last socket was read. Each connection is then written to once.
 * When little has come in, its writes are flushed before the loop turns on: the way through the
 * thread pool wakes two threads, and who waits meanwhile comes with the next round (see
 * `DiskLanes.performNow`).
 *
 * An exception in the machine stops it: its state is not to be trusted, the log is.
 */
export class Driver {
  readonly #machine: Machine;
  readonly #parts: DriverParts;
  readonly #disk: DiskLanes;
  readonly #timer: WakeTimer;
  readonly #connections: Connections;
  readonly #effects: Effect[] = [];
  /** How many inputs each step has had. */
  readonly stepInputs = new Summary();
  #inputs: Input[] = [];
  #urgent: DiskRequest | undefined = undefined;
  #scheduled = false;
  #isEnded = false;
  #isStopping = false;

  constructor(parts: DriverParts) {
    this.#parts = parts;
    this.#machine = parts.machine;
    this.#connections = new Connections({
      ...parts.connections,
      log: parts.log,
      input: (input) => this.#input(input),
    });
    this.#disk = new DiskLanes(parts.files, (answer) => this.#input(answer));
    this.#timer = new WakeTimer(
      () => this.#machine.wakeAt,
      () => this.#schedule(),
    );
  }

  get view(): PeerView {
    return this.#machine.view;
  }

  /** Whether nothing of the machine reaches the world any more. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Where clients and other servers come in. */
  get connections(): Pick<Connections, 'attachClient' | 'attachLink'> {
    return this.#connections;
  }

  /** Steps the machine for the first time, so that it can say when to wake it. */
  start(): void {
    this.#schedule();
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
    if (end.code === exitCodes.ok) this.#connections.endLinks(end.reason);
    else this.#connections.destroy(end.reason);
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
    this.stepInputs.add(inputs.length);
    const batch = { now: performance.now(), wall: Date.now(), inputs };
    try {
      this.#machine.step(batch, effects);
      const isQuiet = areSmall(inputs);
      for (const effect of effects) {
        this.#perform(effect, isQuiet);
        if (this.#isEnded) return;
      }
    } finally {
      effects.length = 0;
    }
    this.#connections.endTurn();
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

  /** Performs the write that is to be flushed at once; true when it was answered by that. */
  #flushUrgent(): boolean {
    const request = this.#urgent;
    if (request === undefined || this.#isEnded) return false;
    this.#urgent = undefined;
    this.#inputs.push(this.#disk.performNow(request));
    return true;
  }

  #perform(effect: Effect, isQuiet: boolean): void {
    switch (effect.type) {
      case 'send':
        this.#connections.send(effect.connection, effect.bytes);
        break;
      case 'close':
        this.#connections.close(effect.connection, effect.reason);
        break;
      case 'hold':
        this.#connections.hold(effect.connection, effect.held);
        break;
      case 'dial':
        this.#connections.dial(effect);
        break;
      case 'disk':
        this.#performDisk(effect, isQuiet);
        break;
      case 'poll':
        this.#connections.poll(() => this.#input({ type: 'polled', id: effect.id }));
        break;
      case 'halt':
        this.#parts.log({ level: 'error', event: 'server.halted', message: effect.reason });
        this.end({ code: effect.code, reason: effect.reason });
        break;
      default:
        unreachable(effect, 'effect');
    }
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

/** Whether nothing but bytes has come in, and few of them. */
function areSmall(inputs: readonly Input[]): boolean {
  let bytes = 0;
  for (const input of inputs) {
    if (input.type !== 'connection-bytes') return false;
    bytes += input.bytes.length;
  }
  return bytes <= QUIET_BYTES;
}
