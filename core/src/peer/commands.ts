import { unreachable } from '../base/assert.js';
import type { SessionId } from '../base/ids.js';
import type { PeerCommand } from '../seam/inputs.js';
import type { Leader } from '../zab/leader.js';
import type { MetricsRegistry } from './metrics.js';
import type { Serving } from './serving.js';
import type { Snapshots } from './snapshots.js';

export interface Commanded {
  readonly metrics: MetricsRegistry;
  readonly serving: Serving | undefined;
  readonly snapshots: Snapshots | undefined;
  readonly leader: Leader | undefined;
  /** Ends a session, if this server can. */
  readonly endSession: (id: SessionId) => void;
  /** It is to stop: nothing new is taken in any more. */
  readonly stopping: () => void;
}

/** Carries out an administrator's order. */
export function obey(command: PeerCommand, server: Commanded): void {
  const { metrics, serving, snapshots, leader, endSession, stopping } = server;
  switch (command.name) {
    case 'reset-server-stats':
      for (const metric of Object.values(metrics)) metric.reset();
      break;
    case 'reset-connection-stats':
      for (const each of serving?.connections.values() ?? []) each.resetStats();
      break;
    case 'reset-observer-stats':
      leader?.resetObserverStats();
      break;
    case 'take-snapshot':
      snapshots?.ask();
      break;
    case 'close-session':
      endSession(command.session);
      break;
    case 'shut-down':
      stopping();
      serving?.stopAccepting();
      snapshots?.stop();
      break;
    default:
      unreachable(command, 'command');
  }
}
