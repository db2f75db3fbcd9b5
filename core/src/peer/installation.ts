import { Fifo } from '../base/fifo.js';
import type { Zxid } from '../base/ids.js';
import { longOf } from '../base/long.js';
import type { DiskFailure, DiskStep } from '../storage/disk.js';
import type { HistoryOptions } from '../storage/history.js';
import { installSteps } from '../storage/snapshot-install.js';
import { SnapshotReception } from '../storage/snapshot-reception.js';
import { planTruncation } from '../storage/truncation.js';
import type { Reception } from '../zab/learner-parts.js';
import type { Core } from './core.js';
import type { Store } from './store.js';

/** Slices of a tree that may wait for the disk while more of it comes. */
const MOST_WAITING = 16;

export interface ReceptionCalls {
  /** The disk has little to do again. */
  readonly caughtUp: () => void;
  /** The received tree is the own one. */
  readonly replaced: () => void;
}

interface Asked {
  readonly id: number;
  readonly then: () => void;
}

/**
 * What a learner does to its history at a leader's word: cuts it, or puts a received tree in its
 * place. Nothing else is written meanwhile; what comes from the leader waits.
 */
export class Installation {
  readonly #core: Core;
  readonly #store: Store;
  readonly #options: HistoryOptions;
  /** Requests to the disk, which answers them in this order. */
  readonly #asked = new Fifo<Asked>();
  #reception: SnapshotReception | undefined = undefined;
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
   * Takes a tree in: while it comes it is read, and written to a file that nobody reads, so that
   * little is left to be done when it is whole.
   */
  receive(zxidHigh: number, zxidLow: number, calls: ReceptionCalls): Reception {
    const { config } = this.#core;
    const reception = new SnapshotReception(zxidHigh, zxidLow, {
      database: this.#options,
      digest: config.digestEnabled,
      lastZxid: config.serializeLastProcessedZxidEnabled,
      dbId: -1n,
      sliceBytes: config.snapshotSliceBytes,
      apacheSessions: this.#store.apacheSessions,
    });
    this.#reception = reception;
    let isBehind = false;
    const written = () => {
      if (!isBehind || 2 * this.#asked.length > MOST_WAITING) return;
      isBehind = false;
      calls.caughtUp();
    };
    return {
      get isBehind() {
        return isBehind;
      },
      push: (bytes) => {
        const rest = reception.push(bytes);
        const steps = reception.next();
        if (steps !== undefined) this.#ask(steps, written);
        isBehind = this.#asked.length >= MOST_WAITING;
        return rest;
      },
      install: (endZxid, done) => {
        this.#install(reception, endZxid, () => {
          calls.replaced();
          done();
        });
      },
    };
  }

  /** The leader is not followed any longer: what has come of a tree is of no use. */
  end(): void {
    const steps = this.#reception?.abandon() ?? [];
    this.#reception = undefined;
    if (steps.length > 0) this.#ask(steps, () => {});
  }

  /** The answer of a disk request; false when it was none of these. */
  answered(
    id: number,
    failure: DiskFailure | undefined,
    failed: (failure: DiskFailure) => void,
  ): boolean {
    if (this.#asked.peek()?.id !== id) return false;
    const { then } = this.#asked.shift()!;
    if (failure === undefined) then();
    else failed(failure);
    return true;
  }

  #install(reception: SnapshotReception, endZxid: Zxid | undefined, done: () => void): void {
    const store = this.#store;
    const { database } = reception;
    this.#reception = undefined;
    store.own(database);
    this.#isUnderWay = true;
    this.#ask([...reception.finish(endZxid), ...installSteps(store.disk, reception)], () => {
      store.replace(database, reception.files, endZxid ?? 'unknown');
      this.#isUnderWay = false;
      done();
    });
  }

  #ask(steps: readonly DiskStep[], then: () => void): void {
    this.#asked.push({ id: this.#core.turn.askDisk('log', steps), then });
  }
}
