/**
 * What storage's own work costs, on a real disk but without a server:
 * `node --expose-gc test/dist/bench/storage-main.js [znodes]`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Files } from '@vivarium/core/internal/node/files';
import { LogWriter } from '@vivarium/core/internal/storage/log-writer';
import { recover } from '@vivarium/core/internal/storage/recovery';
import { SnapshotWriter } from '@vivarium/core/internal/storage/snapshot-writer';
import { NO_SINK } from '@vivarium/core/internal/tree/changes';
import type { Writer } from '@vivarium/core/internal/wire/writer';

const ROUNDS = 5;
const PER_FLUSH = 100;
const znodes = Number(process.argv[2] ?? 1_000_000);
const data = new Uint8Array(100).fill(7);
const folder = mkdtempSync(join(tmpdir(), 'vivarium-storage-'));
const files = new Files({ snapshots: folder, logs: folder });
const recovery = {
  extendedTypes: true,
  digest: true,
  hashSeed: 1,
  snapshotTrustEmpty: false,
  log: () => undefined,
};

function print(name: string, value: number, unit: string): void {
  process.stdout.write(`${name.padEnd(52)} ${value.toFixed(1).padStart(10)} ${unit}\n`);
}

/** The bytes of a setData of a 100-byte node, as a server writes them. */
function writeSetData(to: Writer, at: number): void {
  to.halves(1, 2);
  to.int(at);
  to.halves(0, at);
  to.time(1_700_000_000_000);
  to.int(5);
  to.string('/bench/node-0000001');
  to.bufferOrNull(data);
  to.int(at);
  to.int(2);
  to.halves(at, at);
}

function appendCost(): void {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const log = new LogWriter({
      preAllocSizeBytes: 1 << 26,
      maxFileBytes: 0,
      sync: true,
      dbId: 0n,
    });
    const count = 500_000;
    let zxid = 0;
    const began = performance.now();
    for (let i = 0; i < count; i += PER_FLUSH) {
      for (let k = 0; k < PER_FLUSH; k++) {
        writeSetData(log.begin(0, ++zxid), zxid);
        log.end();
      }
      log.takeFlush();
    }
    best = Math.min(best, ((performance.now() - began) * 1e6) / count);
  }
  print(`append a setData of 100 bytes, ${PER_FLUSH} a flush`, best, 'ns');
}

appendCost();
const { database } = recover(files, recovery);
database.applyCreate('/bench', null, -1, 0, 0, -1, 0, 1, 1, NO_SINK);
for (let i = 0; i < znodes; i++) {
  const parent = `/bench/${Math.floor(i / 1000)}`;
  const path = i % 1000 === 0 ? parent : `${parent}/n${String(i).padStart(7, '0')}`;
  database.applyCreate(path, data, -1, 0, 0, -1, 0, i + 2, 1_700_000_000_000, NO_SINK);
}
for (let round = 0; round < 2; round++) {
  const began = performance.now();
  const snapshot = new SnapshotWriter(database, {
    digest: true,
    dbId: -1n,
    sliceNodes: 2000,
    sync: true,
    apacheSessions: new Set(),
  });
  const slices: number[] = [performance.now() - began];
  while (!snapshot.done) {
    const sliceBegan = performance.now();
    const steps = snapshot.next();
    slices.push(performance.now() - sliceBegan);
    files.perform(steps);
  }
  const total = performance.now() - began;
  slices.sort((a, b) => a - b);
  print(`snapshot of ${znodes} znodes, its sync included`, total, 'ms');
  print(
    '  making its slices',
    slices.reduce((a, b) => a + b, 0),
    'ms',
  );
  print('  median slice', slices[slices.length >> 1]!, 'ms');
  print('  longest slice', slices.at(-1)!, 'ms');
}
for (let round = 0; round < 3; round++) {
  const began = performance.now();
  const recovered = recover(files, recovery);
  print(`recovery of ${recovered.database.tree.nodeCount} znodes`, performance.now() - began, 'ms');
}
files.close();
rmSync(folder, { recursive: true });
