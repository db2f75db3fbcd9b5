import type { Client, SessionInfo, Stat } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { deskOf } from './desk.js';

/** What has to be as it was for a wait to be worth while; without it any state is. */
export interface Known {
  /** Whether to look at the node's data (the default) or at the list of its children. */
  readonly kind?: 'data' | 'children' | undefined;
  /** Whether what is there now is still what the caller has seen. */
  readonly isSame?: ((stat: Stat, data: Uint8Array | undefined) => boolean) | undefined;
}

/**
 * Resolves when something may have happened to a node: it changed, it is gone, it is not what was
 * known, or the session has ended. What it was has to be looked up. A node that is missing already
 * leaves no watch behind.
 *
 * @throws NO_AUTH when the node may not be read; the signal's reason when it aborts
 */
export function nextChange(
  zk: Client,
  session: SessionInfo,
  path: string,
  signal: AbortSignal,
  { kind = 'data', isSame }: Known = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    let isOver = false;
    const stop = () => {
      isOver = true;
      zk.unwatch(path, kind, resolved);
      signal.removeEventListener('abort', aborted);
      stopListening();
    };
    const resolved = () => {
      stop();
      resolve();
    };
    const rejected = (error: unknown) => {
      stop();
      reject(error);
    };
    const aborted = () => rejected(signal.reason);
    signal.addEventListener('abort', aborted);
    const stopListening = deskOf(zk).whenEnded(session, resolved);
    // Not `exists`: on a missing node it would wait for a creation that never comes. Not with the
    // signal: an answer that nobody hears would leave its watch at the server.
    const options = { watch: resolved, session: session.id };
    const reading = kind === 'data' ? zk.get(path, options) : zk.children(path, options);
    reading.then(
      (found) => {
        const data = 'data' in found ? found.data : undefined;
        if (isOver) zk.unwatch(path, kind, resolved);
        else if (isSame?.(found.stat, data) === false) resolved();
      },
      (error: unknown) => {
        if (isZkError(error, 'NO_NODE', 'SESSION_EXPIRED')) resolved();
        else rejected(error);
      },
    );
  });
}

/** Like {@link nextChange}, for the first of several nodes that something happens to. */
export async function anyChange(
  zk: Client,
  session: SessionInfo,
  nodes: readonly (Known & { readonly path: string })[],
  signal: AbortSignal,
): Promise<void> {
  const ending = new AbortController();
  const end = () => ending.abort(signal.reason);
  if (signal.aborted) end();
  else signal.addEventListener('abort', end);
  try {
    await Promise.race(
      nodes.map(({ path, ...known }) => nextChange(zk, session, path, ending.signal, known)),
    );
  } finally {
    signal.removeEventListener('abort', end);
    ending.abort();
  }
}
