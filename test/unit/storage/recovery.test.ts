import type { LogEvent } from '@vivarium/core/internal/base/log-event';
import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { logFactsFile, nothingKnown } from '@vivarium/core/internal/storage/log-facts';
import { LogWriter } from '@vivarium/core/internal/storage/log-writer';
import { type Recovered, recover } from '@vivarium/core/internal/storage/recovery';
import { type TxnBody, txnTypes, writeTxn } from '@vivarium/core/internal/wire/txns';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { imageOf } from './image.js';
import { apacheFiles, freshDisk, writeLogs } from './log-parts.js';
import { diskOf, filesOf, smallStore, startOn, without } from './small-store.js';
import { recoveryOptions, Store } from './store.js';
import { takeSnapshot } from './take-snapshot.js';

/** Recovers with everything it had to say. */
function started(disk: MemoryDisk): { recovered: Recovered; events: LogEvent[] } {
  const events: LogEvent[] = [];
  return { recovered: recover(disk, recoveryOptions(events)), events };
}

suite('a start', (test) => {
  test('in empty folders gives an empty tree, with a snapshot of it that is durable', () => {
    const disk = new MemoryDisk();
    const { recovered } = started(disk);
    assert.ok(recovered.isNew);
    assert.is(recovered.database.lastZxid, 0n);
    assert.is(recovered.lastSnapshotZxid, 0n);
    assert.ok(
      disk
        .durableImage()
        .list('snapshots/')
        .some(({ name }) => name === 'snapshot.0'),
    );
    const again = started(disk.durableImage()).recovered;
    assert.not(again.isNew);
    assert.equal(imageOf(again.database), imageOf(recovered.database));
  });

  test('counts the transactions since the snapshot', () => {
    const { disk, images } = smallStore('killed', { snapshotAfter: 3 });
    const { recovered } = started(disk);
    assert.is(recovered.lastSnapshotZxid, 4n);
    assert.is(recovered.transactionsSinceSnapshot, images.length - 1 - 4);
  });

  test('gives the digests of the last transactions, newest last', () => {
    const { disk } = smallStore('killed');
    const { recovered } = started(disk);
    assert.equal(
      recovered.digests.map(({ zxid }) => zxid),
      [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n],
    );
    assert.is(recovered.digests.at(-1)!.digest, recovered.database.tree.digest);
    const store = new Store({ seed: 3 });
    for (let i = 0; i < 30; i++) {
      store.append(100);
      store.flush();
    }
    const { digests } = started(store.disk.disk).recovered;
    assert.is(digests.length, 1024);
    assert.is(digests.at(-1)!.zxid, store.database.lastZxid);
  });

  test('removes a snapshot that was not finished', () => {
    const store = new Store({ seed: 5 });
    store.append(50);
    store.flush();
    store.snapshotSlice(3);
    const { disk } = store.disk;
    assert.ok(disk.list('snapshots/').some(({ name }) => name === 'vivarium-draft'));
    started(disk);
    assert.not(disk.list('snapshots/').some(({ name }) => name === 'vivarium-draft'));
  });

  test('gives a list of the files with which a purge works', () => {
    const { disk } = smallStore('shut down', { snapshotAfter: 3 });
    const steps = started(disk).recovered.retention.purgeSteps(1);
    disk.perform(steps);
    assert.equal(
      disk
        .list('')
        .map(({ name }) => name.replace(/\.[0-9a-f]{6,}$/, '.*'))
        .sort(),
      [
        'logs/log.1',
        'logs/log.5',
        'logs/vivarium-log.1',
        'logs/vivarium-log.5',
        'snapshots/snapshot.4',
        'snapshots/vivarium-snapshot.4.*',
      ],
    );
    assert.is(startOn(disk).count, 8);
  });

  test('accepts the first transaction of a later epoch', () => {
    const disk = freshDisk();
    writeLogs(disk, { from: 1, to: 3 }, { epoch: 4, from: 1, to: 2 });
    assert.is(started(disk).recovered.database.lastZxid, (4n << 32n) | 2n);
  });

  test('passes over a failed request that Apache logged under an old zxid', () => {
    const disk = freshDisk();
    writeLogs(disk, { from: 1, to: 3 });
    const files = apacheFiles(filesOf(disk));
    const log = files.get('logs/log.1')!;
    const record = (log.length - 16) / 3;
    const twice = new Uint8Array(log.length + record);
    twice.set(log.subarray(0, 16 + 2 * record));
    twice.set(log.subarray(16 + record), 16 + 2 * record);
    assert.is(startOn(diskOf(files.set('logs/log.1', twice))).count, 3);
  });

  test('passes over one that begins a log, which then has the name of an old zxid', () => {
    const [earlier, later] = [freshDisk(), freshDisk()];
    writeLogs(earlier, { from: 1, to: 3 });
    writeLogs(later, { from: 3, to: 5 });
    const both = apacheFiles(new Map([...filesOf(earlier), ...filesOf(later)]));
    assert.is(startOn(diskOf(both)).count, 5);
    const first = freshDisk();
    writeLogs(first, { from: 0, to: 2 });
    assert.is(startOn(diskOf(apacheFiles(filesOf(first)))).count, 2);
  });

  test('does not pass over anything else under an old zxid', () => {
    const [earlier, later] = [freshDisk(), freshDisk()];
    const body = (): TxnBody => ({ type: txnTypes.createSession, timeOut: 4000 });
    writeLogs(earlier, { from: 1, to: 3 });
    writeLogs(later, { from: 3, to: 5, body });
    const both = apacheFiles(new Map([...filesOf(earlier), ...filesOf(later)]));
    assert.match(startOn(diskOf(both)).refusal?.message ?? '', /transaction 0x3 after 0x3/);
  });
});

suite('sessions', (test) => {
  const open = (): TxnBody => ({ type: txnTypes.createSession, timeOut: 4000 });
  const close = (): TxnBody => ({ type: txnTypes.closeSession, paths2Delete: [] });

  test('of a log that Apache wrote are known as Apache’s, those of our logs as ours', () => {
    const disk = freshDisk();
    writeLogs(
      disk,
      { from: 1, to: 1, body: open, session: 11n },
      { from: 2, to: 2, body: open, session: 12n },
      { from: 3, to: 3, body: open, session: 13n },
      { from: 4, to: 4, body: close, session: 13n },
    );
    const files = filesOf(disk);
    const mixed = without(files, 'logs/vivarium-log.1', 'logs/vivarium-log.3');
    const { apacheSessions, database } = started(mixed).recovered;
    assert.equal([...apacheSessions], [11n]);
    assert.equal([...database.sessions.keys()], [11n, 12n]);
  });

  test('of a snapshot that Apache wrote are Apache’s, and stay so in ours', () => {
    const disk = freshDisk();
    writeLogs(disk, { from: 1, to: 1, body: open, session: 11n });
    const theirs = diskOf(apacheFiles(filesOf(disk)));
    const { recovered } = started(theirs);
    takeSnapshot(recovered.database, theirs, recovered.apacheSessions);
    writeLogs(theirs, { from: 2, to: 2, body: open, session: 12n });
    const again = started(theirs).recovered;
    assert.is(again.lastSnapshotZxid, 1n);
    assert.equal([...again.apacheSessions], [11n]);
    const { apacheSessions } = started(diskOf(apacheFiles(filesOf(theirs)))).recovered;
    assert.equal([...apacheSessions].sort(), [11n, 12n]);
  });

  test('of a log that Apache wrote over one of ours that never was are Apache’s', () => {
    const disk = freshDisk();
    writeLogs(disk, { from: 1, to: 1, body: open, session: 11n });
    const facts = { ...nothingKnown, first: 12345, flushEnd: 70 };
    const files = filesOf(disk).set('logs/vivarium-log.1', logFactsFile.encode(facts));
    assert.equal([...started(diskOf(files)).recovered.apacheSessions], [11n]);
  });
});

suite('a digest', (test) => {
  test('that differs is told once and counted', () => {
    const store = new Store({ seed: 2 });
    store.append(20);
    store.flush();
    const right = started(store.disk.disk.durableImage());
    assert.is(right.recovered.digestMismatches, 0);
    const disk = freshDisk();
    const log = new LogWriter({ preAllocSizeBytes: 0, maxFileBytes: 0, sync: true, dbId: 0n });
    for (const txn of store.history.slice(0, 5)) {
      const zxid = Number(txn.header.zxid & 0xffff_ffffn);
      writeTxn(log.begin(3, zxid), { ...txn, digest: { version: 2, treeDigest: 99n } });
      log.end();
    }
    disk.perform(log.takeFlush());
    const { recovered, events } = started(disk);
    assert.is(recovered.digestMismatches, 5);
    assert.is(events.filter(({ event }) => event === 'storage.digest-mismatch').length, 1);
    assert.is(events[0]!.level, 'error');
  });

  test('is not compared within what a snapshot shows already', () => {
    const store = new Store({ seed: 9 });
    store.append(200);
    store.flush();
    store.snapshotSlice(20);
    for (let i = 0; i < 40; i++) {
      store.append(3);
      store.flush();
    }
    store.snapshot();
    store.append(5);
    store.flush();
    for (const disk of [store.disk.disk, diskOf(apacheFiles(filesOf(store.disk.disk)))]) {
      const { recovered } = started(disk);
      assert.is(recovered.digestMismatches, 0);
      assert.ok(recovered.transactionsSinceSnapshot > 100);
      assert.is(recovered.database.tree.digest, store.database.tree.digest);
    }
  });
});

suite('a start goes on', (test) => {
  const { disk, images } = smallStore('shut down', { snapshotAfter: 3 });
  const files = filesOf(disk);

  test('from an older snapshot when the newest is bad, and says so', () => {
    const broken = files.get('snapshots/snapshot.4')!.slice();
    broken[100]! ^= 4;
    const { count, image, events } = startOn(
      diskOf(new Map(files).set('snapshots/snapshot.4', broken)),
    );
    assert.is(count, 8);
    assert.equal(image, images[8]);
    assert.ok(events.some(({ event }) => event === 'storage.bad-snapshot'));
  });

  test('when the newest log is empty, as a crash leaves it', () => {
    for (const size of [0, 7, 16, 5000]) {
      const left = diskOf(new Map(files).set('logs/log.9', new Uint8Array(size)));
      const { count, image } = startOn(left);
      assert.is(count, 8);
      assert.equal(image, images[8]);
      assert.not(left.list('').some(({ name }) => name === 'logs/log.9'));
    }
  });

  test('from a snapshot alone, when it shows no more than its own zxid', () => {
    const names = [...files.keys()].filter((name) => name.startsWith('logs/'));
    const { count, image, events } = startOn(without(files, ...names));
    assert.is(count, 4);
    assert.equal(image, images[4]);
    assert.match(events.map(({ message }) => message).join(), 'Check dataLogDir');
  });

  test('with one real folder behind both names', () => {
    const { disk: shared, images: expected } = smallStore('shut down', { snapshotAfter: 3 });
    const all = filesOf(shared);
    const both = new Map(all);
    for (const [name, bytes] of all) {
      both.set(
        name.startsWith('logs/') ? `snapshots/${name.slice(5)}` : `logs/${name.slice(10)}`,
        bytes,
      );
    }
    const disk = Object.assign(diskOf(both), { isOneFolder: true });
    const { count, image } = startOn(disk);
    assert.is(count, 8);
    assert.equal(image, expected[8]);
  });

  test('with bytes behind the end of a log, which it keeps in a file of their own', () => {
    const { disk: killed } = smallStore('killed', { preAllocSizeBytes: 4096 });
    const left = filesOf(killed);
    const log = left.get('logs/log.1')!.slice();
    const end = log.findLastIndex((byte) => byte !== 0) + 1;
    log.set([1, 2, 3, 4, 5], end + 7);
    const after = diskOf(new Map(left).set('logs/log.1', log));
    const { count, events } = startOn(after);
    assert.is(count, 8);
    assert.is(events.filter(({ level }) => level === 'warn').length, 1);
    const kept = filesOf(after).get(`logs/vivarium-cut.1.${end}`);
    assert.equal([...kept!], [0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5]);
    assert.is(filesOf(after).get('logs/log.1')!.length, end);
    assert.equal(startOn(after).events, []);
  });
});
