import type { Acl, Client, NodeData, SessionInfo, Stat } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { RecipeError } from '../errors.js';
import type { Hold } from '../hold/hold.js';
import { isSureOf } from '../shared/come-first.js';
import { isPassing, wasCutOff } from '../shared/doubt.js';
import { anyChange, nextChange } from '../shared/next-change.js';
import type { Place } from '../shared/obtain.js';
import { childOf, nameOf } from '../shared/paths.js';
import { pause } from '../shared/pause.js';
import { agreedLimit } from './limit.js';
import { placementOf } from './placement.js';

/**
 * The data of a node whose permits have not been granted. It is only a hint of whom to watch: who
 * may take permits is told by the names alone.
 */
export const WAITING = '{"waiting":true}';

/** Whether data is that hint. */
export function isWaitingMark(data: NodeData | undefined): boolean {
  return (data instanceof Uint8Array ? new TextDecoder().decode(data) : data) === WAITING;
}

interface Request {
  readonly path: string;
  readonly permits: number;
  /** The limit to store again when the folder has gone. */
  readonly fallback: number | undefined;
  readonly acl: readonly Acl[] | undefined;
  readonly waits: boolean;
  readonly signal: AbortSignal;
}

/**
 * The wait of one request for permits. Departures free permits in any order, so that it is not
 * enough to watch the node directly before ours; and if all watched the whole list, each change
 * would wake them all. So only the first that waits watches the list, and the limit; every other
 * one watches the node before it, until that says that it waits no more.
 */
export class PermitTurn {
  readonly #zk: Client;
  readonly #request: Request;
  /** Version of the newest node of the request with the hint that it waits; undefined without. */
  #waitingAs: number | undefined;

  constructor(zk: Client, request: Request) {
    this.#zk = zk;
    this.#request = request;
  }

  /** @param saysWaiting  whether the node was created with the hint */
  wait(session: SessionInfo, ours: string, saysWaiting: boolean): Promise<Place> {
    this.#waitingAs = saysWaiting ? 0 : undefined;
    return this.#wait(session, ours);
  }

  async #wait(session: SessionInfo, ours: string): Promise<Place> {
    const { path, permits, fallback, acl, waits, signal } = this.#request;
    try {
      for (;;) {
        const { limit, stat } = await agreedLimit(this.#zk, path, fallback, acl, signal);
        const list = await this.#zk.children(path, { session: session.id, signal });
        const place = placementOf(list.children, nameOf(ours));
        if (place === undefined) return 'gone';
        if (place.before + permits <= limit) {
          if (await isSureOf(this.#zk, session, path, signal)) return 'first';
        } else if (!waits) {
          return 'taken';
        } else if (this.#waitingAs === undefined) {
          this.#waitingAs = await this.#sayWaiting(session, ours);
        } else if (!(await this.#hasWaitedFor(session, place.nearest))) {
          await this.#change(session, stat, list.stat);
        }
      }
    } catch (error) {
      if (isZkError(error, 'NO_NODE', 'SESSION_EXPIRED')) return 'gone';
      if (wasCutOff(error)) return this.#wait(session, ours);
      if (!isZkError(error, 'MARSHALLING_ERROR')) throw error;
      throw new RecipeError('QUEUE_TOO_LONG', path, { cause: error });
    }
  }

  /** Resolves with the version of the node that says so, or that says what somebody else wrote. */
  async #sayWaiting(session: SessionInfo, ours: string): Promise<number | undefined> {
    const options = { session: session.id, signal: this.#request.signal };
    try {
      return (await this.#zk.set(ours, WAITING, { ...options, version: 0 })).version;
    } catch (error) {
      if (!isZkError(error, 'BAD_VERSION')) throw error;
      return (await this.#zk.exists(ours, options))?.version;
    }
  }

  /** Waits for the one before us as long as that waits too; false at once if it does not. */
  async #hasWaitedFor(session: SessionInfo, nearest: string | undefined): Promise<boolean> {
    if (nearest === undefined) return false;
    const { path, signal } = this.#request;
    let isWaiting = true;
    const isSame = (_: Stat, data: NodeData | undefined) => {
      isWaiting = isWaitingMark(data);
      return isWaiting;
    };
    const before = childOf(path, nearest);
    try {
      await nextChange(this.#zk, session, before, signal, { isSame });
    } catch (cause) {
      if (!isZkError(cause, 'NO_AUTH')) throw cause;
      throw new RecipeError('UNREADABLE_PREDECESSOR', before, { cause });
    }
    return isWaiting;
  }

  /** Resolves when the list or the limit is not what it was any more. */
  async #change(session: SessionInfo, limit: Stat, list: Stat): Promise<void> {
    const { path, signal } = this.#request;
    const isListSame = ({ czxid, pzxid }: Stat) => czxid === list.czxid && pzxid === list.pzxid;
    const isLimitSame = ({ mzxid }: Stat) => mzxid === limit.mzxid;
    const seen = [
      { path, kind: 'children', isSame: isListSame } as const,
      { path, kind: 'data', isSame: isLimitSame } as const,
    ];
    await anyChange(this.#zk, session, seen, signal);
  }

  /**
   * Takes the hint back, so that the next in line knows that it is the first that waits. What
   * somebody else has written over it stays: it says the same, and may ask for the permits.
   */
  async sayGranted({ path, signal, token }: Hold, data: NodeData = ''): Promise<void> {
    const version = this.#waitingAs;
    while (version !== undefined && !signal.aborted) {
      try {
        await this.#zk.set(path, data, { session: token.session, version });
        return;
      } catch (error) {
        if (wasCutOff(error)) continue;
        // Then those behind wait for our departure instead: late, but in order.
        if (!isPassing(error)) return;
        await pause(this.#zk, signal);
      }
    }
  }
}
