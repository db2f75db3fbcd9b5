import type { Effect } from '../seam/effects.js';
import type { Input } from '../seam/inputs.js';
import type { DiskFailure, DiskLane } from '../storage/disk.js';
import type { StepPerformer } from './files.js';

export type DiskRequest = Effect & { readonly type: 'disk' };
export type DiskAnswer = Input & { readonly type: 'disk-done' };

interface Lane {
  readonly waiting: DiskRequest[];
  running: DiskRequest | undefined;
  /**
   * The log lane after a failure: what followed would stand behind a hole, so it fails as well.
   * The background lane begins anew with each request.
   */
  broken: DiskFailure | undefined;
}

/**
 * After a synchronous flush slower than this the thread pool flushes, for so many times as long: of
 * a disk that is slow the loop sees a twentieth, and one slow flush of a good disk costs little.
 */
const SLOW_FLUSH_MS = 2;
const WARY_TIMES = 20;

/**
 * Performs the disk requests of one server: those of a lane in order and one at a time, the lanes
 * beside each other. Every request gets one answer, until the disk is abandoned.
 */
export class DiskLanes {
  readonly #files: StepPerformer;
  readonly #answer: (answer: DiskAnswer) => void;
  readonly #now: () => number;
  readonly #lanes: Readonly<Record<DiskLane, Lane>> = { log: newLane(), background: newLane() };
  #wary = Number.NEGATIVE_INFINITY;
  #abandoned: (() => void) | undefined = undefined;

  /** @param answer called once for each request, never before `perform` has returned */
  constructor(
    files: StepPerformer,
    answer: (answer: DiskAnswer) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#files = files;
    this.#answer = answer;
    this.#now = now;
  }

  /** Whether nothing waits or runs in any lane. */
  get idle(): boolean {
    return Object.values(this.#lanes).every((lane) => lane.running === undefined);
  }

  /** Puts a request into its lane. */
  perform(request: DiskRequest): void {
    const lane = this.#lanes[request.lane];
    lane.waiting.push(request);
    if (lane.running === undefined) void this.#run(lane);
  }

  /**
   * Whether a request may be performed by {@link performNow}: its lane is idle and whole, and the
   * last synchronous flush was quick, so that waiting for it costs less than the way through the
   * thread pool.
   */
  mayPerformNow(request: DiskRequest): boolean {
    const lane = this.#lanes[request.lane];
    return lane.running === undefined && lane.broken === undefined && this.#now() >= this.#wary;
  }

  /** Performs a request before it returns, and returns its answer instead of calling back. */
  performNow(request: DiskRequest): DiskAnswer {
    const lane = this.#lanes[request.lane];
    const began = this.#now();
    try {
      this.#files.perform(request.steps);
    } catch (error) {
      return failed(request, lane, failureOf(error));
    }
    const ended = this.#now();
    if (ended - began > SLOW_FLUSH_MS) this.#wary = ended + WARY_TIMES * (ended - began);
    return { type: 'disk-done', id: request.id, generation: request.generation };
  }

  /**
   * Stops after the steps that are being performed, answers nothing more, and closes the files.
   *
   * @param closed called when nothing can reach the files any more
   */
  abandon(closed: () => void): void {
    this.#abandoned = closed;
    for (const lane of Object.values(this.#lanes)) lane.waiting.length = 0;
    this.#closeWhenIdle();
  }

  #closeWhenIdle(): void {
    if (this.#abandoned === undefined || !this.idle) return;
    this.#files.close();
    this.#abandoned();
  }

  async #run(lane: Lane): Promise<void> {
    for (;;) {
      const request = lane.waiting.shift();
      lane.running = request;
      if (request === undefined) break;
      const failure = lane.broken ?? (await this.#steps(request));
      if (this.#abandoned !== undefined) continue;
      const { id, generation } = request;
      if (failure === undefined) this.#answer({ type: 'disk-done', id, generation });
      else this.#answer(failed(request, lane, failure));
    }
    this.#closeWhenIdle();
  }

  async #steps({ steps }: DiskRequest): Promise<DiskFailure | undefined> {
    try {
      for (const step of steps) {
        if (this.#abandoned !== undefined) return undefined;
        await this.#files.later(step);
      }
      return undefined;
    } catch (error) {
      return failureOf(error);
    }
  }
}

function newLane(): Lane {
  return { waiting: [], running: undefined, broken: undefined };
}

function failed(request: DiskRequest, lane: Lane, failure: DiskFailure): DiskAnswer {
  if (request.lane === 'log') lane.broken = failure;
  return { type: 'disk-done', id: request.id, generation: request.generation, failure };
}

function failureOf(error: unknown): DiskFailure {
  const { code, message } = error as NodeJS.ErrnoException;
  return { code: code ?? 'UNKNOWN', message };
}
