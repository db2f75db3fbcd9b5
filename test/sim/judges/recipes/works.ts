/** X1, of work that only a leader does: it ends before the leader hands over. */
import type { Hold } from '@vivarium/recipes';
import { demand } from '../../violation.js';

export class WorksJudge {
  readonly #busy = new Map<Hold, string>();
  /** What was found, to be told at the end: whoever works is not always listened to. */
  #found: string | undefined;

  begins(client: string, term: Hold): void {
    for (const [other, owner] of this.#busy) {
      if (other.status !== 'released') continue;
      this.#found ??= `${client} works as the leader, and ${owner} still does, which has resigned`;
    }
    this.#busy.set(term, client);
  }

  ends(term: Hold): void {
    this.#busy.delete(term);
  }

  /** @throws Violation */
  judge(): void {
    demand(this.#found === undefined, 'X1', () => this.#found!);
  }
}
