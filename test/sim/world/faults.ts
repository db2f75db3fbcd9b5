/** What goes wrong in a run, when, and how it ends again. All of it follows from the seed. */
import type { MemoryDisk } from '@vivarium/core/internal/local/disk';
import type { Kernel } from '@vivarium/core/internal/local/kernel';
import type { Connection, Network } from '@vivarium/core/internal/local/network';
import type { LocalServer } from '@vivarium/core/internal/local/server';
import { type DiskStep, folders } from '@vivarium/core/internal/storage/disk';
import type { FaultKind, Swarm } from './swarm.js';

export interface FaultTargets {
  readonly kernel: Kernel;
  readonly network: Network;
  readonly server: LocalServer;
  readonly swarm: Swarm;
  /** Starts the server; it may die while it does. */
  readonly start: () => void;
  /** Places of the clients in the network, those that are alive. */
  readonly places: () => readonly string[];
  /** Stops a client's process in its tracks; what it returns lets it go on. */
  readonly pause: (place: string) => () => void;
  /** A client's process dies without a word. */
  readonly forsake: (place: string) => void;
  /** Somebody ends a client's session. */
  readonly expire: (place: string) => void;
}

const FAST_DISK = [5, 200] as const;
const DAY_MS = 86_400_000;
const DISK_STEPS: readonly DiskStep['step'][] = [
  'create',
  'allocate',
  'write',
  'write',
  'sync',
  'sync',
  'sync-folder',
  'rename',
];

/** Chooses and performs faults until it is told to heal. */
export class Faults {
  /** How often each kind has happened. */
  readonly counts = new Map<FaultKind, number>();
  /** What the wall clock is wrong by. */
  wallOffsetMs = 0;
  readonly #targets: FaultTargets;
  readonly #random;
  #isOver = false;
  #startPlanned = false;
  /** What happens to the server after so many more steps of its disk. */
  #atStep: { left: number; readonly happen: () => void } | undefined;
  /** Let paused clients go on. */
  readonly #resumes = new Set<() => void>();
  /** The next restart reads what never became durable from the system's cache, or has lost it. */
  #failedSync = false;

  constructor(targets: FaultTargets) {
    this.#targets = targets;
    this.#random = targets.kernel.random('faults');
  }

  begin(): void {
    const { faults, faultEveryMs } = this.#targets.swarm;
    if (faults.size === 0) return;
    this.#later(this.#random.between(1, 2 * faultEveryMs), 'fault', () => {
      if (this.#isOver) return;
      const kind = this.#choose();
      this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
      this.#targets.kernel.note(`fault ${kind}`);
      this.#perform(kind);
      this.begin();
    });
  }

  /** No more faults; what is broken is mended, and the server runs. */
  heal(): void {
    this.#isOver = true;
    const { server, network } = this.#targets;
    for (const { route } of [...network.connections]) network.isolate(route.from, false);
    network.isolate(server.address, false);
    for (const place of this.#targets.places()) network.isolate(place, false);
    this.#mendDisk(server.disk);
    for (const resume of this.#resumes) resume();
    server.resume();
    this.serverEnded(true);
  }

  /** A step of the server's disk was performed: what waits for this moment happens now. */
  stepped(): void {
    const waiting = this.#atStep;
    if (waiting === undefined || --waiting.left > 0) return;
    this.#atStep = undefined;
    this.#later(0, 'at this step of the disk', () => {
      if (!this.#isOver) waiting.happen();
    });
  }

  /** The server ended by itself, or was stopped: somebody starts it again. */
  serverEnded(atOnce = false): void {
    const { server } = this.#targets;
    if (server.state !== 'down' || (this.#startPlanned && !atOnce)) return;
    this.#startPlanned = true;
    const delay = atOnce ? 0 : this.#random.between(0, this.#random.pick([1, 100, 2_000]));
    this.#later(delay, 'restart', () => {
      this.#startPlanned = false;
      if (server.state !== 'down') return;
      if (this.#failedSync && this.#random.chance(0.5)) server.cutPower();
      this.#failedSync = false;
      this.#mendDisk(server.disk);
      this.#targets.start();
      if (server.state === 'down') this.serverEnded();
    });
  }

  #choose(): FaultKind {
    const { faults } = this.#targets.swarm;
    let sum = 0;
    for (const weight of faults.values()) sum += weight;
    let at = this.#random.between(0, sum - 1);
    for (const [kind, weight] of faults) {
      if (at < weight) return kind;
      at -= weight;
    }
    throw new Error('the weights do not add up');
  }

  #perform(kind: FaultKind): void {
    const { server, network, swarm } = this.#targets;
    const random = this.#random;
    const long = Math.max(...swarm.sessionTimeoutMs);
    switch (kind) {
      case 'kill':
        this.#soonerOrLater(() => {
          server.kill();
          this.serverEnded();
        });
        break;
      case 'power':
        this.#soonerOrLater(() => {
          server.cutPower();
          this.serverEnded();
        });
        break;
      case 'stop':
        server.stop();
        break;
      case 'pause':
        server.pause();
        this.#later(random.between(1, random.pick([20, long, 2 * long])), 'unpause', () => {
          server.resume();
        });
        break;
      case 'pause-client':
        this.#pauseClient(random.between(1, random.pick([20, long, 2 * long])));
        break;
      case 'reset':
        this.#connection()?.cut('connection reset');
        break;
      case 'break':
        this.#side()?.breakAfter(random.between(0, 200));
        break;
      case 'stall':
        this.#side()?.stall(random.between(1, random.pick([50, long])) * 1_000);
        break;
      case 'isolate': {
        const place = this.#place();
        if (place === undefined) break;
        network.isolate(place, true);
        this.#later(random.between(1, random.pick([100, long, 2 * long])), 'join', () => {
          network.isolate(place, false);
        });
        break;
      }
      case 'forsake': {
        const place = this.#place();
        if (place !== undefined) this.#targets.forsake(place);
        break;
      }
      case 'expire': {
        const place = this.#place();
        if (place !== undefined) this.#targets.expire(place);
        break;
      }
      default:
        this.#performOnMachine(kind);
    }
  }

  /** At once, or between two steps of the server's disk, where it hurts most. */
  #soonerOrLater(happen: () => void): void {
    if (this.#random.chance(0.5)) happen();
    else this.#atStep = { left: this.#random.between(1, 12), happen };
  }

  #pauseClient(ms: number): void {
    const place = this.#place();
    if (place === undefined) return;
    const resume = this.#targets.pause(place);
    this.#resumes.add(resume);
    this.#later(ms, 'unpause', () => {
      if (this.#resumes.delete(resume)) resume();
    });
  }

  #performOnMachine(kind: FaultKind): void {
    const { server } = this.#targets;
    const random = this.#random;
    switch (kind) {
      case 'slow-disk':
        server.diskStepMicros = [1_000, random.pick([5_000, 100_000])];
        this.#later(random.between(10, 1_000), 'fast disk', () => {
          server.diskStepMicros = FAST_DISK;
        });
        break;
      case 'disk-error': {
        const step = random.pick(DISK_STEPS);
        this.#failedSync ||= step === 'sync';
        const prefix = random.chance(0.4) ? folders.snapshots : '';
        server.disk.failNext(step, { code: 'EIO', message: 'a planned disk error' }, prefix);
        break;
      }
      case 'disk-full': {
        const { disk } = server;
        disk.capacityBytes = disk.usedBytes + random.between(0, 3_000);
        this.#later(random.between(10, 1_000), 'room on the disk', () => this.#mendDisk(disk));
        break;
      }
      case 'wall-jump':
        this.wallOffsetMs = random.between(-DAY_MS, DAY_MS);
        break;
      default:
        throw new Error(`${kind} is no fault of a machine`);
    }
  }

  #mendDisk(disk: MemoryDisk): void {
    disk.capacityBytes = Number.POSITIVE_INFINITY;
    disk.forgetFailures();
    this.#targets.server.diskStepMicros = FAST_DISK;
  }

  #connection(): Connection | undefined {
    const open = [...this.#targets.network.connections];
    return open.length === 0 ? undefined : this.#random.pick(open);
  }

  #side() {
    const connection = this.#connection();
    if (connection === undefined) return undefined;
    return (this.#random.chance(0.5) ? connection.dialer : connection.acceptor).incoming;
  }

  #place(): string | undefined {
    const places = this.#targets.places();
    return places.length === 0 ? undefined : this.#random.pick(places);
  }

  #later(delayMs: number, what: string, run: () => void): void {
    this.#targets.kernel.after(delayMs * 1_000, what, run);
  }
}
