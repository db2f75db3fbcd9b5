/**
 * As much of a server as storage needs: transactions are appended, flushed, then applied; snapshots
 * and purges happen beside that. Every step on disk can be the last one.
 */

import type { LogEvent } from '@vivarium/core/internal/base/log-event';
import { highOf, lowOf } from '@vivarium/core/internal/base/long';
import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { Random as Chance } from '@vivarium/core/internal/local/random';
import type { DiskStep } from '@vivarium/core/internal/storage/disk';
import { LogWriter } from '@vivarium/core/internal/storage/log-writer';
import {
  type Recovered,
  type RecoveryOptions,
  recover,
} from '@vivarium/core/internal/storage/recovery';
import { SnapshotWriter } from '@vivarium/core/internal/storage/snapshot-writer';
import { Database } from '@vivarium/core/internal/tree/database';
import { type Txn, writeTxn } from '@vivarium/core/internal/wire/txns';
import { Random } from '../tree/random.js';
import { Workload } from '../tree/workload.js';

/** Thrown where the power is cut. */
export class PowerCut extends Error {}

const databaseOptions = { extendedTypes: true, digest: true };

export interface StoreOptions {
  readonly seed: number;
  readonly disk?: MemoryDisk;
  readonly preAllocSizeBytes?: number;
  readonly maxFileBytes?: number;
  readonly sync?: boolean;
  /** All transactions that the disk may hold, oldest first. */
  readonly history?: readonly Txn[];
}

/** A disk of which the power is cut before the step after the next `steps`. */
export class FragileDisk {
  stepsLeft = Number.POSITIVE_INFINITY;
  readonly disk: MemoryDisk;

  constructor(disk: MemoryDisk) {
    this.disk = disk;
  }

  list(folder: string) {
    return this.disk.list(folder);
  }

  read(file: string, position: number, length: number) {
    return this.disk.read(file, position, length);
  }

  perform(steps: readonly DiskStep[]): void {
    for (const step of steps) {
      if (this.stepsLeft-- <= 0) throw new PowerCut(`before ${step.step}`);
      this.disk.perform([step]);
    }
  }
}

/** Options of {@link recover}, with the events it reports. */
export function recoveryOptions(events: LogEvent[] = []): RecoveryOptions {
  return {
    ...databaseOptions,
    hashSeed: 1,
    snapshotTrustEmpty: false,
    log: (event) => events.push(event),
  };
}

/** What a database holds after the first transactions of a history. */
export function replayed(history: readonly Txn[]): Database {
  const database = new Database(databaseOptions);
  for (const txn of history) database.apply(txn);
  return database;
}

/** The part of a history up to a zxid. */
export function upTo(history: readonly Txn[], zxid: bigint): readonly Txn[] {
  return history.filter(({ header }) => header.zxid <= zxid);
}

export class Store {
  readonly disk: FragileDisk;
  readonly recovered: Recovered;
  readonly events: LogEvent[] = [];
  readonly log: LogWriter;
  /** All transactions ever made, durable or not, but for those that a crash took. */
  readonly history: Txn[];
  /** The last transaction that a client may know of. */
  attested: bigint;
  readonly random: Random;
  readonly #front: Database;
  readonly #work: Workload;
  readonly #sync: boolean;
  #pending: Txn[] = [];
  #snapshot: SnapshotWriter | undefined;

  constructor(options: StoreOptions) {
    this.disk = new FragileDisk(options.disk ?? new MemoryDisk());
    this.recovered = recover(this.disk, recoveryOptions(this.events));
    const { database, retention } = this.recovered;
    this.attested = database.lastZxid;
    this.history = [...upTo(options.history ?? [], this.attested)];
    this.#front = replayed(this.history);
    this.random = new Random(options.seed);
    this.#work = new Workload(this.#front, this.random, true, database.lastZxidLow);
    this.#sync = options.sync ?? true;
    this.log = new LogWriter({
      preAllocSizeBytes: options.preAllocSizeBytes ?? 8192,
      maxFileBytes: options.maxFileBytes ?? 0,
      sync: this.#sync,
      dbId: 0n,
      after: database.lastZxid,
      newFile: (file) => retention.added(file),
    });
  }

  /** What durable transactions made. */
  get database(): Database {
    return this.recovered.database;
  }

  append(count = 1): void {
    for (let i = 0; i < count; i++) {
      const made = this.#work.next();
      this.#front.apply(made);
      const txn = { ...made, digest: { version: 2, treeDigest: this.#front.tree.digest } };
      const { zxid } = txn.header;
      writeTxn(this.log.begin(highOf(zxid), lowOf(zxid)), txn);
      this.log.end();
      this.#pending.push(txn);
      this.history.push(txn);
    }
  }

  flush(): void {
    const txns = this.#pending;
    this.#pending = [];
    this.disk.perform(this.log.takeFlush());
    for (const txn of txns) this.database.apply(txn);
    this.attested = this.database.lastZxid;
  }

  /** Begins a snapshot or goes on with it. @returns whether one ended */
  snapshotSlice(sliceNodes = 5): boolean {
    if (this.#snapshot === undefined) {
      this.log.roll();
      this.#snapshot = new SnapshotWriter(this.database, {
        digest: true,
        dbId: -1n,
        sliceNodes,
        sync: this.#sync,
        apacheSessions: this.recovered.apacheSessions,
      });
    }
    this.disk.perform(this.#snapshot.next());
    if (!this.#snapshot.done) return false;
    for (const file of this.#snapshot.files) this.recovered.retention.added(file);
    this.#snapshot = undefined;
    return true;
  }

  snapshot(): void {
    while (!this.snapshotSlice(1000));
  }

  abandonSnapshot(): void {
    if (this.#snapshot !== undefined) this.disk.perform(this.#snapshot.abandon());
    this.#snapshot = undefined;
  }

  purge(retain: number): void {
    this.disk.perform(this.recovered.retention.purgeSteps(retain));
  }

  shutDown(): void {
    this.flush();
    this.disk.perform(this.log.shutDown());
  }

  /** A few random deeds. */
  live(deeds: number): void {
    for (let i = 0; i < deeds; i++) {
      const dice = this.random.below(100);
      if (dice < 45) this.append(1 + this.random.below(6));
      else if (dice < 75) this.flush();
      else if (dice < 90) this.snapshotSlice(1 + this.random.below(12));
      else if (dice < 93) this.abandonSnapshot();
      else if (dice < 97) this.purge(1 + this.random.below(2));
      else this.log.roll();
    }
  }
}

/** The disk as a power cut would leave it. */
export function crashed(disk: MemoryDisk, seed: number): MemoryDisk {
  return disk.afterCrash(new Chance(seed, 'crash'));
}
