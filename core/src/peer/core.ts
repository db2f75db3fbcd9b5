import type { Host } from '../base/host.js';
import type { Config } from '../config/config.js';
import type { Turn } from '../seam/turn.js';
import type { Authenticator } from './auth.js';
import type { DigestHistory } from './digest-history.js';
import type { MetricsRegistry } from './metrics.js';
import type { Passwords } from './passwords.js';

/** What a server keeps for its whole life, whatever its role. */
export interface Core {
  readonly config: Config;
  readonly host: Host;
  readonly turn: Turn;
  readonly metrics: MetricsRegistry;
  readonly auth: Authenticator;
  readonly passwords: Passwords;
  readonly digestHistory: DigestHistory;
}
