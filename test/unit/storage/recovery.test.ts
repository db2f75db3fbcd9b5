import type { LogEvent } from '@vivarium/core/internal/base/log-event';
import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { logFactsFile, nothingKnown } from '@vivarium/core/internal/storage/log-facts';
import { LogWriter } from '@vivarium/core/internal/storage/log-writer';
import { type Recovered, recover } from '@vivarium/core/internal/storage/recovery';
import { snapshotFactsFile } from '@vivarium/core/internal/storage/snapshot-facts';
import { SnapshotWriter } from '@vivarium/core/internal/storage/snapshot-writer';
import { type TxnBody, txnTypes, writeTxn } from '@vivarium/core/internal/wire/txns';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { imageOf } from './image.js';
import { apacheFiles, freshDisk, writeLogs } from './log-parts.js';
import { diskOf, filesOf, smallStore, startOn } from './small-store.js';
import { recoveryOptions, Store } from './store.js';

/** Recovers with everything it had to say. */
function started(disk: MemoryDisk): { recovered: Recovered; events: LogEvent[] } {
  const events: LogEvent[] = [];
  return { recovered: recover(disk, recoveryOptions(events)), events };
}

function without(files: ReadonlyMap<string, Uint8Array>, ...names: string[]): MemoryDisk {
  return diskOf(new Map([...files].filter(([name]) => !names.includes(name))));
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
    const snapshot = new SnapshotWriter(recovered.database, {
      digest: true,
      dbId: -1n,
      sliceNodes: 100,
      sync: true,
      apacheSessions: recovered.apacheSessions,
    });
    while (!snapshot.done) theirs.perform(snapshot.next());
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

suite('a start is refused', (test) => {
  const { disk, images } = smallStore('shut down', { snapshotAfter: 3 });
  const files = filesOf(disk);
  const snapshotFacts = [...files.keys()].filter((name) => name.includes('vivarium-snapshot'));

  function refuses(what: MemoryDisk, file: string, pattern: RegExp): void {
    const { refusal } = startOn(what);
    assert.ok(refusal !== undefined, 'it started');
    assert.is(refusal.file, file);
    assert.match(refusal.message, pattern);
    assert.ok(refusal.message.includes(refusal.remedy));
  }

  test('when the log between snapshot and end is missing', () => {
    refuses(without(files, 'logs/log.5'), 'logs/vivarium-log.5', /log it belongs to is missing/);
  });

  test('when a log in the middle is missing', () => {
    const many = freshDisk();
    writeLogs(many, { from: 1, to: 3 }, { from: 4, to: 6 }, { from: 7, to: 9 });
    refuses(without(filesOf(many), 'logs/log.4'), 'logs/log.1', /between 0x3 and 0x7 are missing/);
  });

  test('when the logs begin too late for the snapshot', () => {
    const many = freshDisk();
    writeLogs(many, { from: 1, to: 3 }, { from: 4, to: 6 });
    refuses(without(filesOf(many), 'logs/log.1'), 'logs/log.4', /between 0x0 and 0x4 are missing/);
  });

  test('when a later epoch does not begin with its first transaction', () => {
    const many = freshDisk();
    writeLogs(many, { from: 1, to: 3 }, { epoch: 2, from: 2, to: 3 });
    refuses(many, 'logs/log.1', /missing/);
  });

  test('when transactions come in a wrong order', () => {
    const many = freshDisk();
    writeLogs(many, { from: 1, to: 1 }, { from: 2, to: 3 });
    const log = filesOf(many).get('logs/log.2')!;
    const size = (log.length - 16) / 2;
    const turned = log.slice();
    turned.set(log.subarray(16 + size), 16);
    turned.set(log.subarray(16, 16 + size), 16 + size);
    const theirs = apacheFiles(filesOf(many)).set('logs/log.2', turned);
    refuses(diskOf(theirs), 'logs/log.2', /begins with transaction 0x3/);
  });

  test('when no snapshot is there, unless the logs are to be trusted', () => {
    const names = [...files.keys()].filter((name) => name.startsWith('snapshots/'));
    const { refusal } = startOn(without(files, ...names));
    assert.match(refusal?.message ?? '', /logs\/log.1: there are logs, but no snapshot/);
    assert.match(refusal?.remedy ?? '', /snapshot.trust.empty/);
    const trusted = startOn(without(files, ...names), true);
    assert.is(trusted.count, 8);
    assert.equal(trusted.image, images[8]);
  });

  test('when logs and snapshots are missing and only our notes are there', () => {
    const notes = [...files].filter(([name]) => name.includes('vivarium'));
    const { refusal } = startOn(diskOf(new Map(notes)));
    assert.match(refusal?.message ?? '', /neither snapshots nor logs are there/);
  });

  test('when no snapshot can be read', () => {
    const broken = new Map(files);
    for (const name of files.keys()) {
      if (name.startsWith('snapshots/snapshot')) broken.set(name, new Uint8Array(0));
    }
    refuses(diskOf(broken), 'snapshots/snapshot.4', /no snapshot can be read/);
  });

  test('when the only snapshots are compressed', () => {
    const zipped = new Map([...files].filter(([name]) => !name.startsWith('snapshots/snapshot')));
    zipped.set('snapshots/snapshot.4.gz', Uint8Array.from([0x1f, 0x8b, 0]));
    const { refusal, events } = startOn(diskOf(zipped));
    assert.is(refusal?.file, 'snapshots/snapshot.4.gz');
    assert.ok(events.some(({ message }) => /decompress/.test(message)));
  });

  test('when a log or a note was written in a newer format', () => {
    const log = files.get('logs/log.5')!.slice();
    log[7] = 3;
    refuses(diskOf(new Map(files).set('logs/log.5', log)), 'logs/log.5', /format 3 is not known/);
    const facts = files.get('logs/vivarium-log.5')!;
    const newer = facts.slice();
    newer[7] = 2;
    const fixed = withCrc(newer);
    const name = 'logs/vivarium-log.5';
    refuses(diskOf(new Map(files).set(name, fixed)), name, /format 2 by a newer Vivarium/);
  });

  test('when a file in the place of a log is something else', () => {
    const strange = new Map(files).set(
      'logs/log.9',
      Uint8Array.from({ length: 99 }, (_, i) => i),
    );
    refuses(diskOf(strange), 'logs/log.9', /not a transaction log/);
  });

  test('when a log stands under the name of another', () => {
    const renamed = new Map(files).set('logs/log.9', files.get('logs/log.5')!);
    refuses(diskOf(renamed), 'logs/log.9', /begins with transaction 0x5, which its name denies/);
  });

  test('when a transaction, though as it was written, cannot be understood', () => {
    const many = freshDisk();
    const unknown = () => ({ type: 77, err: 1 }) as unknown as TxnBody;
    const log = new LogWriter({ preAllocSizeBytes: 0, maxFileBytes: 0, sync: true, dbId: 0n });
    const to = log.begin(0, 1);
    to.halves(0, 1);
    to.int(1);
    to.halves(0, 1);
    to.time(1);
    to.int(unknown().type);
    log.end();
    many.perform(log.takeFlush());
    refuses(many, 'logs/log.1', /unsupported transaction type 77/);
  });

  test('when a snapshot shows more than the log has', () => {
    const facts = { endZxid: 9n, isDurable: true, apacheSessions: [] };
    const more = new Map(files).set(snapshotFacts.at(-1)!, snapshotFactsFile.encode(facts));
    refuses(diskOf(more), 'logs/log.5', /log ends with transaction 0x8.*taken after 0x9/);
    const unproven = snapshotFactsFile.encode({ ...facts, isDurable: false });
    assert.is(startOn(diskOf(new Map(files).set(snapshotFacts.at(-1)!, unproven))).count, 8);
  });

  test('when the facts about a log are damaged as well as a transaction in its middle', () => {
    const facts = files.get('logs/vivarium-log.5')!.slice();
    facts[10]! ^= 1;
    const log = files.get('logs/log.5')!.slice();
    log[40]! ^= 1;
    const left = new Map(files).set('logs/vivarium-log.5', facts).set('logs/log.5', log);
    refuses(diskOf(left), 'logs/log.5', /at byte 16.*sound transactions follow.*at that byte\.$/);
    const { count } = startOn(diskOf(new Map(left).set('logs/log.5', log.slice(0, 16))));
    assert.is(count, 4);
  });

  test('when two folders have each other’s files', () => {
    const log = files.get('logs/log.1')!;
    const one = diskOf(new Map(files).set('snapshots/log.1', log));
    refuses(one, 'snapshots/log.1', /a log among the snapshots/);
    const snapshot = files.get('snapshots/snapshot.0')!;
    const two = diskOf(new Map(files).set('logs/snapshot.0', snapshot));
    refuses(two, 'logs/snapshot.0', /a snapshot among the logs/);
  });

  test('and then nothing was changed', () => {
    const damaged = files.get('logs/log.5')!.slice();
    damaged[40]! ^= 1;
    const left = diskOf(new Map(files).set('logs/log.5', damaged));
    const before = filesOf(left);
    assert.ok(startOn(left).refusal !== undefined);
    assert.equal(filesOf(left), before);
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
    const { count, image } = startOn(diskOf(both));
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

/** A side file with its checksum made right. */
function withCrc(bytes: Uint8Array): Uint8Array {
  const fixed = bytes.slice();
  let crc = -1;
  for (const byte of bytes.subarray(0, bytes.length - 4)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  new DataView(fixed.buffer).setInt32(fixed.length - 4, ~crc);
  return fixed;
}
