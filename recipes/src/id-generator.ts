/**
 * Numbers that nobody else gets, taken in blocks.
 *
 * Nodes: those of a counter at `path`, whose value is the highest number taken.
 *
 * Connected, a block is taken when the last is used up. Suspended the numbers of the block in hand
 * are given out, and more wait. When the session is lost the block stays ours; one whose answer
 * was outstanding is left out, which leaves a gap.
 */

import type { Acl, Client } from '@vivarium/core';
import { ZkError } from '@vivarium/core';
import { counter } from './counter.js';
import { isRecipeError, RecipeError } from './errors.js';
import { assertNodePath } from './shared/node-path.js';
import { patienceOf, type WaitOptions, whicheverFirst } from './shared/patience.js';

export interface IdGeneratorOptions {
  /** How many ids are taken with one write; a whole number from 1 to 2^31 - 1. */
  readonly block: number;
  /** Of the node and its folders, if they have to be made; open when left out. */
  readonly acl?: readonly Acl[] | undefined;
}

/** Gives ids. */
export interface IdGenerator {
  /**
   * An id that nobody else gets from any generator of this path. Those of one generator rise in
   * the order of the calls; those of several come in blocks. Not without gaps: what is left of a
   * block when its client goes is lost, and so is a block whose answer never came.
   *
   * A call that was given up takes no id.
   *
   * @throws RecipeError OUT_OF_RANGE when 64 bits are used up, INVALID_VALUE when the node holds no
   *   number, or somebody has set it back behind an id that this generator has given, CONFLICT,
   *   TIMED_OUT; ZkError NO_AUTH, SESSION_EXPIRED when the client is closed; the reason of
   *   `options.signal`
   */
  next(options?: WaitOptions): Promise<bigint>;
}

const MAX_BLOCK = 0x7fff_ffff;

/**
 * A generator of ids that are unique among all generators of a path, over blocks of a
 * {@link counter}: one write gives a whole block. The first id of a new path is 1. Nothing is asked
 * of a server before the first call.
 *
 * @throws ZkError BAD_ARGUMENTS for a block that is none
 */
export function idGenerator(
  zk: Client,
  path: string,
  { block, acl }: IdGeneratorOptions,
): IdGenerator {
  assertNodePath(zk, path, 'idGenerator');
  if (!(Number.isInteger(block) && block >= 1 && block <= MAX_BLOCK)) {
    const reason = `block is ${block}; give a whole number from 1 to ${MAX_BLOCK}`;
    throw new ZkError('BAD_ARGUMENTS', { path, reason });
  }
  const { add } = counter(zk, path, { acl });
  const waiting = new Set<Waiter>();
  /** The last id that was given, and the last one of the blocks that we have. */
  let given: bigint | undefined;
  let last: bigint | undefined;
  let isAtWork = false;

  const serve = () => {
    for (const waiter of waiting) {
      if (given === last || given === undefined) return;
      waiting.delete(waiter);
      waiter.resolve(++given);
    }
  };

  /** Takes as many blocks as those who wait now need. */
  const take = async () => {
    const size = BigInt(block) * BigInt(Math.ceil(waiting.size / block));
    const end = await add(size);
    const before = end - size;
    if (given !== undefined && before < given) {
      const reason = `it went back to ${before} though ${given} was given: ids would come again`;
      throw new RecipeError('INVALID_VALUE', path, { reason });
    }
    given = before;
    last = end;
  };

  const work = async () => {
    isAtWork = true;
    // All who ask in this turn are to be served with one write.
    await Promise.resolve();
    while (waiting.size > 0) {
      try {
        await take();
      } catch (error) {
        // The block may be taken or not: nobody else has it, and the next one is as good.
        if (isRecipeError(error, 'UNKNOWN_OUTCOME')) continue;
        for (const { reject } of waiting) reject(error);
        waiting.clear();
      }
      serve();
    }
    isAtWork = false;
  };

  return {
    async next(options = {}) {
      const patience = patienceOf(zk, path, options);
      const { signal } = patience;
      try {
        signal.throwIfAborted();
        // Whoever came before and still waits is served first.
        if (waiting.size === 0 && given !== undefined && given !== last) return ++given;
        const id = new Promise<bigint>((resolve, reject) => {
          const waiter = { resolve, reject };
          waiting.add(waiter);
          signal.addEventListener('abort', () => waiting.delete(waiter));
        });
        if (!isAtWork) void work();
        return await whicheverFirst(id, signal);
      } finally {
        patience.end();
      }
    },
  };
}

/** One call of `next`. */
interface Waiter {
  readonly resolve: (id: bigint) => void;
  readonly reject: (error: unknown) => void;
}
