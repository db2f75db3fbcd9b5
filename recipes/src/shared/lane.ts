import type { Client, SessionInfo } from '@vivarium/core';
import { deskOf } from './desk.js';
import type { StoredNode } from './stored-node.js';

/**
 * A node of ours below a value, ephemeral, with a name that nobody else uses. It is written
 * together with the value, so its version tells whether a write of ours has happened; and as long
 * as it exists the value cannot have been deleted and made again.
 */
export interface Marker {
  readonly path: string;
  readonly session: SessionInfo;
  /** As of our last write. */
  readonly version: number;
  /** The value as of our last read or write, while we have no reason to think that it changed. */
  readonly known: StoredNode | undefined;
}

/** What one client's writers to one value share. Only one of them is at work at a time. */
export interface Lane {
  /** The marker that stands; undefined when there is none. */
  marker: Marker | undefined;
}

interface Traffic extends Lane {
  /** Settles when all who came so far are done; never rejects. */
  last: Promise<unknown>;
  count: number;
  /** Takes back what was to happen if nobody came. */
  stay: () => void;
}

const lanes = new WeakMap<Client, Map<string, Traffic>>();

/**
 * Runs `work` when all that came before it for the same path are done. When nobody comes for
 * `lingerMs` after, the marker is deleted; with 0, it is deleted before the result is told, so
 * that whoever has the result may delete the node.
 */
export async function inLane<T>(
  zk: Client,
  path: string,
  lingerMs: number,
  work: (lane: Lane) => Promise<T>,
): Promise<T> {
  const traffic = lanesOf(zk);
  const lane = traffic.get(path) ?? {
    ...{ marker: undefined, last: Promise.resolve(), count: 0, stay: () => {} },
  };
  traffic.set(path, lane);
  lane.stay();
  lane.count++;
  const mine = lane.last.then(() => work(lane));
  lane.last = mine.catch(() => {});
  try {
    return await mine;
  } finally {
    if (--lane.count === 0) linger(zk, path, lane, lingerMs);
  }
}

/** Deletes a marker, or what may have become one. */
export function removeMarker(zk: Client, { path, session }: Pick<Marker, 'path' | 'session'>) {
  // Should it be refused, the end of the session does it.
  deskOf(zk)
    .cleanUps.remove(session.id, path)
    .catch(() => {});
}

function lanesOf(zk: Client): Map<string, Traffic> {
  const known = lanes.get(zk) ?? new Map<string, Traffic>();
  lanes.set(zk, known);
  return known;
}

function linger(zk: Client, path: string, lane: Traffic, lingerMs: number): void {
  const { marker } = lane;
  const close = () => {
    lane.stay();
    lanesOf(zk).delete(path);
    if (marker !== undefined && !marker.session.ended.aborted) removeMarker(zk, marker);
  };
  if (marker === undefined || lingerMs === 0) {
    close();
    return;
  }
  const stopListening = deskOf(zk).whenEnded(marker.session, close);
  const stopTimer = zk.clock.setTimer(lingerMs, close);
  lane.stay = () => {
    stopListening();
    stopTimer();
    lane.stay = () => {};
  };
}
