/**
 * A value that all share, no change of it lost or done twice.
 *
 * Nodes: `path`, persistent, what the codec writes; `path/_op_<guid>`, an ephemeral marker for as
 * long as we write, and a second after.
 *
 * Connected, changes are done in the order of the calls. Suspended they wait. When the session is
 * lost those that were not sent go on in the next; one whose answer was outstanding ends with
 * UNKNOWN_OUTCOME, unless nobody has touched the node since.
 */

import type { Acl, Client, Codec, StandardSchema } from '@vivarium/core';
import { distinctUntilChanged, map, type Observable } from 'rxjs';
import { RecipeError } from './errors.js';
import { changeOnce } from './shared/change-once.js';
import { codecOf, encoded } from './shared/format.js';
import { assertNodePath } from './shared/node-path.js';
import { patienceOf, type WaitOptions, whicheverFirst } from './shared/patience.js';
import { readNode, type StoredNode, storedNode } from './shared/stored-node.js';

export interface SharedValueOptions<T> {
  /** The value as long as there is no node. */
  readonly initial: T;
  /** Of the node and its folders, if they have to be made; open when left out. */
  readonly acl?: readonly Acl[] | undefined;
}

/** A value, and which of all that ever were it is. */
export interface Versioned<T> {
  readonly value: T;
  /** Version of the node; begins anew with each creation. -1 when there is no node. */
  readonly version: number;
  /** zxid of the node's creation; 0 when there is none. */
  readonly czxid: bigint;
  /** zxid of the write; 0 when there is no node. No two writes have the same. */
  readonly mzxid: bigint;
}

/** A value that all clients share. */
export interface SharedValue<T> {
  /**
   * The value, now and after each write; of many quick ones the last. Hot: all subscribers share
   * one watch. Begins with the present value as soon as it is known; silent while disconnected;
   * errors with RecipeError INVALID_VALUE when the format refuses what is stored, or when the node
   * may not be read; completes when the client is closed.
   */
  readonly value$: Observable<Versioned<T>>;
  /**
   * The value, as new as any that was told to anybody before the call.
   *
   * @throws RecipeError INVALID_VALUE, TIMED_OUT; ZkError NO_AUTH, SESSION_EXPIRED when the client
   *   is closed; the reason of `options.signal`
   */
  get(options?: WaitOptions): Promise<Versioned<T>>;
  /**
   * Writes it, whatever it was, exactly once: also when the answer is lost, nobody's later write
   * is undone. Makes the node and its folders when missing. Resolves with what is stored then.
   *
   * Given up by `signal` or `timeoutMs` it is not written, unless it was sent already.
   *
   * @throws ZkError BAD_ARGUMENTS when the format refuses the value, NO_AUTH, SESSION_EXPIRED when
   *   the client is closed; RecipeError UNKNOWN_OUTCOME when the session ended with the answer
   *   outstanding and the node was written since, CONFLICT after a hundred turns, TIMED_OUT; the
   *   reason of `options.signal`
   */
  set(value: T, options?: WaitOptions): Promise<Versioned<T>>;
  /**
   * Writes it if nobody has since `previous`, which came from this value; null, and nothing is
   * written, if somebody has. A node that was deleted and made again counts as written.
   *
   * @throws like {@link set}
   */
  cas(previous: Versioned<T>, next: T, options?: WaitOptions): Promise<Versioned<T> | null>;
  /**
   * Writes what `change` makes of it; again when somebody was faster, so `change` may run several
   * times. Applied exactly once.
   *
   * @throws like {@link set}, RecipeError INVALID_VALUE, and what `change` throws
   */
  update(change: (value: T) => T, options?: WaitOptions): Promise<Versioned<T>>;
}

/** How long the marker stays for the next write; a write within that time costs one write. */
const LINGER_MS = 1_000;

/**
 * The value of a path, written and checked by a schema over JSON or by any codec. Nothing is asked
 * of a server before one of its functions is called.
 */
export function sharedValue<T>(
  zk: Client,
  path: string,
  format: StandardSchema<T> | Codec<T>,
  { initial, acl }: SharedValueOptions<T>,
): SharedValue<T> {
  assertNodePath(zk, path, 'sharedValue');
  const codec = codecOf(format);

  const versioned = (node: StoredNode | undefined): Versioned<T> => {
    if (node === undefined) return { value: initial, version: -1, czxid: 0n, mzxid: 0n };
    const { version, czxid, mzxid } = node;
    return { value: decoded(path, codec, node.bytes), version, czxid, mzxid };
  };

  /** Writes what `next` makes; resolves with undefined when it makes nothing. */
  const change = async (
    options: WaitOptions,
    next: (now: StoredNode | undefined) => { readonly value: T } | undefined,
  ): Promise<Versioned<T> | undefined> => {
    const patience = patienceOf(zk, path, options);
    const { signal } = patience;
    let made: { readonly value: T } | undefined;
    const make = (now: StoredNode | undefined) => {
      made = next(now);
      return made === undefined ? undefined : encoded(path, codec, made.value);
    };
    try {
      const changing = changeOnce(zk, path, { make, acl, signal, lingerMs: LINGER_MS });
      const node = await whicheverFirst(changing, signal);
      if (node === undefined || made === undefined) return undefined;
      const { version, czxid, mzxid } = node;
      return { value: made.value, version, czxid, mzxid };
    } finally {
      patience.end();
    }
  };

  return {
    value$: zk.node$(path, { whileStale: 'wait' }).pipe(
      map((now) => versioned(now.kind === 'present' ? storedNode(now.data, now.stat) : undefined)),
      distinctUntilChanged((a, b) => a.mzxid === b.mzxid),
    ),
    async get(options = {}) {
      const patience = patienceOf(zk, path, options);
      try {
        return versioned(await readNode(zk, path, { signal: patience.signal }));
      } finally {
        patience.end();
      }
    },
    set: async (value, options = {}) => (await change(options, () => ({ value })))!,
    async cas({ czxid, mzxid }, value, options = {}) {
      const written = await change(options, (now) => {
        const isSame = (now?.czxid ?? 0n) === czxid && (now?.mzxid ?? 0n) === mzxid;
        return isSame ? { value } : undefined;
      });
      return written ?? null;
    },
    update: async (alter, options = {}) =>
      (await change(options, (now) => ({ value: alter(versioned(now).value) })))!,
  };
}

function decoded<T>(path: string, codec: Codec<T>, bytes: Uint8Array): T {
  try {
    return codec.decode(bytes);
  } catch (cause) {
    throw new RecipeError('INVALID_VALUE', path, { cause });
  }
}
