/**
 * X1, the judge of a lock: whoever is certain of it is alone with it, and what is done under its
 * guard is done in the order of the tokens.
 */
import type { Hold } from '@vivarium/recipes';
import { demand } from '../violation.js';
import type { Replayed } from './replay.js';
import { writesOf } from './wire-requests.js';

/** Where guarded writes go; their data is the token of the holder. */
export const GUARDED = '/sim/guarded';

const decoder = new TextDecoder();

export class LockJudge {
  /** Sessions that somebody ended behind their clients' backs: nobody can be certain of these. */
  readonly ended = new Set<bigint>();
  /** How often the lock was taken. */
  taken = 0;
  readonly #holds = new Map<Hold, string>();
  /** The greatest token of whom was certain. */
  #newest = 0n;

  took(client: string, hold: Hold): void {
    this.taken += 1;
    this.#holds.set(hold, client);
    this.uses(hold);
  }

  /** A holder is about to do something that only the holder may do. */
  uses(hold: Hold): void {
    if (!this.#isCertain(hold)) return;
    const client = this.#holds.get(hold);
    for (const [other, owner] of this.#holds) {
      demand(other === hold || !this.#isCertain(other), 'X1', () => {
        return `${client} and ${owner} are both certain of the lock: ${hold.path}, ${other.path}`;
      });
    }
    const { zxid } = hold.token;
    demand(zxid >= this.#newest, 'X1', () => {
      return `${client} is certain of the lock with token ${zxid}, after ${this.#newest}`;
    });
    this.#newest = zxid;
  }

  gave(hold: Hold): void {
    this.#holds.delete(hold);
  }

  /** @throws Violation when a guarded write came after one of a later holder */
  judge({ applied, zxidOf }: Replayed): void {
    const writes = [...applied].filter((request) =>
      writesOf(request)?.some((op) => op.op === 'set' && op.path === GUARDED),
    );
    writes.sort((a, b) => (zxidOf.get(a)! < zxidOf.get(b)! ? -1 : 1));
    let last = 0n;
    for (const request of writes) {
      const op = writesOf(request)!.find((each) => each.op === 'set' && each.path === GUARDED);
      const token = op?.op === 'set' ? BigInt(decoder.decode(op.data ?? new Uint8Array(0))) : 0n;
      const who = request.connection.client;
      demand(token >= last, 'X1', () => `${who} wrote with token ${token} after ${last}`);
      last = token;
    }
  }

  #isCertain(hold: Hold): boolean {
    return hold.isCertain() && !this.ended.has(hold.token.session);
  }
}
