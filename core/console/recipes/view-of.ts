import { doubleBarrierView, latchView, membersView, serviceView } from './meeting-views.js';
import { itemsView, permitsView, queueView } from './queue-views.js';
import { barrierView, counterView, leaseView, ttlNodeView } from './value-views.js';
import type { RecipeState, RecipeView } from './view.js';

/** What a recipe is shown as. `now` is milliseconds since 1970, by the reader's clock. */
export function viewOf(state: RecipeState, now: number): RecipeView {
  switch (state.recognised.kind) {
    case 'lock':
    case 'readWriteLock':
    case 'election':
      return queueView(state);
    case 'permits':
      return permitsView(state);
    case 'queue':
      return itemsView(state, now);
    case 'members':
      return membersView(state);
    case 'service':
      return serviceView(state);
    case 'doubleBarrier':
      return doubleBarrierView(state);
    case 'latch':
      return latchView(state);
    case 'barrier':
      return barrierView(state, now);
    case 'counter':
      return counterView(state, now);
    case 'lease':
      return leaseView(state, now);
    case 'ttlNode':
      return ttlNodeView(state, now);
  }
}
