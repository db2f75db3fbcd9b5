import type { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { LogWriter } from '@vivarium/core/internal/storage/log-writer';
import { snapshotFactsFile } from '@vivarium/core/internal/storage/snapshot-facts';
import { type TxnBody, txnTypes, writeTxn } from '@vivarium/core/internal/wire/txns';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { apacheFiles, freshDisk, writeLogs } from './log-parts.js';
import { diskOf, filesOf, smallStore, startOn, without } from './small-store.js';

/** Two epochs in three logs, each of which knows what came before it. */
function epochsInLogs(): MemoryDisk {
  const disk = freshDisk();
  const log = new LogWriter({
    preAllocSizeBytes: 0,
    maxFileBytes: 0,
    sync: true,
    dbId: 0n,
    after: 0n,
  });
  for (const [epoch, from, to] of [
    [1, 1, 2],
    [1, 3, 4],
    [2, 1, 2],
  ] as const) {
    log.roll();
    for (let counter = from; counter <= to; counter++) {
      const zxid = (BigInt(epoch) << 32n) | BigInt(counter);
      const header = { clientId: 1n, cxid: counter, zxid, time: 5, type: txnTypes.error };
      const body = { type: txnTypes.error, err: -101 };
      writeTxn(log.begin(epoch, counter), { header, body, digest: undefined });
      log.end();
    }
    disk.perform(log.takeFlush());
  }
  disk.perform(log.shutDown());
  return disk;
}

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

  test('when a transaction made other members than the server is started with', () => {
    const changed = () => {
      const log = freshDisk();
      const body = { type: txnTypes.reconfig, path: '/zookeeper/config', data: null, version: -1 };
      const session = {
        from: 1,
        to: 3,
        body: () => ({ type: txnTypes.error, err: -101 }) as const,
      };
      writeLogs(log, session, { from: 4, to: 4, body: () => body });
      return log;
    };
    refuses(changed(), 'logs/log.4', /members of version 0x4, and the server is started with 0x0/);
    assert.is(startOn(changed(), { membersVersion: 3n }).refusal?.file, 'logs/log.4');
    assert.is(startOn(changed(), { membersVersion: 4n }).refusal?.message, undefined);
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

  test('when the last log of an epoch is missing, which no number tells of', () => {
    const many = epochsInLogs();
    const whole = filesOf(many);
    assert.is(startOn(diskOf(whole)).refusal, undefined);
    const lacking = without(whole, 'logs/log.100000003', 'logs/vivarium-log.100000003');
    refuses(lacking, 'logs/log.100000001', /between 0x100000002 and 0x200000001 are missing/);
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
    const trusted = startOn(without(files, ...names), { snapshotTrustEmpty: true });
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

  test('when the only snapshot is compressed, and damaged', () => {
    const zipped = new Map([...files].filter(([name]) => !name.startsWith('snapshots/snapshot')));
    zipped.set('snapshots/snapshot.4.gz', Uint8Array.from([0x1f, 0x8b, 0]));
    const { refusal, events } = startOn(diskOf(zipped));
    assert.is(refusal?.file, 'snapshots/snapshot.4.gz');
    assert.ok(events.some(({ message }) => /gzip compression is damaged at byte 2/.test(message)));
  });

  test('when a log or a note was written in a newer format', () => {
    const log = files.get('logs/log.5')!.slice();
    log[7] = 3;
    refuses(diskOf(new Map(files).set('logs/log.5', log)), 'logs/log.5', /format 3 is not known/);
    const facts = files.get('logs/vivarium-log.5')!;
    const newer = facts.slice();
    newer[7] = 3;
    const fixed = withCrc(newer);
    const name = 'logs/vivarium-log.5';
    refuses(diskOf(new Map(files).set(name, fixed)), name, /format 3 by a newer Vivarium/);
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
