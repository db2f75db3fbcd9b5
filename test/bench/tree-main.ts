/**
 * What the tree's own work costs, without wire, log or sockets:
 * `node --expose-gc test/dist/bench/tree-main.js [znodes]`.
 */
import { performance } from 'node:perf_hooks';
import { utf8 } from '@vivarium/core/internal/base/bytes';
import { NO_SINK } from '@vivarium/core/internal/tree/changes';
import { Database } from '@vivarium/core/internal/tree/database';
import { SnapshotWalk } from '@vivarium/core/internal/tree/snapshot-walk';
import { WatchTable } from '@vivarium/core/internal/tree/watches';
import { eventTypes } from '@vivarium/core/internal/wire/events';
import { Writer } from '@vivarium/core/internal/wire/writer';

const ROUNDS = 4;
const znodes = Number(process.argv[2] ?? 1_000_000);
const collect = globalThis.gc ?? (() => undefined);
const data = new Uint8Array(100).fill(7);
const writer = new Writer(1 << 16);
const db = new Database({ extendedTypes: true, digest: true });

/** Prints the best of the rounds, since a shared machine only ever adds. */
function measure(name: string, count: number, work: (i: number) => void, rounds = ROUNDS): void {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    for (let i = 0; i < count; i++) work(i);
    best = Math.min(best, performance.now() - start);
  }
  process.stdout.write(`${name.padEnd(44)} ${((best * 1e6) / count).toFixed(0).padStart(8)} ns\n`);
}

function liveBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function pathOf(i: number): string {
  return `/bench/node-${String(i).padStart(7, '0')}`;
}

const before = liveBytes();
db.applyCreate('/bench', null, -1, 0, 0, -1, 0, 1, 1, NO_SINK);
const create = (i: number) =>
  db.applyCreate(pathOf(i), data, -1, 0, 0, -1, 0, i + 2, 1_700_000_000_000, NO_SINK);
measure('create', znodes, create, 1);
const perNode = (liveBytes() - before) / znodes;
process.stdout.write(`${'live bytes a znode'.padEnd(44)} ${perNode.toFixed(0).padStart(8)}\n`);

const count = Math.min(znodes, 200_000);
const paths = Array.from({ length: count }, (_, i) => pathOf((i * 7919) % znodes));
const frames = paths.map(utf8);

function read(id: number): void {
  writer.clear();
  db.tree.writeData(id, writer);
  db.tree.writeStat(id, writer);
}

measure('find, anywhere', count, (i) => db.tree.find(paths[i]!));
measure('find by bytes, anywhere', count, (i) => {
  db.tree.findBytes(frames[i]!, 0, frames[i]!.length);
});
measure('find, write data and stat, anywhere', count, (i) => read(db.tree.find(paths[i]!)));
measure('find, write data and stat, of 256', count, (i) => read(db.tree.find(paths[i & 255]!)));
measure('set data, anywhere', count, (i) => {
  db.applySetData(paths[i]!, data, i, 1, i, 1_700_000_000_000, NO_SINK);
});
measure('set data and tell the digest, of 256', count, (i) => {
  db.applySetData(paths[i & 255]!, data, i, 1, i, 1_700_000_000_000, NO_SINK);
  void db.tree.digestLow;
});
measure(
  'snapshot walk with path, data and stat',
  1,
  () => {
    const walk = new SnapshotWalk(db);
    const visit = (id: number) => {
      writer.clear();
      db.tree.writePath(id, writer);
      db.tree.writeData(id, writer);
      db.tree.writePersisted(id, writer);
    };
    while (walk.nextNodes(1000, visit));
  },
  2,
);
measure('delete, anywhere', count, (i) => db.applyDelete(paths[i]!, 3, i, NO_SINK), 1);

const watches = new WatchTable();
const deliver = () => undefined;
measure('trigger where nothing is watched', count, (i) => {
  watches.trigger(eventTypes.nodeDataChanged, paths[i]!, deliver);
});
measure('add a one-shot watch and trigger it', count, (i) => {
  watches.add(i & 1023, paths[i]!, 'data');
  watches.trigger(eventTypes.nodeDataChanged, paths[i]!, deliver);
});
measure('10,000 connections watch a node and are told', 1, () => {
  for (let watcher = 0; watcher < 10_000; watcher++) watches.add(watcher, '/bench', 'data');
  watches.trigger(eventTypes.nodeDataChanged, '/bench', deliver);
});
