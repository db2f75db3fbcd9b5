import type { Client, SessionInfo } from '@vivarium/core';
import { CleanUps } from './clean-ups.js';

/** What all recipes over one client share. */
export interface Desk {
  readonly cleanUps: CleanUps;
  /**
   * A name that no other attempt has, in the form of a UUID as Curator expects it: the session's
   * id and a count. No two sessions of an ensemble share an id, and it tells people who made it.
   */
  nextGuid(session: bigint): string;
  /** Ids of all sessions this client had since its first recipe. */
  readonly sessions: ReadonlySet<bigint>;
  /**
   * Calls `listener` once when the session has ended; soon, if it has. The returned function takes
   * it back. However many listen, the session's own signal has one listener.
   */
  whenEnded(session: SessionInfo, listener: () => void): () => void;
  /** The places in groups that this client has, or is just giving up, by path. */
  readonly places: Map<string, Place>;
}

/** What copies of this package over one client share, such as one that a dependency brought. */
interface Shared {
  /** Names given so far. */
  count: bigint;
  readonly places: Map<string, Place>;
}

/** One place in one group. */
export interface Place {
  readonly isLeaving: boolean;
  /** Resolves when it has been given up. */
  readonly gone: Promise<void>;
}

const desks = new WeakMap<Client, Desk>();

/** The desk of a client: always the same one. */
export function deskOf(zk: Client): Desk {
  const known = desks.get(zk);
  if (known !== undefined) return known;
  const sessions = new Set<bigint>();
  const shared = sharedOf(zk);
  zk.session$.subscribe(({ id }) => sessions.add(id));
  const desk: Desk = {
    cleanUps: new CleanUps(zk),
    nextGuid: (session) => uuidOf(session, ++shared.count),
    sessions,
    whenEnded,
    places: shared.places,
  };
  desks.set(zk, desk);
  return desk;
}

function sharedOf(zk: Client): Shared {
  const key = Symbol.for('@vivarium/recipes/shared');
  const global = globalThis as { [key]?: WeakMap<Client, Shared> };
  global[key] ??= new WeakMap();
  const known = global[key].get(zk) ?? { count: 0n, places: new Map() };
  global[key].set(zk, known);
  return known;
}

const listening = new WeakMap<SessionInfo, Set<() => void>>();

function whenEnded(session: SessionInfo, listener: () => void): () => void {
  const { ended } = session;
  const listeners = listening.get(session) ?? new Set();
  listeners.add(listener);
  const tell = () => {
    for (const each of [...listeners]) if (listeners.delete(each)) each();
  };
  if (ended.aborted) {
    void Promise.resolve().then(tell);
  } else if (!listening.has(session)) {
    listening.set(session, listeners);
    ended.addEventListener('abort', tell);
  }
  return () => listeners.delete(listener);
}

function uuidOf(high: bigint, low: bigint): string {
  const hex = [high, low].map((half) => BigInt.asUintN(64, half).toString(16).padStart(16, '0'));
  return hex.join('').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
