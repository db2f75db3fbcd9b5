import { mix, Random } from './random.js';

/** Virtual time in whole microseconds since the run began. */
export type Micros = number;

interface Planned {
  readonly at: Micros;
  readonly tiebreak: number;
  readonly order: number;
  readonly what: string;
  readonly stirs: boolean;
  run: (() => void) | undefined;
}

/**
 * Time and chance of a simulated world. Nothing happens but what was planned here, one thing after
 * the other, and a seed decides everything: the same seed and program give the same run, which
 * {@link traceHash} shows.
 *
 * Things planned for the same moment happen in an order that the seed decides, so that runs
 * explore what may overtake what; only those of one stream keep the order of planning.
 */
export class Kernel {
  readonly seed: number;
  readonly #heap: Planned[] = [];
  readonly #ties: Random;
  readonly #log: ((line: string) => void) | undefined;
  #now: Micros = 0;
  #order = 0;
  #happened = 0;
  #isStirred = true;
  readonly #hashes: [number, number] = [0x243f6a88, 0x85a308d3];

  /** @param log is told of everything that happens, one line each */
  constructor(seed: number, log?: (line: string) => void) {
    this.seed = seed;
    this.#log = log;
    this.#ties = this.random('kernel ties');
  }

  get now(): Micros {
    return this.#now;
  }

  /** How many planned things have happened. */
  get happened(): number {
    return this.#happened;
  }

  /** Something has happened that programs may have promises waiting for; see {@link wasStirred}. */
  stir(): void {
    this.#isStirred = true;
  }

  /**
   * Whether anything has stirred since it was last asked: if not, no promise can be waiting for
   * what happened, and nobody has to wait for promises.
   */
  wasStirred(): boolean {
    const was = this.#isStirred;
    this.#isStirred = false;
    return was;
  }

  /** 16 hexadecimal digits over all that was noted so far. */
  get traceHash(): string {
    return this.#hashes.map((hash) => hash.toString(16).padStart(8, '0')).join('');
  }

  /** A stream of chance of its own. */
  random(purpose: string): Random {
    return new Random(this.seed, purpose);
  }

  /**
   * Plans something. The returned function takes it back.
   *
   * @param what says in the trace what happens
   * @param stream things of one stream and moment happen in the order of planning
   */
  after(delayMicros: Micros, what: string, run: () => void, stream?: number): () => void {
    return this.#plan(delayMicros, what, run, stream, true);
  }

  /**
   * The same for what concerns machines alone, which wait for no promise. If it calls a program
   * after all, somebody has to {@link stir}.
   */
  quietly(delayMicros: Micros, what: string, run: () => void, stream?: number): () => void {
    return this.#plan(delayMicros, what, run, stream, false);
  }

  /** When the next thing happens; infinity when nothing is planned. */
  get nextAt(): Micros {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined) return Number.POSITIVE_INFINITY;
      if (next.run !== undefined) return next.at;
      this.#pop();
    }
  }

  /** Moves the present on, for a world whose time is real; what is overdue happens late then. */
  passTo(now: Micros): void {
    this.#now = Math.max(this.#now, Math.round(now));
  }

  /** Lets the next thing happen. False when nothing is planned up to and including `until`. */
  step(until: Micros = Number.MAX_SAFE_INTEGER): boolean {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.at > until) return false;
      this.#pop();
      const { run } = next;
      if (run === undefined) continue;
      next.run = undefined;
      this.#now = Math.max(this.#now, next.at);
      this.#happened += 1;
      if (next.stirs) this.#isStirred = true;
      this.note(next.what);
      run();
      return true;
    }
  }

  /** Lets everything happen up to and including a moment, which is then the present. */
  runUntil(until: Micros): void {
    while (this.step(until));
    this.#now = Math.max(this.#now, until);
  }

  /** Puts a line into the trace. */
  note(line: string): void {
    let text = this.#now | 0;
    for (let at = 0; at < line.length; at++) {
      text = Math.imul(text ^ line.charCodeAt(at), 0x0100_0193);
    }
    const hashes = this.#hashes;
    hashes[0] = mix(hashes[0], text);
    hashes[1] = mix(hashes[1], hashes[0] ^ line.length);
    this.#log?.(`${(this.#now / 1_000).toFixed(3)} ${line}`);
  }

  #plan(
    delayMicros: Micros,
    what: string,
    run: () => void,
    stream: number | undefined,
    stirs: boolean,
  ): () => void {
    const at = this.#now + Math.max(0, Math.round(delayMicros));
    if (!Number.isSafeInteger(at)) throw new RangeError(`${what}: no such delay: ${delayMicros}`);
    const tiebreak =
      stream === undefined
        ? this.#ties.bits()
        : mix(mix(this.seed >>> 0, stream), at % 0xffff_ffff);
    const planned: Planned = { at, tiebreak, order: this.#order++, what, stirs, run };
    this.#push(planned);
    return () => {
      planned.run = undefined;
    };
  }

  #push(planned: Planned): void {
    const heap = this.#heap;
    let at = heap.push(planned) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(planned, heap[parent] as Planned)) break;
      heap[at] = heap[parent] as Planned;
      at = parent;
    }
    heap[at] = planned;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Planned;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && before(right, heap[child] as Planned)) child += 1;
      if (!before(heap[child] as Planned, last)) break;
      heap[at] = heap[child] as Planned;
      at = child;
    }
    heap[at] = last;
  }
}

function before(a: Planned, b: Planned): boolean {
  if (a.at !== b.at) return a.at < b.at;
  if (a.tiebreak !== b.tiebreak) return a.tiebreak < b.tiebreak;
  return a.order < b.order;
}
