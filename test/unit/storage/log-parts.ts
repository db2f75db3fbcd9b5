/** Logs with transactions of a test's choice. */
import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { LogWriter } from '@vivarium/core/internal/storage/log-writer';
import { recover } from '@vivarium/core/internal/storage/recovery';
import { type Txn, type TxnBody, txnTypes, writeTxn } from '@vivarium/core/internal/wire/txns';
import { recoveryOptions } from './store.js';

/** A folder in which Apache ZooKeeper has written all: none of our side files. */
export function apacheFiles(files: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  return new Map([...files].filter(([name]) => !name.includes('vivarium')));
}

interface LogPart {
  readonly epoch?: number;
  readonly from: number;
  readonly to: number;
  readonly body?: (zxid: number) => TxnBody;
  readonly session?: bigint;
}

const failure = (): TxnBody => ({ type: txnTypes.error, err: -101 });

/** Appends transactions to logs of a disk, a new file for each part. */
export function writeLogs(disk: MemoryDisk, ...parts: readonly LogPart[]): void {
  for (const { epoch = 0, from, to, body = failure, session = 1n } of parts) {
    const log = new LogWriter({ preAllocSizeBytes: 0, maxFileBytes: 0, sync: true, dbId: 0n });
    for (let counter = from; counter <= to; counter++) {
      const zxid = (BigInt(epoch) << 32n) | BigInt(counter);
      const made = body(counter);
      const header = { clientId: session, cxid: counter, zxid, time: 5, type: made.type };
      const txn: Txn = { header, body: made, digest: undefined };
      writeTxn(log.begin(epoch, counter), txn);
      log.end();
    }
    disk.perform(log.takeFlush());
    disk.perform(log.shutDown());
  }
}

/** A disk after a first start. */
export function freshDisk(): MemoryDisk {
  const disk = new MemoryDisk();
  recover(disk, recoveryOptions());
  return disk;
}
