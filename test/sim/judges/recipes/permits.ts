/** X3, the judge of permits: those who are certain never have more than there are. */
import type { Hold } from '@vivarium/recipes';
import type { Marks } from '../../marks.js';
import { demand } from '../../violation.js';

interface Owner {
  readonly client: string;
  readonly permits: number;
}

export class PermitsJudge {
  readonly #marks: Marks;
  readonly #ended: ReadonlySet<bigint>;
  readonly #owners = new Map<Hold, Owner>();
  /** As many as there may be by any limit that somebody has asked for. */
  #most = 0;
  #limit = 0;

  /** @param ended sessions that somebody ended: their clients cannot know, and may be certain */
  constructor(marks: Marks, ended: ReadonlySet<bigint>) {
    this.#marks = marks;
    this.#ended = ended;
  }

  /** Somebody is about to set the limit. */
  limits(limit: number): void {
    if (this.#limit !== 0 && limit !== this.#limit) this.#marks.hit('limit-changed');
    this.#limit = limit;
    this.#most = Math.max(this.#most, limit);
  }

  took(client: string, hold: Hold, permits: number): void {
    this.#owners.set(hold, { client, permits });
    const certain = [...this.#owners].filter(([each]) => this.#isCertain(each));
    const out = certain.reduce((sum, [, owner]) => sum + owner.permits, 0);
    demand(out <= this.#most, 'X3', () => {
      const who = certain.map(([, owner]) => `${owner.client} of ${owner.permits}`).join(', ');
      return `${out} permits are out, and there are ${this.#most}: ${who} are certain`;
    });
    if (certain.length > 1 && out === this.#most) this.#marks.hit('permits-all-out');
  }

  gave(hold: Hold): void {
    this.#owners.delete(hold);
  }

  #isCertain(hold: Hold): boolean {
    return hold.isCertain() && !this.#ended.has(hold.token.session);
  }
}
