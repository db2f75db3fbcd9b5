/**
 * X1, the judge of whatever one alone may hold: a lock, the lead, a partition, a job. The times in
 * which two holders are certain of it do not overlap, unless both only share it; tokens grow from
 * one who held it alone to the next; and what is written under guard is written in the order of the
 * tokens, also by those who do not look whether they still hold.
 */
import type { Hold } from '@vivarium/recipes';
import type { Marks } from '../../marks.js';
import { demand } from '../../violation.js';
import type { SentRequest } from '../../world/history.js';
import type { Replayed } from '../replay.js';
import { writesOf } from '../wire-requests.js';
import { GUARDED } from './places.js';

/** What is asked of a hold, or of a claim. */
export type Held = Pick<Hold, 'isCertain' | 'token' | 'signal'>;

interface Holder {
  readonly client: string;
  /** Whether others who share it may be certain at the same time. */
  readonly shares: boolean;
}

/** What is known of one thing that can be held. */
interface Thing {
  readonly holders: Map<Held, Holder>;
  /** The greatest token of whom was certain of having it alone. */
  newest: bigint;
}

const decoder = new TextDecoder();

export class HoldsJudge {
  /** How often anything was taken. */
  taken = 0;
  readonly #marks: Marks;
  readonly #ended: ReadonlySet<bigint>;
  readonly #things = new Map<string, Thing>();
  readonly #tokens = new Set<bigint>();

  /** @param ended sessions that somebody ended: their clients cannot know, and may be certain */
  constructor(marks: Marks, ended: ReadonlySet<bigint>) {
    this.#marks = marks;
    this.#ended = ended;
  }

  took(thing: string, client: string, hold: Held, shares = false): void {
    this.taken += 1;
    const { holders } = this.#thing(thing);
    const isLost = ({ signal }: Held) => (signal.reason as Error | undefined)?.name === 'HOLD_LOST';
    if ([...holders.keys()].some(isLost)) this.#marks.hit('held-by-the-next');
    holders.set(hold, { client, shares });
    this.#tokens.add(hold.token.zxid);
    this.uses(thing, hold);
  }

  /** A holder is about to do something that only a holder may do. */
  uses(thing: string, hold: Held): void {
    if (!this.#isCertain(hold)) return;
    const known = this.#thing(thing);
    const { client, shares } = known.holders.get(hold)!;
    for (const [other, owner] of known.holders) {
      if (other === hold || !this.#isCertain(other)) continue;
      demand(shares && owner.shares, 'X1', () => {
        const paths = `${hold.token.path}, ${other.token.path}`;
        return `${client} and ${owner.client} are both certain of the ${thing}: ${paths}`;
      });
      this.#marks.hit('shared');
    }
    // Who reads has come before writers now and then that had the lock before.
    if (shares) return;
    const { zxid } = hold.token;
    demand(zxid >= known.newest, 'X1', () => {
      return `${client} is certain of the ${thing} with token ${zxid}, after ${known.newest}`;
    });
    known.newest = zxid;
  }

  gave(thing: string, hold: Held): void {
    this.#thing(thing).holders.delete(hold);
  }

  /** Whether somebody is certain of it who is one of these. */
  isHeld(thing: string, isOne: (client: string) => boolean): boolean {
    const { holders } = this.#thing(thing);
    return [...holders].some(([hold, { client }]) => isOne(client) && hold.isCertain());
  }

  /** @throws Violation when a guarded write came after one of a later holder */
  judge({ applied, zxidOf }: Replayed): void {
    const newest = new Map<string, bigint>();
    for (const request of inOrder(applied, zxidOf)) {
      const zxid = zxidOf.get(request)!;
      if (request.reply === undefined && this.#tokens.has(zxid)) this.#marks.hit('adopted');
      for (const op of writesOf(request)!) {
        if (op.op !== 'set' || !op.path.startsWith(`${GUARDED}/`)) continue;
        const token = BigInt(decoder.decode(op.data ?? new Uint8Array(0)));
        const last = newest.get(op.path) ?? 0n;
        demand(token >= last, 'X1', () => {
          const { client } = request.connection;
          return `${client} wrote to ${op.path} with token ${token} after ${last}`;
        });
        newest.set(op.path, token);
      }
    }
  }

  #thing(name: string): Thing {
    const known = this.#things.get(name) ?? { holders: new Map(), newest: 0n };
    this.#things.set(name, known);
    return known;
  }

  #isCertain(hold: Held): boolean {
    return hold.isCertain() && !this.#ended.has(hold.token.session);
  }
}

/** Requests in the order in which they took effect. */
function inOrder(
  applied: ReadonlySet<SentRequest>,
  zxidOf: ReadonlyMap<SentRequest, bigint>,
): readonly SentRequest[] {
  return [...applied].sort((a, b) => (zxidOf.get(a)! < zxidOf.get(b)! ? -1 : 1));
}
