import type { Client } from '@vivarium/core';
import type { Hold } from '../hold/hold.js';
import { sharing } from '../hold/hold-share.js';
import { patienceOf } from '../shared/patience.js';
import { listenForRevocation, type RwLockOptions } from './options.js';
import { type Claim, reenter } from './scope.js';
import { workUnder } from './work-under.js';

/** What a request is about. */
export interface Asked {
  readonly zk: Client;
  readonly path: string;
  readonly claim: Claim;
  readonly options: RwLockOptions;
}

/**
 * A part in what the caller holds already, when that is asked for and covers it; otherwise what
 * `request` gives.
 *
 * @param waits  whether the request would wait
 * @throws RecipeError SELF_DEADLOCK; what `request` throws; the reason of `options.signal`
 */
export async function holdOrShare<H extends Hold | undefined>(
  { zk, path, claim, options }: Asked,
  waits: boolean,
  request: () => Promise<H>,
): Promise<H | Hold> {
  const outer = reenter(zk, path, claim, options, waits);
  if (outer !== undefined) assertPatience(zk, path, options);
  const hold = outer === undefined ? await request() : outer.share();
  return hold && listenForRevocation(hold, options);
}

/**
 * Calls `work` while such a hold is held, in a scope of its own.
 *
 * @throws like {@link holdOrShare} and {@link workUnder}
 */
export async function workNested<T>(
  { zk, path, claim, options }: Asked,
  request: () => Promise<Hold>,
  work: (hold: Hold) => T | PromiseLike<T>,
): Promise<T> {
  const outer = reenter(zk, path, claim, options, true);
  if (outer !== undefined) assertPatience(zk, path, options);
  const share = outer === undefined ? sharing(await request()) : () => outer.share();
  const hold = listenForRevocation(share(), options);
  return workUnder({ zk, path, claim, hold, share }, () => work(hold));
}

/** @throws ZkError BAD_ARGUMENTS for a limit that is none; the reason of `options.signal` */
function assertPatience(zk: Client, path: string, options: RwLockOptions): void {
  const patience = patienceOf(zk, path, options);
  patience.end();
  patience.signal.throwIfAborted();
}
