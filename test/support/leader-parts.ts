/** Parts of a leader and of its learners for tests, with nothing behind them. */
import { defaultConfig } from '@vivarium/core/internal/config/config';
import { createMetrics } from '@vivarium/core/internal/peer/metrics';
import { Turn } from '@vivarium/core/internal/seam/turn';
import { LearnerHandler } from '@vivarium/core/internal/zab/learner-handler';
import { QuorumLink } from '@vivarium/core/internal/zab/quorum-link';

export type Overrides = Parameters<typeof defaultConfig>[0];

/** What a part of a leader is given. A tick is 100 ms, initLimit 10 and syncLimit 5 of them. */
export function leaderParts(overrides: Overrides = {}) {
  const config = defaultConfig({ tickTime: 100, initLimit: 10, syncLimit: 5, ...overrides });
  return { config, turn: new Turn(0, 0), metrics: createMetrics() };
}

/** A learner that has just been let in. */
export function learnerOf(turn: Turn, serverId: number, isObserver = false): LearnerHandler {
  const learner = new LearnerHandler(new QuorumLink(turn, serverId, 'x', 1), turn.now);
  learner.serverId = serverId;
  learner.isObserver = isObserver;
  learner.isVoter = !isObserver;
  learner.stage = 'accepted';
  return learner;
}
