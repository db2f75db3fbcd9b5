/** The thread that makes a backup: what it reads and computes holds up nobody who is served. */
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { hexLong } from '../base/long.js';
import { readHistoryCut } from '../storage/history-cut.js';
import { snapshotBytes } from '../storage/snapshot-bytes.js';
import type { Database } from '../tree/database.js';
import type { BackupNews, BackupOrder } from './backup.js';
import { Files } from './files.js';
import { realNames } from './real-names.js';
import { systemCode } from './start-error.js';

/** A purge may take a file away between the look at the folder and the reading. */
const ATTEMPTS = 3;
const PAUSE_MS = 200;

const order = workerData as BackupOrder;

try {
  serve(await readTree());
} catch (error) {
  tell({ type: 'failed', message: realNames((error as Error).message, order) });
}

/** Sends a piece for each message that comes. */
function serve(database: Database): void {
  let size = 0;
  for (const bytes of snapshotBytes(database)) size += bytes.length;
  const pieces = snapshotBytes(database);
  parentPort?.on('message', () => {
    const piece = pieces.next();
    if (piece.done !== true) tell({ type: 'piece', bytes: piece.value });
  });
  tell({ type: 'ready', size });
}

async function readTree(): Promise<Database> {
  for (let attempt = 1; ; attempt++) {
    try {
      return readOnce();
    } catch (error) {
      const mayPass = ['ENOENT', 'ESTALE'].includes(systemCode(error));
      if (!mayPass || attempt === ATTEMPTS) throw error;
      await delay(PAUSE_MS);
    }
  }
}

function readOnce(): Database {
  const { snapshots, logs, zxid, digest, extendedTypes } = order;
  const database = readHistoryCut(new Files({ snapshots, logs }), zxid, {
    extendedTypes,
    digest: true,
    hashSeed: randomInt(2 ** 31),
    log: () => {},
  });
  if (digest === undefined || digest === database.tree.digest) return database;
  throw new Error(
    `the tree that the files hold at ${hexLong(zxid)} is not the one that is served: its digest ` +
      'differs. Compare the data with that of another server.',
  );
}

function tell(news: BackupNews): void {
  parentPort?.postMessage(news);
}
