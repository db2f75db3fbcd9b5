import type { Client, NodeData } from '@vivarium/core';
import { isZkError } from '@vivarium/core';
import { RecipeError } from '../errors.js';
import type { Hold } from '../hold/hold.js';
import type { NodeHold } from '../hold/node-hold.js';
import { isPassing, wasCutOff } from '../shared/doubt.js';
import { whicheverFirst } from '../shared/patience.js';
import { pause } from '../shared/pause.js';

/** A time as the leader. To resign is to `release` it. */
export interface Term extends Hold {
  /**
   * Says something new to those who follow `leader$`, such as the address where we serve: that we
   * were elected does not say that we are ready. Replaces the data of our node, the id included.
   * While no server answers it waits, but no longer than the term lasts.
   *
   * @throws RecipeError HOLD_LOST, HOLD_REVOKED or RELEASED when the term has ended; ZkError
   *   NO_AUTH
   */
  announce(data: NodeData): Promise<void>;
}

/** The term that a hold on the first place is. */
export function termOf(zk: Client, hold: NodeHold): Term {
  const { path, signal, token } = hold;
  const write = async (data: NodeData) => {
    for (;;) {
      hold.throwIfLost();
      try {
        await zk.set(path, data, { session: token.session });
        return;
      } catch (error) {
        if (isZkError(error, 'NO_NODE')) throw new RecipeError('HOLD_REVOKED', path);
        // Nobody else writes to our node: to write it twice does no harm.
        if (wasCutOff(error)) continue;
        if (!isPassing(error)) throw error;
        await pause(zk, signal);
      }
    }
  };
  return Object.assign(hold, {
    announce: (data: NodeData) => whicheverFirst(write(data), signal),
  });
}
