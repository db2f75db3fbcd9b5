import type { Host } from '../base/host.js';
import type { Millis, WallMillis, Zxid } from '../base/ids.js';
import type { Config } from '../config/config.js';
import type { EnsembleSpec } from '../config/ensemble.js';
import type { BootDisk } from '../storage/disk.js';
import type { Recovered } from '../storage/recovery.js';
import type { Truncation } from '../storage/truncation.js';
import type { DatabaseOptions } from '../tree/database.js';

/** What a member of an ensemble is made of. */
export interface MemberOptions {
  readonly config: Config & { readonly ensemble: EnsembleSpec };
  readonly host: Host;
  /** Keys of session passwords: the first makes them until a leader says otherwise. */
  readonly secrets: readonly Uint8Array[];
  readonly disk: BootDisk;
  readonly database: DatabaseOptions;
  /** Reads the data folder again. */
  readonly recover: () => Recovered;
  /** Finds out how to cut the history behind a transaction. */
  readonly planTruncation: (zxid: Zxid) => Truncation;
  /** What was recovered to begin with. */
  readonly recovered: Recovered;
  readonly epochs: { readonly accepted: number; readonly current: number };
  /** Whether nothing says that this server was ever in an ensemble, or has data of its own. */
  readonly isEmpty: boolean;
  /** Whether all that was ever durable here is known to be here. */
  readonly isTrusted: boolean;
  readonly now: Millis;
  readonly wall: WallMillis;
}
