import type { Zxid } from '../base/ids.js';
import { longOf } from '../base/long.js';
import type { DiskFailure, DiskStep } from '../storage/disk.js';
import { installSteps } from '../storage/snapshot-install.js';
import { SnapshotWriter } from '../storage/snapshot-writer.js';
import type { Database } from '../tree/database.js';
import type { Core } from './core.js';
import type { Store } from './store.js';

/**
 * What a learner does to its history at a leader's word: cuts it, or puts a received tree in its
 * place. Nothing else is on the disk's way meanwhile; what comes from the leader waits.
 */
export class Installation {
  readonly #core: Core;
  readonly #store: Store;
  #request = 0;
  #then: () => void = () => {};
  #isUnderWay = false;

  constructor(core: Core, store: Store) {
    this.#core = core;
    this.#store = store;
  }

  /** Whether the disk may have begun, or done, what the tree in memory does not show yet. */
  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /**
   * Forgets what is behind a zxid and calls back when it is gone, from memory too.
   *
   * @throws TruncationError when the own history cannot be cut there; then nothing has changed
   */
  truncate(zxidHigh: number, zxidLow: number, done: () => void): void {
    const { steps, recovered } = this.#store.planTruncation(longOf(zxidHigh, zxidLow));
    this.#isUnderWay = true;
    this.#ask(steps, () => {
      this.#store.adopt(recovered);
      this.#isUnderWay = false;
      done();
    });
  }

  /**
   * Puts a received tree in the place of the own one, durably, and calls back then.
   *
   * @param endZxid the last transaction it may show effects of; `undefined` when nobody knows
   */
  install(database: Database, endZxid: Zxid | undefined, done: () => void): void {
    this.#isUnderWay = true;
    const { config } = this.#core;
    const store = this.#store;
    const writer = new SnapshotWriter(database, {
      digest: config.digestEnabled,
      lastZxid: config.serializeLastProcessedZxidEnabled,
      dbId: -1n,
      sliceNodes: config.snapshotSliceNodes,
      sliceBytes: config.snapshotSliceBytes,
      sync: true,
      apacheSessions: store.apacheSessions,
      endZxid: endZxid ?? 'unknown',
      received: true,
    });
    const installed = () => {
      store.replace(database, endZxid ?? 'unknown');
      this.#isUnderWay = false;
      done();
    };
    const goOn = () => {
      if (writer.done) this.#ask(installSteps(store.disk, writer), installed);
      else this.#ask(writer.next(), goOn);
    };
    goOn();
  }

  /** The answer of a disk request; false when it was none of these. */
  answered(
    id: number,
    failure: DiskFailure | undefined,
    failed: (failure: DiskFailure) => void,
  ): boolean {
    if (id !== this.#request) return false;
    this.#request = 0;
    if (failure === undefined) this.#then();
    else failed(failure);
    return true;
  }

  #ask(steps: readonly DiskStep[], then: () => void): void {
    this.#then = then;
    this.#request = this.#core.turn.askDisk('log', steps);
  }
}
