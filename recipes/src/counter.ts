/**
 * A number that all add to, each addition exactly once.
 *
 * Nodes: `path`, persistent, eight bytes; `path/_op_<guid>`, an ephemeral marker for as long as we
 * write, and a second after.
 *
 * Connected, additions are done in the order of the calls. Suspended they wait. When the session
 * is lost those that were not sent go on in the next; one whose answer was outstanding ends with
 * UNKNOWN_OUTCOME, unless nobody has touched the node since.
 */

import type { Acl, Client } from '@vivarium/core';
import { ZkError } from '@vivarium/core';
import { distinctUntilChanged, map, type Observable } from 'rxjs';
import { RecipeError } from './errors.js';
import { changeOnce } from './shared/change-once.js';
import { decodeInt64, encodeInt64, isInt64 } from './shared/int64.js';
import { assertNodePath } from './shared/node-path.js';
import { patienceOf, type WaitOptions, whicheverFirst } from './shared/patience.js';
import { readNode, type StoredNode } from './shared/stored-node.js';

export interface CounterOptions {
  /** Of the node and its folders, if they have to be made; open when left out. */
  readonly acl?: readonly Acl[] | undefined;
}

/** A number that all clients share: signed, of 64 bits, zero as long as there is no node. */
export interface Counter {
  /**
   * Adds to it, and resolves with the sum. Added exactly once, also when the answer is lost; the
   * sums of one client's calls come in the order of the calls. Calls that come while others are
   * under way go into one write together.
   *
   * Given up by `signal` or `timeoutMs` it is not added, unless it was sent already.
   *
   * @throws RecipeError UNKNOWN_OUTCOME when the session ended with the answer outstanding and the
   *   node was written since, OUT_OF_RANGE when the sum does not fit 64 bits, INVALID_VALUE,
   *   CONFLICT after a hundred turns, TIMED_OUT; ZkError BAD_ARGUMENTS, NO_AUTH, SESSION_EXPIRED
   *   when the client is closed; the reason of `options.signal`
   */
  add(amount: bigint | number, options?: WaitOptions): Promise<bigint>;
  /**
   * The number, as new as any that was told to anybody before the call.
   *
   * @throws RecipeError INVALID_VALUE, TIMED_OUT; ZkError NO_AUTH, SESSION_EXPIRED when the client
   *   is closed; the reason of `options.signal`
   */
  get(options?: WaitOptions): Promise<bigint>;
  /**
   * The number, now and after each change; of many quick ones the last. Hot: all subscribers share
   * one watch. Begins with the present number as soon as it is known; silent while disconnected;
   * errors with RecipeError INVALID_VALUE, or when the node may not be read; completes when the
   * client is closed.
   */
  readonly value$: Observable<bigint>;
}

/** How long the marker stays for the next call; a call within that time costs one write. */
const LINGER_MS = 1_000;

/**
 * The counter of a path, as Curator's `DistributedAtomicLong` writes it: eight bytes, greatest
 * first. Nothing is asked of a server before one of its functions is called.
 */
export function counter(zk: Client, path: string, { acl }: CounterOptions = {}): Counter {
  assertNodePath(zk, path, 'counter');
  const addends = new Set<Addend>();
  let isAtWork = false;
  let interruption = new AbortController();

  const work = async () => {
    isAtWork = true;
    while (addends.size > 0) {
      let batch: readonly Addend[] = [];
      const make = (now: StoredNode | undefined) => {
        batch = [...addends];
        return sumUp(path, now, batch);
      };
      interruption = new AbortController();
      const { signal } = interruption;
      try {
        await changeOnce(zk, path, { make, acl, signal, lingerMs: LINGER_MS });
        for (const addend of batch) addends.delete(addend);
        for (const { settle, outcome } of batch) settle(outcome);
      } catch (error) {
        // Somebody gave up: the others begin again without him.
        if (signal.aborted && error === signal.reason) continue;
        const failed = batch.length > 0 ? batch : [...addends];
        for (const addend of failed) addends.delete(addend);
        for (const { settle } of failed) settle({ error });
      }
    }
    isAtWork = false;
  };

  return {
    async add(amount, options = {}) {
      const term = termOf(path, amount);
      const patience = patienceOf(zk, path, options);
      const { signal } = patience;
      try {
        signal.throwIfAborted();
        let addend: Addend | undefined;
        const adding = new Promise<bigint>((resolve, reject) => {
          const settle = (outcome: Outcome) => {
            if ('sum' in outcome) resolve(outcome.sum);
            else reject(outcome.error);
          };
          addend = { term, settle, outcome: { error: undefined } };
          addends.add(addend);
        });
        signal.addEventListener('abort', () => {
          if (addends.delete(addend!)) interruption.abort();
        });
        if (!isAtWork) void work();
        return await whicheverFirst(adding, signal);
      } finally {
        patience.end();
      }
    },
    async get(options = {}) {
      const patience = patienceOf(zk, path, options);
      try {
        const node = await readNode(zk, path, { signal: patience.signal });
        return node === undefined ? 0n : decodeInt64(path, node.bytes);
      } finally {
        patience.end();
      }
    },
    value$: zk.node$(path, { whileStale: 'wait' }).pipe(
      map((now) => (now.kind === 'present' ? decodeInt64(path, now.data) : 0n)),
      distinctUntilChanged(),
    ),
  };
}

type Outcome = { readonly sum: bigint } | { readonly error: unknown };

/** One call of `add`. */
interface Addend {
  readonly term: bigint;
  readonly settle: (outcome: Outcome) => void;
  /** What comes of it if the write that is under way happens. */
  outcome: Outcome;
}

/** The sum of all that fit, with what comes of each; undefined when there is nothing to write. */
function sumUp(
  path: string,
  now: StoredNode | undefined,
  batch: readonly Addend[],
): Uint8Array | undefined {
  let sum = now === undefined ? 0n : decodeInt64(path, now.bytes);
  let added = 0;
  for (const addend of batch) {
    const next = sum + addend.term;
    if (isInt64(next)) {
      sum = next;
      addend.outcome = { sum };
      added++;
    } else {
      const reason = `${sum} and ${addend.term} are ${next}, which does not fit 64 bits`;
      addend.outcome = { error: new RecipeError('OUT_OF_RANGE', path, { reason }) };
    }
  }
  return added === 0 ? undefined : encodeInt64(sum);
}

function termOf(path: string, amount: bigint | number): bigint {
  if (typeof amount === 'bigint' && isInt64(amount)) return amount;
  if (Number.isSafeInteger(amount)) return BigInt(amount);
  const reason = `the amount is ${String(amount)}; give a whole number of at most 64 bits, \
as a bigint where it is not safe as a number`;
  throw new ZkError('BAD_ARGUMENTS', { path, reason });
}
