import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { HistoryCutError, readHistoryCut } from '@vivarium/core/internal/storage/history-cut';
import { snapshotBytes } from '@vivarium/core/internal/storage/snapshot-bytes';
import { readSnapshot } from '@vivarium/core/internal/storage/snapshot-reader';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { imageOf } from './image.js';
import { recoveryOptions, replayed, Store, upTo } from './store.js';

/** A store that has lived: snapshots were taken while it was written to. */
function lived(seed: number): Store {
  const store = new Store({ seed });
  for (let i = 0; i < 12; i++) {
    store.append(5);
    store.flush();
    store.snapshotSlice(4);
  }
  store.append(3);
  store.flush();
  return store;
}

/** Files of a disk, so that it can be seen whether any was changed. */
function filesOf(disk: MemoryDisk) {
  return ['snapshots/', 'logs/'].flatMap((folder) =>
    disk.list(folder).map(({ name, size }) => [name, disk.read(folder + name, 0, size)]),
  );
}

suite('a cut of a history', (test) => {
  test('is the tree right after a transaction, whatever snapshots were taken meanwhile', () => {
    for (const seed of [1, 2, 3]) {
      const store = lived(seed);
      const before = filesOf(store.disk.disk);
      for (const { header } of store.history) {
        const { zxid } = header;
        const cut = readHistoryCut(store.disk, zxid, recoveryOptions());
        assert.equal(imageOf(cut), imageOf(replayed(upTo(store.history, zxid))), `${zxid}`);
      }
      assert.equal(filesOf(store.disk.disk), before);
    }
  });

  test('is the tree that is served, when what is served is the end of the log', () => {
    const store = lived(4);
    const cut = readHistoryCut(store.disk, store.database.lastZxid, recoveryOptions());
    assert.equal(imageOf(cut), imageOf(store.database));
  });

  test('is refused when the logs do not reach so far', () => {
    const store = lived(5);
    const beyond = store.database.lastZxid + 1n;
    assert.throws(
      () => readHistoryCut(store.disk, beyond, recoveryOptions()),
      (error: unknown) => error instanceof HistoryCutError && error.message.includes('lead to'),
    );
  });

  test('is refused when every snapshot that is left shows later transactions', () => {
    const store = new Store({ seed: 6 });
    store.append(20);
    store.flush();
    store.snapshot();
    store.purge(1);
    assert.throws(
      () => readHistoryCut(store.disk, 5n, recoveryOptions()),
      (error: unknown) => error instanceof HistoryCutError && error.message.includes('no snapshot'),
    );
  });
});

suite('the bytes of a snapshot', (test) => {
  test('are one that says it is the tree of one transaction, and the same each time', () => {
    const store = lived(7);
    const bytes = Buffer.concat([...snapshotBytes(store.database)]);
    assert.equal(Buffer.concat([...snapshotBytes(store.database)]), bytes);
    const disk = new MemoryDisk();
    const file = 'snapshots/copy';
    disk.perform([
      { step: 'create', file },
      { step: 'write', file, position: 0, bytes },
    ]);
    const { lastZxid } = store.database;
    const options = { extendedTypes: true, digest: true };
    const read = readSnapshot(disk, file, bytes.length, lastZxid, options);
    assert.equal(imageOf(read.database), imageOf(store.database));
    assert.equal(read.digest, { zxid: lastZxid, version: 2, digest: store.database.tree.digest });
    assert.is(read.lastZxid, lastZxid);
  });
});
