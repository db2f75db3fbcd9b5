/** One server of a run: its lives, its disk, and what of it goes wrong. */
import type { Config } from '@vivarium/core/internal/config/config';
import { LocalClock } from '@vivarium/core/internal/local/clock';
import { DiskError, MemoryDisk } from '@vivarium/core/internal/local/disk';
import type { Kernel } from '@vivarium/core/internal/local/kernel';
import type { BootLocal, LocalMachine } from '@vivarium/core/internal/local/machine';
import type { Network } from '@vivarium/core/internal/local/network';
import type { Random } from '@vivarium/core/internal/local/random';
import { LocalServer } from '@vivarium/core/internal/local/server';
import { type BootDisk, type DiskStep, folders } from '@vivarium/core/internal/storage/disk';
import { type Entry, epochOf, zxidText } from '../inside/entry.js';
import { EpochFiles } from '../inside/epoch-files.js';
import { receivedZxid } from '../inside/log-records.js';
import { RecoveryProbes } from '../inside/recovery-probes.js';
import { ServerLog } from '../inside/server-log.js';
import type { Subject } from '../inside/subject.js';
import { WatchedMachine } from '../inside/watched-machine.js';
import type { Witness } from '../inside/witness.js';
import type { Mark } from '../marks.js';
import { demand, Violation } from '../violation.js';
import { OddHost, type Oddities } from './oddities.js';
import { chooseBit } from './rot.js';

export interface SimServerParts {
  readonly kernel: Kernel;
  readonly network: Network;
  readonly id: number;
  readonly config: Config;
  readonly boot: BootLocal;
  readonly witness: Witness;
  readonly backgroundSlowness: number;
  readonly oddities: Oddities;
  /** How many servers there are. */
  readonly count: number;
  /** Whether the power may go while it starts. */
  readonly mayDieStarting: () => boolean;
  /** It ended by itself, or did not come up: somebody has to start it. */
  readonly ended: () => void;
}

/** The beginning of 2026. */
const EPOCH_MS = 1_767_225_600_000;
/** What servers report that is worth noting. */
const EVENT_MARKS: Readonly<Record<string, Mark>> = {
  'election.again': 'round-again',
  'election.empty': 'waits-empty',
  'election.no-link': 'no-link',
  'member.looking': 'steps-down',
  'leader.learner-left': 'learner-left',
  'leader.sends-logs': 'from-logs',
  'session.ahead': 'client-ahead',
  'snapshot.taken': 'snapshot-taken',
  'storage.torn-tail-cut': 'torn-tail',
  'storage.bad-snapshot': 'damaged-snapshot',
  'log.slow-flush': 'slow-flush',
};
/**
 * Whoever has not heard from its leader for syncLimit ticks shows nothing more, and what it heard
 * last may have been as long on its way; it notices once in a tick.
 */
const STALE_TICKS = 1;
const CLOCK_ERROR = 1.06;
/** How often a server was within a round of reading when it was stopped. */
const READS_ON = 0.3;
const FAST_DISK = [5, 200] as const;
/** What a start meets in which the power goes. */
const POWER_CUT = { code: 'POWER', message: 'the power went during the start' } as const;

export class SimServer implements Subject {
  readonly id: number;
  readonly name: string;
  readonly local: LocalServer;
  readonly log: ServerLog;
  readonly epochs: EpochFiles;
  readonly clock: LocalClock;
  readonly staleMs: number;
  /** How long it leads or follows without hearing anything. */
  readonly syncMs: number;
  readonly initMs: number;
  readonly recoveries: RecoveryProbes;
  attested = 0n;
  lostZxid = 0n;
  isBlank = false;
  isInDoubt = false;
  hasDisowned = false;
  isRotten = false;
  /** What its wall clock is wrong by. */
  wallOffsetMs = 0;
  /** The last start ended with an error of the disk. */
  hasFailedStart = false;
  /** The next start reads what never became durable from the system's cache, or has lost it. */
  failedSync = false;
  readonly #parts: SimServerParts;
  readonly #random: Random;
  readonly #resumes: Random;
  #machine: WatchedMachine | undefined;
  /** What happens to it after so many more steps of its disk. */
  #atStep: { left: number; readonly happen: () => void } | undefined;
  #nextAtStep: { left: number; readonly happen: () => void } | undefined;

  constructor(parts: SimServerParts) {
    const { kernel, network, id, config, witness } = parts;
    const name = `s${id}`;
    this.#parts = parts;
    this.id = id;
    this.name = name;
    this.clock = new LocalClock(kernel);
    this.#random = kernel.random(`starts of ${name}`);
    this.#resumes = kernel.random(`resumes of ${name}`);
    const disk = new MemoryDisk();
    const { ensemble, meanings } = witness;
    const isAlone = ensemble === undefined;
    this.log = new ServerLog({
      who: name,
      disk,
      meanings,
      isAlone,
      cut: (entries) => this.#cut(entries),
    });
    this.epochs = new EpochFiles(name, disk);
    this.local = new LocalServer({
      kernel,
      network,
      address: `${name}:2181`,
      config,
      boot: (options) => this.#boot(options),
      disk,
      backgroundSlowness: parts.backgroundSlowness,
      clock: this.clock,
      wall: () => EPOCH_MS + Math.floor(this.clock.now) + this.wallOffsetMs,
      log: ({ level, event, message }) => {
        kernel.note(`${name} log ${level} ${event} ${message}`);
        const mark = EVENT_MARKS[event];
        if (mark !== undefined) witness.marks.hit(mark);
        if (event === 'digest.mismatch') throw new Violation('R3', `${name}: ${message}`);
      },
      stepped: (step) => this.#stepped(step),
      ended: () => this.#ended(),
    });
    const { tickTime, initLimit, syncLimit } = config;
    this.syncMs = syncLimit * tickTime;
    this.initMs = initLimit * tickTime * CLOCK_ERROR;
    this.staleMs = STALE_TICKS * tickTime + 2 * this.syncMs * CLOCK_ERROR;
    this.recoveries = new RecoveryProbes(kernel, this, witness, config, parts.count);
  }

  get isUp(): boolean {
    return this.local.state !== 'down';
  }

  get hasJoined(): boolean {
    return this.epochs.durable('currentEpoch') > 0n || this.log.lastZxid > 0n;
  }

  unreadSince(connection: number): number | undefined {
    const micros = this.local.unreadSince(connection);
    if (micros === undefined) return undefined;
    return this.clock.now - (this.#parts.kernel.now - micros) / 1_000;
  }

  /**
   * Its process goes on that was stopped in its tracks. One that was stopped within a round of
   * reading reads on before it looks at its timers.
   */
  resume(
    first: 'timers' | 'sockets' = this.#resumes.chance(READS_ON) ? 'sockets' : 'timers',
  ): void {
    this.local.resume(first);
    this.#parts.witness.resumed.push({ server: this.name, at: this.#parts.kernel.now });
  }

  /** Its process dies. */
  kill(): void {
    this.#machine?.dies();
    this.local.kill();
    this.#ended();
  }

  /** Its machine loses power. */
  cutPower(): void {
    if (this.isUp) this.#machine?.dies();
    this.local.cutPower();
    this.#ended();
  }

  #ended(): void {
    this.#machine = undefined;
    this.#parts.ended();
  }

  /** Its machine dies, and all that was on its disk is gone. */
  wipe(): void {
    if (this.isUp) this.kill();
    this.isBlank = this.hasJoined || this.epochs.durable('acceptedEpoch') > 0n;
    this.local.disk = new MemoryDisk();
    this.isRotten = false;
    this.log.wiped();
    this.epochs.wiped(this.local.disk);
    this.#parts.witness.canon.forget(this.log);
    this.#loses();
    this.attested = 0n;
  }

  /**
   * Its process dies, and while it is dead a bit changes in one of its logs or snapshots. Returns
   * which; undefined when there are none.
   */
  rot(random: Random): string | undefined {
    const { disk } = this.local;
    const flip = chooseBit(disk, random);
    if (flip === undefined) return undefined;
    if (this.isUp) this.kill();
    this.mendDisk();
    disk.perform([flip, { step: 'sync', file: flip.file }]);
    this.isRotten = true;
    this.isInDoubt = true;
    this.#loses();
    this.recoveries.isOver = true;
    return `byte ${flip.position} of ${flip.file}`;
  }

  /** Starts it; it may die while it does. */
  start(): void {
    this.hasFailedStart = false;
    try {
      this.local.start();
    } catch (error) {
      if (error instanceof DiskError) {
        this.#parts.kernel.note(`${this.name}: the start failed: ${error.message}`);
        const isPower = error.code === POWER_CUT.code;
        this.#parts.witness.marks.hit(isPower ? 'start-without-power' : 'start-fails');
        this.hasFailedStart = !isPower;
        if (isPower) this.cutPower();
        else this.#ended();
        return;
      }
      const isRefusal = error instanceof Error && error.name === 'RefusedStartError';
      if (!isRefusal) throw error;
      if (this.isRotten) {
        // Whoever is told so looks after it, and lets it begin without any data.
        this.#parts.witness.marks.hit('rot-refused');
        this.wipe();
        this.#ended();
        return;
      }
      throw new Violation('R14', `${this.name}: a start was refused: ${error.message}`);
    }
  }

  /** Lets something happen after so many more steps of its disk, if it does not die before. */
  afterSteps(left: number, happen: () => void): void {
    this.#atStep = { left, happen };
  }

  /** The same for the life that begins next. */
  afterNextStart(left: number, happen: () => void): void {
    this.#nextAtStep = { left, happen };
  }

  /** Nothing that waits for a step of its disk happens any more. */
  forgetPlans(): void {
    this.#atStep = undefined;
    this.#nextAtStep = undefined;
  }

  #loses(): void {
    if (this.attested > this.lostZxid) this.lostZxid = this.attested;
  }

  mendDisk(): void {
    const { disk } = this.local;
    disk.capacityBytes = Number.POSITIVE_INFINITY;
    disk.forgetFailures();
    this.local.diskStepMicros = FAST_DISK;
  }

  /** Its log has lost its end. */
  #cut(entries: readonly Entry[]): void {
    const { ensemble } = this.#parts.witness;
    ensemble?.cut(this, entries);
    const [first] = entries;
    if (first !== undefined && first.zxid <= this.attested) this.attested = this.log.lastZxid;
  }

  #stepped(step: DiskStep): void {
    this.log.performed(step);
    this.#lookAtEpochs(step);
    this.recoveries.stepped(step);
    const waiting = this.#atStep;
    if (waiting === undefined || --waiting.left > 0) return;
    this.#atStep = undefined;
    this.#parts.kernel.after(0, `${this.name} at this step of its disk`, waiting.happen);
  }

  /** R4: an epoch is current on disk when the history that it goes on from is. */
  #lookAtEpochs(step: DiskStep): void {
    if (this.#parts.witness.ensemble === undefined) return;
    const epoch = this.epochs.performed(step);
    if (epoch === undefined) return;
    const { log, name } = this;
    const due = this.#machine?.history ?? 0n;
    log.demandCut(() => `epoch ${epoch} becomes current on ${name}`);
    demand(log.durableZxid >= due, 'R4', () => {
      const told = `epoch ${epoch} becomes current on ${name}, whose history ends with`;
      return `${told} ${zxidText(due)}; durable is ${zxidText(log.durableZxid)}`;
    });
    // From now on it has what the leader of that epoch had, whether it can still say so or not.
    if (this.isBlank) this.#parts.witness.marks.hit('blank-is-back');
    this.isBlank = false;
  }

  #boot(options: Parameters<BootLocal>[0]): LocalMachine {
    const { boot, witness } = this.#parts;
    this.#atStep = this.#nextAtStep;
    this.#nextAtStep = undefined;
    this.#marksStart();
    const disk = this.#bootDisk();
    const inner = boot({ ...options, disk });
    disk.hasBooted();
    this.log.begin(this.local.disk, this.isRotten);
    const { lastZxid } = inner.view;
    const hasAll = lastZxid >= this.log.lastZxid && lastZxid >= this.attested;
    if (!hasAll && this.isRotten) witness.marks.hit('rot-found');
    demand(hasAll || this.isRotten, 'R14', () => {
      const facts = `logged ${zxidText(this.log.lastZxid)}, attested ${zxidText(this.attested)}`;
      return `${this.name} came back at ${zxidText(lastZxid)} from a restart: ${facts}`;
    });
    if (witness.ensemble !== undefined)
      this.epochs.begin(this.local.disk, this.isRotten ? 0n : epochOf(this.log.lastZxid));
    this.#machine = new WatchedMachine(inner, this, witness, options.now);
    const { oddities, kernel } = this.#parts;
    if (oddities.size === 0) return this.#machine;
    const random = kernel.random(`oddities of ${this.name}, life ${this.local.lives}`);
    return new OddHost(this.#machine, oddities, random, witness.marks);
  }

  #marksStart(): void {
    const { marks } = this.#parts.witness;
    for (const { name } of this.local.disk.list(folders.snapshots)) {
      if (receivedZxid(name) !== undefined) marks.hit('start-finishes-install');
      if (name === 'currentEpoch.tmp') marks.hit('start-after-announcement');
    }
  }

  /**
   * The disk as a server finds it that starts, or that reads its data again; now and then the power
   * goes while it starts.
   */
  #bootDisk(): BootDisk & { readonly hasBooted: () => void } {
    const { disk } = this.local;
    const mayDie = this.#parts.mayDieStarting() && this.#random.chance(0.3);
    let left = mayDie ? this.#random.between(0, 6) : Number.POSITIVE_INFINITY;
    let isBooting = true;
    return {
      list: (folder) => disk.list(folder),
      read: (file, position, length) => disk.read(file, position, length),
      perform: (steps) => {
        for (const step of steps) {
          if (left-- <= 0) throw new DiskError(POWER_CUT);
          disk.perform([step]);
          if (!isBooting) this.#stepped(step);
        }
      },
      hasBooted: () => {
        isBooting = false;
        left = Number.POSITIVE_INFINITY;
      },
    };
  }
}
