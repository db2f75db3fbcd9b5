import { InvariantError } from '../base/assert.js';
import type { SessionId } from '../base/ids.js';

function soon(): never {
  throw new InvariantError('not built yet');
}

/** Which ephemeral nodes each session owns. */
export class Ephemerals {
  add(_session: SessionId, _path: string): void {
    soon();
  }
  remove(_session: SessionId, _path: string): void {
    soon();
  }
  /** Paths owned by a session; empty when it owns none. */
  pathsOf(_session: SessionId): ReadonlySet<string> {
    return soon();
  }
  /** Sessions that own at least one node. */
  sessions(): IterableIterator<SessionId> {
    return soon();
  }
  entries(): IterableIterator<[SessionId, ReadonlySet<string>]> {
    return soon();
  }
  /** Number of ephemeral nodes. */
  get size(): number {
    return soon();
  }
}
