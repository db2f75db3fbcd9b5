import type { Millis } from '@vivarium/core/internal/base/ids';
import type { Machine } from '@vivarium/core/internal/node/driver';
import type { Effect } from '@vivarium/core/internal/seam/effects';
import type { Batch, Input } from '@vivarium/core/internal/seam/inputs';
import { peerView } from './admin-context.js';

/** A machine that writes down what it is told, and asks for what a test puts into its mouth. */
export class ScriptedMachine implements Machine {
  readonly inputs: Input[] = [];
  readonly view = peerView();
  stopped = false;
  readonly #wishes: Effect[] = [];
  readonly #everyMs: Millis;
  #steppedAt: Millis = 0;

  /** @param everyMs how often it wants a step even if nothing happens */
  constructor(everyMs = Number.POSITIVE_INFINITY) {
    this.#everyMs = everyMs;
  }

  get wakeAt(): Millis {
    return this.#steppedAt + this.#everyMs;
  }

  /** Asks for these with its next step. */
  ask(...effects: readonly Effect[]): void {
    this.#wishes.push(...effects);
  }

  step({ now, inputs }: Batch, out: Effect[]): void {
    this.#steppedAt = now;
    this.inputs.push(...inputs);
    out.push(...this.#wishes.splice(0));
  }
}

/** What was heard, a word for each input, of one connection or of all. */
export function heard(machine: ScriptedMachine, connection?: number): string[] {
  const words: string[] = [];
  for (const input of machine.inputs) {
    const isOther = 'connection' in input && input.connection !== connection;
    if (connection === undefined || !isOther) words.push(wordFor(input));
  }
  return words;
}

function wordFor(input: Input): string {
  switch (input.type) {
    case 'link-opened':
      return `${input.link} opened`;
    case 'connection-bytes':
      return `bytes ${input.bytes.length > 9 ? input.bytes.length : input.bytes.join('')}`;
    case 'connection-closed':
      return `closed: ${input.reason}`;
    case 'connection-slow':
      return input.slow ? 'slow' : 'no longer slow';
    default:
      return input.type;
  }
}
