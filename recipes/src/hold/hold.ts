import type { MultiOp } from '@vivarium/core';
import type { Observable } from 'rxjs';
import type { FencingToken } from './fencing-token.js';

/**
 * - `held`: certainly ours.
 * - `revoking`: certainly ours, and somebody asks for it back.
 * - `suspect`: no server answers at the moment; ours until our clock says that the session may
 *   have ended. Becomes `held` or `revoking` again when a server answers in time.
 * - `lost`: the session ended, or may have ended. For good.
 * - `revoked`: somebody deleted our node, by hand or by `requestRevocation`. For good.
 * - `released`: given back. For good.
 */
export type HoldStatus = 'held' | 'revoking' | 'suspect' | 'lost' | 'revoked' | 'released';

/** Something that is ours: a lock, or a term as leader. It ends once, and never comes back. */
export interface Hold extends AsyncDisposable {
  /** Our node. */
  readonly path: string;
  readonly token: FencingToken;
  /**
   * Aborts when this is no longer certainly ours, with the `RecipeError` that says why:
   * `HOLD_LOST`, `HOLD_REVOKED` or `RELEASED`. Give it to whatever is done under the hold.
   */
  readonly signal: AbortSignal;
  readonly status: HoldStatus;
  /**
   * Hot; begins with the present status, then each change; `suspect` while disconnected; never an
   * error; completes after the last, which is one of `lost`, `revoked`, `released`.
   */
  readonly status$: Observable<HoldStatus>;
  /**
   * Hot; emits once when somebody asks for it back, by `requestRevocation` or with Curator's
   * `Revoker`, also to who subscribes later; silent while disconnected; never an error; completes
   * with the hold. It stays ours: to release it soon is a courtesy, and whoever asked may have our
   * node deleted in the end.
   */
  readonly revocation$: Observable<void>;
  /**
   * Whether this is certainly ours at this very moment. Synchronous and cheap; reads the clock
   * itself, so it is right even when the event loop was blocked, the process was stopped or the
   * machine slept, and no timer has run yet. Ask it before each step that cannot be undone. Once
   * false it stays false, and `signal` is aborted.
   *
   * No clock tells that somebody deletes our node by hand: until word of that has come this is
   * true, though another may hold already. Then only `guard` and the token protect.
   */
  isCertain(): boolean;
  /** @throws the reason of `signal`, unless {@link isCertain} */
  throwIfLost(): void;
  /**
   * Asks the servers whether this is ours. While none answers it waits, but no longer than the hold
   * lasts.
   *
   * @throws RecipeError HOLD_LOST, HOLD_REVOKED or RELEASED when it is not
   */
  verify(): Promise<void>;
  /**
   * Makes writes to the tree that happen only as long as our node exists: give the result to
   * `multi`, which refuses all of them with NO_NODE, `index` 0, when it does not.
   *
   * @throws RecipeError HOLD_LOST, HOLD_REVOKED or RELEASED when this has ended already
   */
  guard<const T extends readonly MultiOp[]>(ops: T): readonly [CheckOfHold, ...T];
  /**
   * Gives it back: from the call on it is not ours. Resolves when the server has confirmed that
   * our node is gone, or the session is over; at once when this was lost. Idempotent.
   *
   * @throws ZkError when the server refuses to delete our node
   */
  release(): Promise<void>;
}

/** The first operation of a guarded multi. */
export interface CheckOfHold {
  readonly op: 'check';
  readonly path: string;
}
