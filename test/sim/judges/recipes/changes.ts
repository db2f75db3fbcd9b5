/**
 * X5, the judge of values that many change: each change that was acknowledged has been made once,
 * one of unknown outcome once at most, one that was refused never; a change sees all those that
 * were acknowledged before it was asked for; and its outcome is unknown only over the end of a
 * session.
 */
import type { Marks } from '../../marks.js';
import { demand } from '../../violation.js';
import type { Replayed } from '../replay.js';
import { writesOf } from '../wire-requests.js';

export interface ChangeRecord {
  readonly client: string;
  /** Told from all other changes of the value by it; counted from 0. */
  readonly number: number;
  /** Changes that were acknowledged to anybody when it was asked for. */
  readonly known: ReadonlySet<number>;
  outcome: 'pending' | 'made' | 'refused' | 'unknown';
}

/** How many times each change is in the value, by number; those that are not there are left out. */
export type Reader = (data: Uint8Array) => ReadonlyMap<number, number>;

export class ChangesJudge {
  readonly #path: string;
  readonly #read: Reader;
  readonly #most: number;
  readonly #marks: Marks;
  readonly #records: ChangeRecord[] = [];
  readonly #made = new Set<number>();

  /** @param most how many changes the value has room for */
  constructor(path: string, most: number, read: Reader, marks: Marks) {
    this.#path = path;
    this.#most = most;
    this.#read = read;
    this.#marks = marks;
  }

  /** Somebody asks for a change; undefined when the value has no room for another. */
  asks(client: string): ChangeRecord | undefined {
    const number = this.#records.length;
    if (number >= this.#most) return undefined;
    const record = { client, number, known: new Set(this.#made), outcome: 'pending' as const };
    this.#records.push(record);
    return record;
  }

  /** It was acknowledged, with the value after it. */
  made(record: ChangeRecord, value: Uint8Array): void {
    const { client, number, known } = record;
    record.outcome = 'made';
    this.#made.add(number);
    const times = this.#read(value);
    const told = `${client} was told of change ${number} of ${this.#path}`;
    for (const each of [...known, number]) {
      const count = times.get(each) ?? 0;
      demand(count === 1, 'X5', () => `${told} with change ${each} made ${count} times`);
    }
  }

  refused(record: ChangeRecord): void {
    record.outcome = 'refused';
  }

  /** @param hasEnded whether the client's session has ended meanwhile */
  unknown(record: ChangeRecord, hasEnded: boolean): void {
    const { client, number } = record;
    record.outcome = 'unknown';
    this.#marks.hit('change-in-doubt');
    demand(hasEnded, 'X5', () => {
      return `${client} cannot tell what came of change ${number} of ${this.#path}, in one session`;
    });
  }

  /** @throws Violation when the value at the end is not made of what was told */
  judge({ applied, zxidOf, model }: Replayed): void {
    if (this.#records.length === 0) return;
    const times = this.#read(model.nodes.get(this.#path)?.data ?? new Uint8Array(0));
    for (const { client, number, outcome } of this.#records) {
      const count = times.get(number) ?? 0;
      const isRight = outcome === 'made' ? count === 1 : count <= (outcome === 'refused' ? 0 : 1);
      demand(isRight, 'X5', () => {
        return `change ${number} of ${this.#path}, ${outcome} to ${client}, is made ${count} times`;
      });
    }
    for (const number of times.keys()) {
      demand(number < this.#records.length, 'X5', () => {
        return `${this.#path} has change ${number}, which nobody asked for`;
      });
    }
    for (const request of zxidOf.keys()) {
      if (!writesOf(request)!.some(({ op, path }) => op === 'set' && path === this.#path)) continue;
      if (!applied.has(request)) this.#marks.hit('change-came-late');
      else if (request.reply === undefined) this.#marks.hit('change-not-answered');
    }
  }
}
