import { unreachable } from '../base/assert.js';
import type { ConnectionId, Millis, WallMillis } from '../base/ids.js';
import type { LogEvent } from '../base/log-event.js';
import type { Config } from '../config/config.js';
import type { PeerView } from '../peer/view.js';
import type { Effect } from '../seam/effects.js';
import type { Input, PeerCommand } from '../seam/inputs.js';
import type { DiskStep } from '../storage/disk.js';
import { LocalClock } from './clock.js';
import { LocalConnections } from './connections.js';
import { MemoryDisk } from './disk.js';
import { LocalDiskLanes } from './disk-lanes.js';
import type { Kernel, Micros } from './kernel.js';
import type { BootLocal, LocalMachine } from './machine.js';
import type { Network } from './network.js';
import type { Random } from './random.js';
import { hmacSha256, sha1 } from './sha.js';

export interface LocalServerParts {
  readonly kernel: Kernel;
  readonly network: Network;
  /** Where it takes clients, such as `local-1:2181`; its place in the network, and its name. */
  readonly address: string;
  readonly config: Config;
  readonly boot: BootLocal;
  readonly disk?: MemoryDisk;
  /** Its monotonic clock; the world's time unless given. */
  readonly clock?: LocalClock;
  /** Wall-clock time; virtual time since 2026 unless given. */
  readonly wall?: () => WallMillis;
  /** How many times as long as one of the log a step of the background lane takes; else 1. */
  readonly backgroundSlowness?: number;
  /** How long a round of its loop takes; 20 to 150 µs unless given. */
  readonly turnMicros?: readonly [from: Micros, to: Micros];
  readonly log?: (event: LogEvent) => void;
  /** Told of each step of its disk that was just performed; it may not go on with promises. */
  readonly stepped?: (step: DiskStep) => void;
  /** Told when a life of the server ended by itself: asked to stop (code 0), halted or broken. */
  readonly ended?: (end: { readonly code: number; readonly reason: string }) => void;
}

/** `down` before the first start and after every end. */
export type LocalServerState = 'running' | 'paused' | 'down';

/** The beginning of 2026, at which virtual wall clocks start. */
const EPOCH_MS = 1_767_225_600_000;

/**
 * Gives a server's machine its inputs and performs its effects in a world of its own: virtual time,
 * streams and a disk in memory. What arrives in one round of its loop is stepped together.
 *
 * It can be treated as badly as a real process: killed with or without the machine around it,
 * paused, started again from what its disk holds.
 */
export class LocalServer {
  readonly address: string;
  /** The files, as the server sees them; another object after a power cut. */
  disk: MemoryDisk;
  #diskStepMicros: readonly [from: Micros, to: Micros] = [5, 200];
  readonly #parts: LocalServerParts;
  readonly #kernel: Kernel;
  readonly #random: Random;
  readonly #clock: LocalClock;
  readonly #secret: Uint8Array;
  readonly #effects: Effect[] = [];
  #state: LocalServerState = 'down';
  #machine: LocalMachine | undefined;
  #lanes: LocalDiskLanes | undefined;
  #connections: LocalConnections | undefined;
  #inputs: Input[] = [];
  /** Rounds of reading that a pause put off. */
  #polls: number[] = [];
  #life = 0;
  #turnPlanned = false;
  #cancelWake: () => void = () => {};
  #wakePlannedFor: Millis = Number.POSITIVE_INFINITY;

  constructor(parts: LocalServerParts) {
    this.#parts = parts;
    this.#kernel = parts.kernel;
    this.address = parts.address;
    this.disk = parts.disk ?? new MemoryDisk();
    this.#random = parts.kernel.random(`server ${parts.address}`);
    this.#clock = parts.clock ?? new LocalClock(parts.kernel);
    this.#secret = this.#random.bytes(32);
  }

  get state(): LocalServerState {
    return this.#state;
  }

  /** What the running server shows of itself; undefined while it is down. */
  get view(): PeerView | undefined {
    return this.#machine?.view;
  }

  /** How long a step of its disk takes, from now on. */
  set diskStepMicros(range: readonly [from: Micros, to: Micros]) {
    this.#diskStepMicros = range;
    if (this.#lanes !== undefined) this.#lanes.stepMicros = range;
  }

  /** How often it was started. */
  get lives(): number {
    return this.#life;
  }

  /** Bytes that came and that the server has not read. */
  get backlogBytes(): number {
    return this.#connections?.backlogBytes ?? 0;
  }

  /** When the first of the bytes came that wait to be read from a connection. */
  unreadSince(connection: ConnectionId): Micros | undefined {
    return this.#connections?.unreadSince(connection);
  }

  /** Starts it from what its disk holds. @throws what the boot throws, a refusal included */
  start(): void {
    if (this.#state !== 'down') throw new Error(`${this.address} is up already`);
    const { kernel, config, boot, network } = this.#parts;
    const random = kernel.random(`server ${this.address} life ${++this.#life}`);
    kernel.note(`${this.address} starts`);
    this.#machine = boot({
      config,
      host: {
        randomBytes: (count) => random.bytes(count),
        sha1,
        hmacSha256,
        log: (event) => {
          kernel.stir();
          this.#parts.log?.(event);
        },
      },
      disk: this.disk,
      secret: this.#secret,
      now: this.#now,
      wall: this.#wall,
    });
    this.#state = 'running';
    const name = `${this.address} life ${this.#life}`;
    this.#lanes = new LocalDiskLanes(kernel, this.disk, name, {
      done: (answer) => this.#input(answer),
      stepped: (step) => this.#parts.stepped?.(step),
    });
    this.#lanes.stepMicros = this.#diskStepMicros;
    this.#lanes.backgroundSlowness = this.#parts.backgroundSlowness ?? 1;
    this.#connections = this.#newConnections();
    network.darken(this.address, false);
    this.#connections.listen();
    this.#schedule();
  }

  /**
   * The process dies at once. Clients and other servers are told by resets; the disk keeps what was
   * written, synced or not.
   */
  kill(): void {
    if (this.#state === 'down') return;
    this.#kernel.note(`${this.address} is killed`);
    this.#die('connection reset');
  }

  /**
   * The machine around it loses power: nobody hears anything, who connects neither, and the disk
   * keeps what a power cut leaves of it.
   */
  cutPower(): void {
    this.#kernel.note(`${this.address} loses power`);
    this.#die(undefined);
    this.#parts.network.darken(this.address, true);
    this.disk = this.disk.afterCrash(this.#random);
  }

  /** Asks it to stop; `ended` is told when all is durable and said. */
  stop(): void {
    if (this.#state === 'down') return;
    this.#connections?.stopListening();
    this.command({ name: 'shut-down' });
  }

  /** Gives it an administrator's order. */
  command(command: PeerCommand): void {
    this.#input({ type: 'command', command });
  }

  /** Stops it in its tracks, as SIGSTOP does: what comes meanwhile waits in buffers. */
  pause(): void {
    if (this.#state !== 'running') return;
    this.#kernel.note(`${this.address} is paused`);
    this.#state = 'paused';
    this.#connections!.pause();
  }

  /**
   * Lets it go on. It first looks at its timers and then reads its sockets, as Node does where it
   * was stopped while it waited; stopped while it reads, it reads on before it looks at timers.
   */
  resume(first: 'timers' | 'sockets' = 'timers'): void {
    if (this.#state !== 'paused') return;
    this.#kernel.note(`${this.address} goes on`);
    this.#state = 'running';
    const inputs = this.#inputs;
    this.#inputs = [];
    const connections = this.#connections!;
    connections.resumeTimers();
    if (first === 'timers') {
      this.#turn();
      if (this.#machine === undefined) return;
    }
    for (const input of inputs) this.#input(input);
    connections.resumeSockets();
    if (first === 'sockets') {
      connections.flush();
      this.#turn();
    }
    for (const id of this.#polls.splice(0)) this.#plan(0, 'polls', () => this.#poll(id));
  }

  get #now(): Millis {
    return this.#clock.now;
  }

  get #wall(): WallMillis {
    return this.#parts.wall?.() ?? EPOCH_MS + Math.floor(this.#now);
  }

  #newConnections(): LocalConnections {
    const life = this.#life;
    const { network, config } = this.#parts;
    return new LocalConnections({
      network,
      place: this.address,
      config,
      input: (input) => {
        if (life === this.#life) this.#input(input);
      },
      plan: (delay, what, run) => this.#plan(delay, what, run),
      lateness: () => this.#lateness(),
      isUp: () => this.#state !== 'down',
    });
  }

  #input(input: Input): void {
    if (this.#machine === undefined) return;
    this.#inputs.push(input);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#turnPlanned || this.#state !== 'running') return;
    this.#turnPlanned = true;
    const [from, to] = this.#parts.turnMicros ?? [20, 150];
    this.#plan(this.#random.between(from, to), 'turn', () => {
      this.#turnPlanned = false;
      this.#turn();
    });
  }

  /** Plans something of this life, which a pause leaves out: whoever resumes looks again. */
  #plan(delay: Micros, what: string, run: () => void): () => void {
    const life = this.#life;
    return this.#kernel.quietly(delay, `${this.address} ${what}`, () => {
      if (life === this.#life && this.#machine !== undefined) run();
    });
  }

  #turn(): void {
    const machine = this.#machine;
    if (machine === undefined || this.#state !== 'running') return;
    const inputs = this.#inputs;
    const effects = this.#effects;
    this.#inputs = [];
    try {
      machine.step({ now: this.#now, wall: this.#wall, inputs }, effects);
      for (const effect of effects) {
        if (this.#machine !== machine) break;
        this.#perform(effect);
      }
    } finally {
      effects.length = 0;
    }
    if (this.#machine !== machine) return;
    this.#connections!.afterTurn();
    if (machine.stopped) this.#end({ code: 0, reason: 'the server was asked to stop' });
    else this.#armWake(machine.wakeAt);
  }

  #armWake(wakeAt: Millis): void {
    if (wakeAt === this.#wakePlannedFor) return;
    this.#cancelWake();
    this.#wakePlannedFor = wakeAt;
    if (wakeAt === Number.POSITIVE_INFINITY) return;
    const delay = this.#clock.until(wakeAt);
    this.#cancelWake = this.#plan(delay + this.#lateness(), 'wakes', () => {
      this.#wakePlannedFor = Number.POSITIVE_INFINITY;
      this.#turn();
    });
  }

  /** Timers of a real loop come late, by up to a millisecond, and never early. */
  #lateness(): Micros {
    return this.#random.between(0, 1_000);
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'send':
        this.#connections!.send(effect.connection, effect.bytes);
        break;
      case 'close':
        this.#connections!.close(effect.connection, effect.reason);
        break;
      case 'hold':
        this.#connections!.hold(effect.connection, effect.held);
        break;
      case 'dial':
        this.#connections!.dial(effect);
        break;
      case 'disk':
        this.#lanes!.perform(effect);
        break;
      case 'poll':
        this.#plan(0, 'polls', () => this.#poll(effect.id));
        break;
      case 'halt':
        this.#end({ code: effect.code, reason: effect.reason });
        break;
      default:
        unreachable(effect, 'effect');
    }
  }

  /** One full round of reading: what waits in every buffer is handed over, held or not. */
  #poll(id: number): void {
    if (this.#state !== 'running') {
      this.#polls.push(id);
      return;
    }
    this.#connections!.flush();
    this.#input({ type: 'polled', id });
  }

  #end(end: { readonly code: number; readonly reason: string }): void {
    this.#kernel.note(`${this.address} ended with ${end.code}: ${end.reason}`);
    this.#die(end.reason);
    this.#kernel.stir();
    this.#parts.ended?.(end);
  }

  /** @param reason what the others are told; undefined when they hear nothing */
  #die(reason: string | undefined): void {
    if (this.#state === 'down') return;
    this.#state = 'down';
    this.#cancelWake();
    this.#wakePlannedFor = Number.POSITIVE_INFINITY;
    this.#lanes?.abandon();
    this.#machine = undefined;
    this.#inputs = [];
    this.#polls = [];
    this.#turnPlanned = false;
    this.#connections?.end(reason);
    this.#connections = undefined;
  }
}
