/** One server machine in a test's hands: its clock, its disk, its clients, and all it said. */
import type { AuditEvent } from '@vivarium/core/internal/base/audit-event';
import type { LogEvent } from '@vivarium/core/internal/base/log-event';
import { type ConfigOverrides, defaultConfig } from '@vivarium/core/internal/config/config';
import { DiskError, MemoryDisk } from '@vivarium/core/internal/local/disk';
import { Random } from '@vivarium/core/internal/local/random';
import { hmacSha256, sha1 } from '@vivarium/core/internal/local/sha';
import { bootPeer } from '@vivarium/core/internal/peer/boot';
import type { Peer } from '@vivarium/core/internal/peer/peer';
import type { Effect } from '@vivarium/core/internal/seam/effects';
import type { Input, PeerCommand } from '@vivarium/core/internal/seam/inputs';
import type { DiskFailure } from '@vivarium/core/internal/storage/disk';
import { RigClient } from './client.js';

type EffectOf<T extends Effect['type']> = Extract<Effect, { type: T }>;

/** When rigs begin: monotonic, on a tick of every tick length used here, and by the wall. */
const START_MS = 60_000;
const START_WALL = 1_700_000_000_000;
const SECRET = new Uint8Array(32).fill(7);

/**
 * Boots a server and keeps its host's promises for it: a lane's requests are answered in order, and
 * what it sends reaches the clients. Disk requests are performed right after each step unless
 * `holdsDisk`. It checks the one promise of the machine: what is sent relies on nothing that the
 * disk has not confirmed.
 */
export class PeerRig {
  readonly disk: MemoryDisk;
  readonly peer: Peer;
  readonly events: LogEvent[] = [];
  /** What the audit log was told, if the config asks for one. */
  readonly audited: AuditEvent[] = [];
  /** Everything the machine has said, oldest first. */
  readonly effects: Effect[] = [];
  /** Disk requests that wait for `perform`. */
  readonly asked: EffectOf<'disk'>[] = [];
  now = START_MS;
  wall = START_WALL;
  holdsDisk = false;
  /** Whether a `poll` is answered by itself, after the step that asked for it. */
  answersPolls = true;
  readonly #clients = new Map<number, RigClient>();
  readonly #confirmed = new Set<number>([0]);
  #polls: number[] = [];

  constructor(overrides: ConfigOverrides = {}, disk = new MemoryDisk(), seed = 1) {
    this.disk = disk;
    const random = new Random(seed, 'host');
    this.peer = bootPeer({
      config: defaultConfig({ tickTime: 1000, preAllocSize: 64, ...overrides }),
      host: {
        randomBytes: (count) => random.bytes(count),
        sha1,
        hmacSha256,
        log: (event) => this.events.push(event),
        ...(overrides.auditEnabled === true && {
          audit: (event: AuditEvent) => this.audited.push(event),
        }),
      },
      disk,
      secret: SECRET,
      now: this.now,
      wall: this.wall,
    });
  }

  /** A new connection, without its handshake. */
  open(address = '127.0.0.1'): RigClient {
    const client = new RigClient(this, this.#clients.size + 1);
    this.#clients.set(client.id, client);
    const { id } = client;
    this.step({
      type: 'connection-opened',
      connection: id,
      address,
      port: 40_000 + id,
      transport: 'memory',
    });
    return client;
  }

  /** A connection with a new session. */
  connect(timeOut = 6_000): RigClient {
    const client = this.open();
    client.greet({ timeOut });
    return client;
  }

  /** One step, then whatever follows from it. */
  step(...inputs: Input[]): void {
    this.stepOnly(...inputs);
    if (!this.holdsDisk) this.perform();
    if (this.answersPolls) this.answerPolls();
  }

  /** One step and nothing else. Returns what it said. */
  stepOnly(...inputs: Input[]): Effect[] {
    const out: Effect[] = [];
    this.peer.step({ now: this.now, wall: this.wall, inputs }, out);
    for (const effect of out) this.#take(effect);
    return out;
  }

  command(name: Exclude<PeerCommand, { readonly session: bigint }>['name']): void {
    this.step({ type: 'command', command: { name } });
  }

  /** Performs what the disk was asked for, and what is asked because of that. */
  perform(): void {
    for (let rounds = 0; this.asked.length > 0; rounds++) {
      if (rounds > 100_000) throw new Error('the machine keeps the disk busy for ever');
      this.performOne();
    }
  }

  /** Performs the oldest disk request and tells the machine, in one step with `more`. */
  performOne(...more: Input[]): void {
    const request = this.asked.shift();
    if (request === undefined) throw new Error('nothing was asked of the disk');
    let failure: DiskFailure | undefined;
    try {
      this.disk.perform(request.steps);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      failure = { code: error.code, message: error.message };
    }
    this.answer(request, failure, more);
  }

  /** Tells the machine of a disk request without performing it. */
  answer(
    { id, generation }: EffectOf<'disk'>,
    failure?: DiskFailure,
    more: readonly Input[] = [],
  ): void {
    if (failure === undefined) this.#confirmed.add(id);
    this.stepOnly({ type: 'disk-done', id, generation, ...(failure && { failure }) }, ...more);
  }

  answerPolls(): void {
    const polls = this.#polls;
    this.#polls = [];
    for (const id of polls) this.step({ type: 'polled', id });
  }

  get pollsAsked(): number {
    return this.#polls.length;
  }

  /** Lets time pass; the machine is stepped whenever it asked to be. */
  pass(ms: number): void {
    const end = this.now + ms;
    for (let steps = 0; this.peer.wakeAt <= end; steps++) {
      if (steps > 100_000) throw new Error('the machine keeps itself awake');
      this.#setTime(Math.max(this.now, this.peer.wakeAt));
      this.step();
    }
    this.#setTime(end);
    this.step();
  }

  /** Lets time pass while the machine stands still, as a stopped process does. */
  pause(ms: number): void {
    this.#setTime(this.now + ms);
  }

  /** Effects of one type since `from`. */
  of<T extends Effect['type']>(type: T, from = 0): EffectOf<T>[] {
    return this.effects.slice(from).filter((e): e is EffectOf<T> => e.type === type);
  }

  /** Names of the events logged. */
  get logged(): string[] {
    return this.events.map(({ event }) => event);
  }

  #setTime(now: number): void {
    this.wall += now - this.now;
    this.now = now;
  }

  #take(effect: Effect): void {
    this.effects.push(effect);
    switch (effect.type) {
      case 'send': {
        if (!this.#confirmed.has(effect.after)) {
          throw new Error(`sent what relies on disk request ${effect.after}, which is not done`);
        }
        this.#clientOf(effect.connection).took(effect.bytes);
        break;
      }
      case 'close':
        this.#clientOf(effect.connection).wasClosed(effect.reason);
        break;
      case 'disk':
        this.asked.push(effect);
        break;
      case 'poll':
        this.#polls.push(effect.id);
        break;
      default:
        break;
    }
  }

  #clientOf(connection: number): RigClient {
    const client = this.#clients.get(connection);
    if (client === undefined) throw new Error(`connection ${connection} does not exist`);
    if (client.closedBecause !== undefined) throw new Error('something was said after the close');
    return client;
  }
}
