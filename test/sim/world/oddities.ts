/**
 * Rare things that a host may do to its machine and seldom does: it reads a few bytes, tells of a
 * flush late, wakes the machine for nothing, hands over one input at a time. A seed decides which
 * of them come, and how often.
 */
import type { ConnectionId, Millis } from '@vivarium/core/internal/base/ids';
import type { LocalMachine } from '@vivarium/core/internal/local/machine';
import type { Random } from '@vivarium/core/internal/local/random';
import type { Effect } from '@vivarium/core/internal/seam/effects';
import type { Batch, Input } from '@vivarium/core/internal/seam/inputs';
import { MachineAround } from '../../support/machine-around.js';
import type { Mark, Marks } from '../marks.js';

const kinds = {
  'short-read': 'odd-short-read',
  'late-answer': 'odd-late-answer',
  'idle-step': 'odd-idle-step',
  'one-by-one': 'odd-one-by-one',
  snapshot: 'odd-snapshot',
  slow: 'odd-slow',
} as const satisfies Readonly<Record<string, Mark>>;

export type Oddity = keyof typeof kinds;
/** How likely each is where it may come; those that are missing do not. */
export type Oddities = ReadonlyMap<Oddity, number>;

/** Each is on in a quarter of the runs, and comes between seldom and every other time. */
const IS_ON = 0.25;
/** What comes with any step must come less often than what has an occasion of its own. */
const RARE = 0.02;
const LATEST_MS = 30;

export function chooseOddities(random: Random): Oddities {
  const oddities = new Map<Oddity, number>();
  for (const kind of Object.keys(kinds) as Oddity[]) {
    const often = random.between(5, 50) / 100;
    const isRare = kind === 'snapshot' || kind === 'slow';
    if (random.chance(IS_ON)) oddities.set(kind, isRare ? RARE * often : often);
  }
  return oddities;
}

interface Held {
  readonly input: Input;
  readonly dueAt: Millis;
}

/** Stands between a machine and its host; what passes is what any host may do. */
export class OddHost extends MachineAround {
  readonly #oddities: Oddities;
  readonly #random: Random;
  readonly #marks: Marks;
  /** Answers of the disk that were not told yet, in their order. */
  readonly #held: Held[] = [];
  readonly #open = new Set<ConnectionId>();
  /** Who was said to be slow, and until when. */
  readonly #slow = new Map<ConnectionId, Millis>();

  constructor(inner: LocalMachine, oddities: Oddities, random: Random, marks: Marks) {
    super(inner);
    this.#oddities = oddities;
    this.#random = random;
    this.#marks = marks;
  }

  override get wakeAt(): Millis {
    let wakeAt = Math.min(this.inner.wakeAt, this.#held[0]?.dueAt ?? Number.POSITIVE_INFINITY);
    for (const until of this.#slow.values()) wakeAt = Math.min(wakeAt, until);
    return wakeAt;
  }

  step(batch: Batch, out: Effect[]): void {
    const { now, wall } = batch;
    const inputs = batch.inputs.filter((input) => !this.#holds(input, now));
    while (this.#held.length > 0 && this.#held[0]!.dueAt <= now) {
      inputs.push(this.#held.shift()!.input);
    }
    this.#addCommands(inputs);
    this.#addSlowness(inputs, now);
    const read = inputs.flatMap((input) => this.#cut(input));
    const from = out.length;
    if (this.#comes('idle-step')) this.inner.step({ now, wall, inputs: [] }, out);
    if (read.length > 1 && this.#comes('one-by-one')) {
      for (const input of read) this.inner.step({ now, wall, inputs: [input] }, out);
    } else {
      this.inner.step({ now, wall, inputs: read }, out);
    }
    for (let at = from; at < out.length; at++) {
      const effect = out[at]!;
      if (effect.type === 'close') this.#forget(effect.connection);
    }
  }

  #comes(kind: Oddity): boolean {
    const often = this.#oddities.get(kind);
    if (often === undefined || !this.#random.chance(often)) return false;
    this.#marks.hit(kinds[kind]);
    return true;
  }

  /** Answers keep their order: behind one that is late all are. */
  #holds(input: Input, now: Millis): boolean {
    if (input.type !== 'disk-done') return false;
    if (this.#held.length === 0 && !this.#comes('late-answer')) return false;
    const dueAt = now + this.#random.between(0, LATEST_MS);
    this.#held.push({ input, dueAt: Math.max(dueAt, this.#held.at(-1)?.dueAt ?? 0) });
    return true;
  }

  #addCommands(inputs: Input[]): void {
    if (!this.#comes('snapshot')) return;
    inputs.push({ type: 'command', command: { name: 'take-snapshot' } });
  }

  #addSlowness(inputs: Input[], now: Millis): void {
    for (const input of inputs) {
      if (input.type === 'connection-opened' || input.type === 'link-opened') {
        this.#open.add(input.connection);
      } else if (input.type === 'connection-closed') {
        this.#forget(input.connection);
      }
    }
    for (const [connection, until] of this.#slow) {
      if (now < until) continue;
      this.#slow.delete(connection);
      inputs.push({ type: 'connection-slow', connection, slow: false });
    }
    if (this.#open.size === 0 || !this.#comes('slow')) return;
    const connection = this.#random.pick([...this.#open]);
    if (this.#slow.has(connection)) return;
    this.#slow.set(connection, now + this.#random.between(1, LATEST_MS));
    inputs.push({ type: 'connection-slow', connection, slow: true });
  }

  #forget(connection: ConnectionId): void {
    this.#open.delete(connection);
    this.#slow.delete(connection);
  }

  /** A read may end anywhere. */
  #cut(input: Input): readonly Input[] {
    if (input.type !== 'connection-bytes' || input.bytes.length < 2) return [input];
    if (!this.#comes('short-read')) return [input];
    const pieces: Input[] = [];
    for (let at = 0; at < input.bytes.length; ) {
      const end = at + this.#random.between(1, this.#random.pick([3, 40, input.bytes.length]));
      pieces.push({ ...input, bytes: input.bytes.slice(at, end) });
      at = end;
    }
    return pieces;
  }
}
