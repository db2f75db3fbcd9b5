import type { Effect } from '../seam/effects.js';
import type { Input } from '../seam/inputs.js';
import type { DiskFailure, DiskLane, DiskStep } from '../storage/disk.js';
import { DiskError, type MemoryDisk } from './disk.js';
import type { Kernel, Micros } from './kernel.js';

type DiskRequest = Effect & { readonly type: 'disk' };
type DiskAnswer = Input & { readonly type: 'disk-done' };

/** Who is told of what the lanes do; nobody is from within a call of theirs. */
export interface DiskLaneEvents {
  /** Once for each request. */
  done(answer: DiskAnswer): void;
  /** After each step that succeeded. */
  stepped(step: DiskStep): void;
}

/**
 * Performs a server's disk requests in virtual time: a lane's in order and one at a time, each step
 * at a moment of its own, so that a crash can fall between any two.
 */
export class LocalDiskLanes {
  /** How long one step takes. */
  stepMicros: readonly [from: Micros, to: Micros] = [5, 200];
  /** How many times as long one takes in the background lane. */
  backgroundSlowness = 1;
  readonly #kernel: Kernel;
  readonly #disk: MemoryDisk;
  readonly #events: DiskLaneEvents;
  readonly #waiting: Readonly<Record<DiskLane, DiskRequest[]>> = { log: [], background: [] };
  readonly #random;
  /** What broke the log lane: whatever follows would stand behind a hole. */
  #broken: DiskFailure | undefined;
  #abandoned = false;

  constructor(kernel: Kernel, disk: MemoryDisk, name: string, events: DiskLaneEvents) {
    this.#kernel = kernel;
    this.#disk = disk;
    this.#events = events;
    this.#random = kernel.random(`disk ${name}`);
  }

  perform(request: DiskRequest): void {
    const waiting = this.#waiting[request.lane];
    waiting.push(request);
    if (waiting.length === 1) this.#next(request, 0);
  }

  /** The server crashed: no more steps, no more answers. */
  abandon(): void {
    this.#abandoned = true;
  }

  #next(request: DiskRequest, at: number): void {
    const step = request.steps[at];
    const [from, to] = this.stepMicros;
    const slowness = request.lane === 'background' ? this.backgroundSlowness : 1;
    const what = `disk ${request.lane} ${request.id} ${step?.step ?? 'done'}`;
    this.#kernel.quietly(
      step === undefined ? 0 : slowness * this.#random.between(from, to),
      what,
      () => {
        if (this.#abandoned) return;
        if (step === undefined) return this.#done(request, this.#failureOf(request));
        const failure = this.#step(request, at);
        if (failure === undefined) this.#next(request, at + 1);
        else this.#done(request, failure);
      },
    );
  }

  /** Whatever comes behind a failure of the log lane fails too, though it has no steps. */
  #failureOf({ lane }: DiskRequest): DiskFailure | undefined {
    return lane === 'log' ? this.#broken : undefined;
  }

  #step(request: DiskRequest, at: number): DiskFailure | undefined {
    if (request.lane === 'log' && this.#broken !== undefined) return this.#broken;
    try {
      this.#disk.perform(request.steps.slice(at, at + 1));
      this.#events.stepped(request.steps[at]!);
      return undefined;
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      const failure = { code: error.code, message: error.message };
      if (request.lane === 'log') this.#broken = failure;
      return failure;
    }
  }

  #done(request: DiskRequest, failure: DiskFailure | undefined): void {
    const waiting = this.#waiting[request.lane];
    waiting.shift();
    const { id, generation } = request;
    this.#events.done({ type: 'disk-done', id, generation, ...(failure && { failure }) });
    const next = waiting[0];
    if (next !== undefined && !this.#abandoned) this.#next(next, 0);
  }
}
