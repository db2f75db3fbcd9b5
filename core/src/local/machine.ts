import type { Host } from '../base/host.js';
import type { Millis, WallMillis } from '../base/ids.js';
import type { Config } from '../config/config.js';
import type { PeerView } from '../peer/view.js';
import type { Effect } from '../seam/effects.js';
import type { Batch } from '../seam/inputs.js';
import type { BootDisk } from '../storage/disk.js';

/** One server as its host sees it: a peer, or what a test puts in its place. */
export interface LocalMachine {
  step(batch: Batch, out: Effect[]): void;
  readonly wakeAt: Millis;
  readonly view: PeerView;
  readonly stopped: boolean;
}

/** What a machine is made of: its disk as the last life left it, and the time. */
export interface BootOptions {
  readonly config: Config;
  readonly host: Host;
  readonly disk: BootDisk;
  readonly secret: Uint8Array;
  readonly now: Millis;
  readonly wall: WallMillis;
}

/** Makes a machine. @throws when the disk must not be used */
export type BootLocal = (options: BootOptions) => LocalMachine;
