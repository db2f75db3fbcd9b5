import type { Zxid } from '../base/ids.js';
import type { DiskFailure, DiskStep } from '../storage/disk.js';
import { SnapshotWriter } from '../storage/snapshot-writer.js';
import { truncationSteps } from '../storage/truncation.js';
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

  /** Forgets what is behind a zxid and calls back when it is gone, from memory too. */
  truncate(zxidHigh: number, zxidLow: number, done: () => void): void {
    this.#isUnderWay = true;
    const steps = truncationSteps(this.#store.disk, zxidHigh, zxidLow);
    this.#ask(steps, () => {
      this.#store.reload();
      this.#isUnderWay = false;
      done();
    });
  }

  /** Makes a received tree durable, and the own one; calls back when it is. */
  install(database: Database, endZxid: Zxid | undefined, done: () => void): void {
    this.#isUnderWay = true;
    const { config } = this.#core;
    const store = this.#store;
    store.own(database);
    const writer = new SnapshotWriter(database, {
      digest: config.digestEnabled,
      lastZxid: config.serializeLastProcessedZxidEnabled,
      dbId: -1n,
      sliceNodes: config.snapshotSliceNodes,
      sliceBytes: config.snapshotSliceBytes,
      sync: true,
      apacheSessions: store.apacheSessions,
    });
    const goOn = () => {
      if (writer.done) {
        for (const file of writer.files) store.retention.added(file);
        store.replace(database, database.lastZxid);
        store.isExact = endZxid !== undefined && endZxid <= database.lastZxid;
        this.#isUnderWay = false;
        done();
      } else this.#ask(writer.next(), goOn);
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
