import type { Zxid } from '../base/ids.js';
import { longOf } from '../base/long.js';
import type { DiskFailure, DiskStep } from '../storage/disk.js';
import type { HistoryOptions } from '../storage/history.js';
import { installSteps } from '../storage/snapshot-install.js';
import { SnapshotWriter } from '../storage/snapshot-writer.js';
import { planTruncation } from '../storage/truncation.js';
import type { Database } from '../tree/database.js';
import type { Core } from './core.js';
import type { Store } from './store.js';

/**
 * What a learner does to its history at a leader's word: cuts it, or puts a received tree in its
 * place. Nothing else is written meanwhile; what comes from the leader waits.
 */
export class Installation {
  readonly #core: Core;
  readonly #store: Store;
  readonly #options: HistoryOptions;
  #request = 0;
  #then: () => void = () => {};
  #isUnderWay = false;

  constructor(core: Core, store: Store, options: HistoryOptions) {
    this.#core = core;
    this.#store = store;
    this.#options = options;
  }

  /** Whether the disk may have begun, or done, what the tree in memory does not show yet. */
  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /**
   * Forgets what is behind a transaction and calls back when it is gone, from memory too.
   *
   * @throws TruncationError when the history cannot be cut there
   */
  truncate(zxidHigh: number, zxidLow: number, done: () => void): void {
    const store = this.#store;
    const plan = planTruncation(store.disk, longOf(zxidHigh, zxidLow), this.#options);
    this.#isUnderWay = true;
    this.#ask(plan.steps, () => {
      store.take(plan.recovered);
      this.#isUnderWay = false;
      done();
    });
  }

  /**
   * Makes a received tree durable, and the own one; calls back when it is.
   *
   * @param endZxid the last transaction it may show effects of; `undefined` when nobody knows
   */
  install(database: Database, endZxid: Zxid | undefined, done: () => void): void {
    const store = this.#store;
    store.own(database);
    const writer = this.#writerOf(database, endZxid);
    this.#isUnderWay = true;
    const goOn = () => {
      if (!writer.done) {
        this.#ask(writer.next(), goOn);
        return;
      }
      const received = { startZxid: writer.startZxid, checksum: writer.checksum };
      this.#ask(installSteps(store.disk, received), () => {
        store.replace(database, writer.files, endZxid ?? 'unknown');
        this.#isUnderWay = false;
        done();
      });
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

  #writerOf(database: Database, endZxid: Zxid | undefined): SnapshotWriter {
    const { config } = this.#core;
    return new SnapshotWriter(database, {
      digest: config.digestEnabled,
      lastZxid: config.serializeLastProcessedZxidEnabled,
      dbId: -1n,
      sliceNodes: config.snapshotSliceNodes,
      sliceBytes: config.snapshotSliceBytes,
      sync: true,
      apacheSessions: this.#store.apacheSessions,
      endZxid: endZxid ?? 'unknown',
      received: true,
    });
  }

  #ask(steps: readonly DiskStep[], then: () => void): void {
    this.#then = then;
    this.#request = this.#core.turn.askDisk('log', steps);
  }
}
