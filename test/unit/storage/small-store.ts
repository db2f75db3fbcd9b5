/** A small data folder whose every byte can be damaged, and what it says after each transaction. */
import type { LogEvent } from '@vivarium/core/internal/base/log-event';
import { highOf, lowOf } from '@vivarium/core/internal/base/long';
import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { Inode } from '@vivarium/core/internal/local/inode';
import { LogWriter } from '@vivarium/core/internal/storage/log-writer';
import { type RecoveryOptions, recover } from '@vivarium/core/internal/storage/recovery';
import { RefusedStartError } from '@vivarium/core/internal/storage/refused-start';
import { READ_ACL } from '@vivarium/core/internal/wire/permissions';
import { type Txn, type TxnBody, txnTypes, writeTxn } from '@vivarium/core/internal/wire/txns';
import { imageOf } from './image.js';
import { recoveryOptions } from './store.js';
import { takeSnapshot } from './take-snapshot.js';

const SESSION = 0x1000_0000_0000_0001n;
const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

const { create, setData, setAcl, createSession, createContainer, multi, error, closeSession } =
  txnTypes;
const bodies: readonly TxnBody[] = [
  { type: createSession, timeOut: 4000 },
  { type: create, path: '/a', data: bytes('1'), acl: null, ephemeral: false, parentCVersion: 1 },
  { type: create, path: '/e', data: null, acl: READ_ACL, ephemeral: true, parentCVersion: 2 },
  { type: setData, path: '/a', data: bytes('22'), version: 1 },
  { type: error, err: -101 },
  { type: createContainer, path: '/c', data: null, acl: null, parentCVersion: 3 },
  {
    type: multi,
    txns: [
      { type: setAcl, path: '/a', acl: READ_ACL, version: 1 },
      { type: setData, path: '/c', data: bytes('x'), version: 1 },
    ],
  },
  { type: closeSession, paths2Delete: ['/e'] },
];
/** Transactions of each flush. */
const flushes = [2, 1, 1, 2, 2];

/** How the server ended. */
export type Ending = 'killed' | 'shut down';

export interface SmallStore {
  readonly disk: MemoryDisk;
  /** The database after each transaction, from none on. */
  readonly images: readonly unknown[];
  /** Transactions that the facts say are durable. */
  readonly proven: number;
}

/** @param snapshotAfter flushes after which a snapshot is taken; none by default */
export function smallStore(
  ending: Ending,
  options: { readonly snapshotAfter?: number; readonly preAllocSizeBytes?: number } = {},
): SmallStore {
  const disk = new MemoryDisk();
  const { database } = recover(disk, recoveryOptions());
  const { preAllocSizeBytes = 0, snapshotAfter } = options;
  const log = new LogWriter({ preAllocSizeBytes, maxFileBytes: 0, sync: true, dbId: 0n });
  const images = [imageOf(database)];
  let made = 0;
  flushes.forEach((count, at) => {
    for (let i = 0; i < count; i++) {
      const body = bodies[made]!;
      const zxid = BigInt(++made);
      const header = { clientId: SESSION, cxid: made, zxid, time: 1_700_000_000_000 + made };
      const txn: Txn = { header: { ...header, type: body.type }, body, digest: undefined };
      database.apply(txn);
      images.push(imageOf(database));
      const digest = { version: 2, treeDigest: database.tree.digest };
      writeTxn(log.begin(highOf(zxid), lowOf(zxid)), { ...txn, digest });
      log.end();
    }
    disk.perform(log.takeFlush());
    if (at + 1 !== snapshotAfter) return;
    log.roll();
    takeSnapshot(database, disk);
  });
  if (ending === 'shut down') disk.perform(log.shutDown());
  const proven = ending === 'shut down' ? made : made - flushes.at(-1)!;
  return { disk, images, proven };
}

/** A folder without some of its files. */
export function without(files: ReadonlyMap<string, Uint8Array>, ...names: string[]): MemoryDisk {
  return diskOf(new Map([...files].filter(([name]) => !names.includes(name))));
}

/** How a start went. */
export interface Start {
  readonly refusal: RefusedStartError | undefined;
  /** Transactions that came back; -1 when the start was refused. */
  readonly count: number;
  readonly image: unknown;
  readonly events: readonly LogEvent[];
}

/** Starts on a disk; what is thrown and is no refusal is a defect. */
export function startOn(disk: MemoryDisk, more: Partial<RecoveryOptions> = {}): Start {
  const events: LogEvent[] = [];
  try {
    const options = { ...recoveryOptions(events), ...more };
    const { database } = recover(disk, options);
    const { lastZxidLow: count } = database;
    return { refusal: undefined, count, image: imageOf(database), events };
  } catch (refusal) {
    if (!(refusal instanceof RefusedStartError)) throw refusal;
    return { refusal, count: -1, image: undefined, events };
  }
}

/** Every file of a disk with its bytes. */
export function filesOf(disk: MemoryDisk): Map<string, Uint8Array> {
  return new Map(disk.list('').map(({ name, size }) => [name, disk.read(name, 0, size)]));
}

/** A disk on which exactly these files are durable. */
export function diskOf(files: ReadonlyMap<string, Uint8Array>): MemoryDisk {
  return new MemoryDisk([...files].map(([name, bytes]) => [name, new Inode(bytes)]));
}
