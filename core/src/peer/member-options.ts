import type { Host } from '../base/host.js';
import type { Millis, WallMillis } from '../base/ids.js';
import type { Config } from '../config/config.js';
import type { EnsembleSpec } from '../config/ensemble.js';
import type { CommittedLog } from '../storage/committed-log.js';
import type { BootDisk } from '../storage/disk.js';
import type { HistoryOptions } from '../storage/history.js';
import type { Recovered } from '../storage/recovery.js';

/** What a member of an ensemble is made of. */
export interface MemberOptions {
  readonly config: Config & { readonly ensemble: EnsembleSpec };
  readonly host: Host;
  /** Keys of session passwords: the first makes them until a leader says otherwise. */
  readonly secrets: readonly Uint8Array[];
  readonly disk: BootDisk;
  /** How histories are read, and where their last transactions are kept. */
  readonly historyOptions: HistoryOptions & { readonly committed: CommittedLog };
  /** Reads the data folder; called again when the history was cut. */
  readonly recover: () => Recovered;
  /** What was recovered to begin with. */
  readonly recovered: Recovered;
  readonly epochs: { readonly accepted: number; readonly current: number };
  /** Whether the disk says that what was ever durable here may be lost: see `Epochs.doubt`. */
  readonly isDoubted: boolean;
  /** Whether an operator has said that nothing was ever confirmed here. */
  readonly isInitialized: boolean;
  /** Whether all that was ever durable here is known to be here. */
  readonly isTrusted: boolean;
  readonly now: Millis;
  readonly wall: WallMillis;
}
