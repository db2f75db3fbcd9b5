import { codes, OK } from '../base/errors.js';
import type { Millis } from '../base/ids.js';
import { hexLong } from '../base/long.js';
import { type OperationName, operations } from '../wire/operations.js';
import type { Authority } from './authority.js';
import type { Core } from './core.js';
import { LocalExpiry } from './local-sessions.js';
import { type ClientInput, Serving } from './serving.js';
import { type SessionIds, Sessions } from './sessions.js';
import type { Store } from './store.js';

export interface ReadingOnlyParts {
  readonly core: Core;
  readonly store: Store;
  readonly sessionIds: SessionIds;
}

/** How long a server looks for a leader before it takes itself for cut off, or a tick if longer. */
const PATIENCE_MS = 2_000;

/**
 * A server that finds no leader, towards clients that accept a server which answers reads only. It
 * answers from its tree, as old as that may be. Sessions are local and end with it; of those that
 * the ensemble knows it says nothing. Nothing of all this comes into the tree or the log: a server
 * that put the end of such a session there was cut by its next leader where it must not be
 * (ZOOKEEPER-3526).
 *
 * @see ZooKeeper 3.9 ReadOnlyZooKeeperServer
 */
export class ReadingOnly {
  readonly #parts: ReadingOnlyParts;
  readonly #from: Millis;
  readonly #waitedMs: Millis;
  #serving: Serving | undefined = undefined;
  #expiry: LocalExpiry | undefined = undefined;

  /** The server begins to look for a leader. */
  constructor(parts: ReadingOnlyParts) {
    this.#parts = parts;
    const { turn, config } = parts.core;
    this.#waitedMs = Math.max(PATIENCE_MS, config.tickTime);
    this.#from = turn.now + this.#waitedMs;
  }

  /** What serves clients; unset as long as a leader may still be found soon. */
  get serving(): Serving | undefined {
    return this.#serving;
  }

  get wakeAt(): Millis {
    if (this.#serving === undefined) return this.#from;
    return Math.min(this.#serving.wakeAt, this.#expiry!.wakeAt);
  }

  take(input: ClientInput): void {
    this.#serving?.take(input);
  }

  polled(id: number): void {
    this.#expiry?.polled(id);
  }

  doWhatIsDue(): void {
    if (this.#serving === undefined && this.#parts.core.turn.now >= this.#from) this.#begin();
    this.#expiry?.look();
    this.#serving?.doWhatIsDue();
  }

  endStep(): void {
    this.#serving?.endIntake();
    this.#serving?.flush();
  }

  /** Everybody is let go. */
  end(reason: string): void {
    this.#serving?.closeAll(reason);
  }

  #begin(): void {
    const { core, store, sessionIds } = this.#parts;
    const { database } = store;
    const sessions = new Sessions(core.config.tickTime, sessionIds);
    this.#serving = new Serving({
      ...core,
      database,
      sessions,
      authority: readOnlyAuthority(sessions, sessionIds),
      outstanding: undefined,
      sessionEnded() {},
    });
    this.#expiry = new LocalExpiry(core, this.#serving);
    core.host.log({
      level: 'warn',
      event: 'member.read-only',
      message:
        `no leader was found for ${this.#waitedMs} ms: the server answers reads of clients that ` +
        `accept what may be old, up to ${hexLong(database.lastZxid)}`,
      fields: { zxid: hexLong(database.lastZxid) },
    });
  }
}

/** How a server answers for itself that may decide of nothing. */
function readOnlyAuthority(sessions: Sessions, ids: SessionIds): Authority {
  const first = ids.upcoming;
  return {
    ownAnswer: answerOf,
    sessionsAreLocal: true,
    endsFor: () => true,
    findSession: (id) => sessions.get(id),
    claimSession: () => true,
    sync: undefined,
    mayPromise: () => true,
    cutOff: { hasEnded: (id) => id >= first && id < ids.upcoming && !sessions.get(id) },
    /* None of these comes about: writes are refused, and local sessions need no transaction. */
    write() {},
    createSession() {},
    left() {},
  };
}

function answerOf(operation: OperationName): number | undefined {
  if (operation === 'closeSession') return OK;
  const isRefused = operations[operation].kind === 'write' || operation === 'sync';
  return isRefused ? codes.NOT_READ_ONLY : undefined;
}
