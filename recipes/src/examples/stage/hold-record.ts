import { BrokenPromise } from './example.js';
import type { Sample } from './messages.js';

/** How long one hold was certain: from its first sample to its last. */
interface Span {
  readonly who: string;
  readonly what: string;
  readonly weight: number;
  readonly from: bigint;
  to: bigint;
}

/** When who was certain of what, and whether that ever was too much. */
export class HoldRecord {
  readonly #spans = new Map<string, Span>();

  add(who: string, { hold, what, weight, at }: Sample): void {
    const key = `${who} ${hold}`;
    const span = this.#spans.get(key);
    if (span === undefined) this.#spans.set(key, { who, what, weight, from: at, to: at });
    else span.to = at;
  }

  /**
   * @param limit how much of one thing may be held at one moment
   * @throws BrokenPromise when it was more, or when nothing was ever held
   */
  demandNeverMoreThan(limit: number): void {
    const spans = [...this.#spans.values()];
    if (spans.length === 0) throw new BrokenPromise('nobody ever held anything');
    // What is held grows only where a hold begins.
    for (const { what, from: moment } of spans) {
      const together = spans.filter(
        (span) => span.what === what && span.from <= moment && moment <= span.to,
      );
      const sum = together.reduce((total, { weight }) => total + weight, 0);
      if (sum <= limit) continue;
      const names = together.map(({ who }) => who).join(' and ');
      const of = what === '' ? '' : ` of ${what}`;
      throw new BrokenPromise(`at one moment ${names} were certain${of}: ${sum}, not ${limit}`);
    }
  }
}
