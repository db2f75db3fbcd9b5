/** Histories of several epochs in logs of ours, as a test wants them. */
import { highOf, lowOf } from '@vivarium/core/internal/base/long';
import type { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { LogWriter } from '@vivarium/core/internal/storage/log-writer';
import { TxnHeader, txnTypes } from '@vivarium/core/internal/wire/txns';
import { Writer } from '@vivarium/core/internal/wire/writer';
import type { Random } from '../tree/random.js';

/** A transaction of a history: its zxid and its bytes. */
export interface Entry {
  readonly zxid: bigint;
  readonly bytes: Uint8Array;
}

export const zxid = (epoch: number, counter: number): bigint =>
  (BigInt(epoch) << 32n) | BigInt(counter);

/** A failed request of `size` bytes more than it needs, under a zxid. */
export function entry(id: bigint, size = 0, time = 5): Entry {
  const out = new Writer();
  const type = size === 0 ? txnTypes.error : txnTypes.setData;
  TxnHeader.write(out, { clientId: 1n, cxid: 1, zxid: id, time, type });
  if (size === 0) out.int(-101);
  else {
    out.string('/a');
    out.bufferOrNull(new Uint8Array(size).fill(Number(id & 0xffn)));
    out.int(1);
  }
  return { zxid: id, bytes: out.copy() };
}

/** A history from the first transaction of an epoch on: `lengths[i]` of them in the i-th epoch. */
export function history(epochs: readonly (readonly [epoch: number, length: number])[]): Entry[] {
  const entries: Entry[] = [];
  for (const [epoch, length] of epochs) {
    for (let counter = 1; counter <= length; counter++) entries.push(entry(zxid(epoch, counter)));
  }
  return entries;
}

/** A history of up to five epochs. */
export function randomHistory(random: Random, most = 12): Entry[] {
  const epochs: (readonly [number, number])[] = [];
  let epoch = 0;
  for (let i = 1 + random.below(5); i > 0; i--) {
    epoch += 1 + random.below(2);
    epochs.push([epoch, random.below(most)]);
  }
  return history(epochs);
}

/** Appends entries and flushes them. */
export function append(log: LogWriter, disk: MemoryDisk, entries: readonly Entry[]): void {
  for (const { zxid: id, bytes } of entries) {
    log.begin(highOf(id), lowOf(id)).raw(bytes);
    log.end();
  }
  disk.perform(log.takeFlush());
}

/** A writer that goes on after a zxid. */
export function writerAfter(after: bigint | undefined, preAllocSizeBytes = 0): LogWriter {
  return new LogWriter({
    preAllocSizeBytes,
    maxFileBytes: 0,
    sync: true,
    dbId: 0n,
    ...(after !== undefined && { after }),
  });
}

/** Writes a history, with a new log before each index of `rolls`. */
export function writeHistory(
  disk: MemoryDisk,
  entries: readonly Entry[],
  rolls: ReadonlySet<number> = new Set(),
  preAllocSizeBytes = 0,
): LogWriter {
  const log = writerAfter(0n, preAllocSizeBytes);
  entries.forEach((each, at) => {
    if (rolls.has(at)) log.roll();
    append(log, disk, [each]);
  });
  return log;
}
