import { hex } from '@vivarium/core/internal/base/bytes';
import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import type { DiskStep } from '@vivarium/core/internal/storage/disk';
import { logFactsFile } from '@vivarium/core/internal/storage/log-facts';
import { LogReader } from '@vivarium/core/internal/storage/log-reader';
import { LogWriter, type LogWriterOptions } from '@vivarium/core/internal/storage/log-writer';
import { type Txn, txnTypes, writeTxn } from '@vivarium/core/internal/wire/txns';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

function writer(options: Partial<LogWriterOptions> = {}): LogWriter {
  return new LogWriter({
    preAllocSizeBytes: 0,
    maxFileBytes: 0,
    sync: true,
    dbId: 0n,
    ...options,
  });
}

function createSession(zxid: bigint, timeOut = 30_000): Txn {
  const header = { clientId: 0x100000000000000n, cxid: 0, zxid, time: 1_700_000_000_000 };
  const type = txnTypes.createSession;
  return { header: { ...header, type }, body: { type, timeOut }, digest: undefined };
}

function append(log: LogWriter, zxid: number, epoch = 0): void {
  writeTxn(log.begin(epoch, zxid), createSession((BigInt(epoch) << 32n) + BigInt(zxid)));
  log.end();
}

/** Steps as one word each, with the file's name where it matters. */
function outline(steps: readonly DiskStep[]): string[] {
  return steps.map((each) => {
    const name = 'file' in each ? each.file : 'folder' in each ? each.folder : '';
    return `${each.step} ${name.replace('logs/', '').replace('vivarium-log', 'facts')}`.trim();
  });
}

function zxidsIn(disk: MemoryDisk, file: string): number[] {
  const size = disk.list('logs/').find(({ name }) => `logs/${name}` === file)?.size ?? 0;
  const reader = new LogReader(disk, file, size);
  const zxids: number[] = [];
  assert.ok(reader.readHeader());
  while (reader.next()) zxids.push(reader.zxidLow);
  return zxids;
}

suite('the log writer', (test) => {
  test('writes the bytes that ZooKeeper writes', () => {
    const log = writer();
    append(log, 1);
    const disk = new MemoryDisk();
    disk.perform(log.takeFlush());
    assert.is(
      hex(disk.read('logs/log.1', 0, 1000)),
      '5a4b4c47000000020000000000000000' +
        '0000000039e4074300000024' +
        '01000000000000000000000000000000000000010000018bcfe56800fffffff600007530' +
        '42',
    );
  });

  test('makes the facts about a log durable before the log exists', () => {
    const log = writer({ preAllocSizeBytes: 65_536 });
    append(log, 1);
    assert.equal(outline(log.takeFlush()), [
      'create facts.1',
      'write facts.1',
      'sync facts.1',
      'sync-folder',
      'create log.1',
      'allocate log.1',
      'write log.1',
      'sync log.1',
      'sync-folder',
    ]);
  });

  test('takes one write and one sync of the log for a flush, and no sync of the facts', () => {
    const log = writer({ preAllocSizeBytes: 65_536 });
    append(log, 1);
    log.takeFlush();
    for (let zxid = 2; zxid < 50; zxid++) append(log, zxid);
    assert.is(log.pending, 48);
    assert.is(log.pendingBytes, 48 * 49);
    const steps = log.takeFlush();
    assert.equal(outline(steps), ['write facts.1', 'write log.1', 'sync log.1']);
    assert.is(log.pending + log.pendingBytes, 0);
    assert.is(log.totalBytes, 49 * 49);
  });

  test('says in the facts what is durable, and how far the flush goes', () => {
    const log = writer();
    append(log, 1);
    log.takeFlush();
    append(log, 2);
    append(log, 3);
    const [step] = log.takeFlush();
    assert.ok(step?.step === 'write' && step.file.includes('vivarium'));
    const facts = logFactsFile.decode((step as { bytes: Uint8Array }).bytes);
    assert.ok(facts.state === 'good');
    assert.is(facts.value.synced, 16 + 49);
    assert.is(facts.value.flushEnd, 16 + 3 * 49);
    assert.is(facts.value.first, 0x39e4_0743);
  });

  test('says in the facts which transaction came before the first one', () => {
    const previousOf = (log: LogWriter) => {
      const step = log
        .takeFlush()
        .findLast((each) => each.step === 'write' && each.file.includes('vivarium'));
      const facts = logFactsFile.decode((step as { bytes: Uint8Array }).bytes);
      return facts.state === 'good' ? facts.value.previous : undefined;
    };
    const known = writer({ after: (1n << 32n) | 7n });
    append(known, 1, 2);
    assert.is(previousOf(known), (1n << 32n) | 7n);
    append(known, 2, 2);
    assert.is(previousOf(known), (1n << 32n) | 7n);
    known.roll();
    append(known, 3, 2);
    assert.is(previousOf(known), (2n << 32n) | 2n);
    const unknown = writer();
    append(unknown, 5, 2);
    assert.is(previousOf(unknown), -1n);
    unknown.roll();
    append(unknown, 6, 2);
    assert.is(previousOf(unknown), (2n << 32n) | 5n);
  });

  test('goes on after the transaction it is told, and no other', () => {
    const log = writer({ after: 0n });
    assert.throws(() => log.begin(0, 2), /follow one another/);
    log.goOnAfter((3n << 32n) | 9n);
    assert.throws(() => log.begin(0, 1), /follow one another/);
    assert.throws(() => log.begin(3, 11), /follow one another/);
    append(log, 10, 3);
    assert.throws(() => log.goOnAfter(5n), /nothing was appended/);
    log.takeFlush();
    assert.throws(() => log.goOnAfter(5n), /nothing was appended/);
    log.shutDown();
    log.goOnAfter((4n << 32n) | 1n);
    append(log, 2, 4);
  });

  test('syncs the facts now and then', () => {
    const log = writer();
    let syncs = 0;
    for (let zxid = 1; zxid <= 2000; zxid++) {
      append(log, zxid);
      const steps = outline(log.takeFlush());
      if (zxid > 1 && steps.includes('sync facts.1')) syncs++;
    }
    assert.ok(syncs >= 2 && syncs <= 10, `${syncs} syncs`);
  });

  test('extends the file ahead of what is written, as ZooKeeper does', () => {
    const log = writer({ preAllocSizeBytes: 64 << 20 });
    append(log, 1);
    const sizes = (steps: readonly DiskStep[]) =>
      steps.flatMap((each) => (each.step === 'allocate' ? [each.size] : []));
    assert.equal(sizes(log.takeFlush()), [67_108_880]);
    append(log, 2);
    assert.equal(sizes(log.takeFlush()), []);
    const small = writer({ preAllocSizeBytes: 8192 });
    const all: number[] = [];
    for (let zxid = 1; zxid < 400; zxid++) {
      append(small, zxid);
      all.push(...sizes(small.takeFlush()));
    }
    assert.equal(all, [8208, 16_400, 24_592]);
  });

  test('begins another file after roll, and ends the one before', () => {
    const files: string[] = [];
    const log = writer({ newFile: (file) => files.push(file) });
    append(log, 1);
    log.takeFlush();
    append(log, 2);
    log.roll();
    append(log, 3);
    const steps = log.takeFlush();
    assert.equal(outline(steps), [
      'write facts.1',
      'write log.1',
      'sync log.1',
      'write facts.1',
      'sync facts.1',
      'close facts.1',
      'close log.1',
      'create facts.3',
      'write facts.3',
      'sync facts.3',
      'sync-folder',
      'create log.3',
      'write log.3',
      'sync log.3',
      'sync-folder',
    ]);
    assert.equal(files, ['logs/vivarium-log.1', 'logs/log.1', 'logs/vivarium-log.3', 'logs/log.3']);
  });

  test('begins another file when one has grown too large', () => {
    const log = writer({ maxFileBytes: 200 });
    const disk = new MemoryDisk();
    for (let zxid = 1; zxid <= 10; zxid++) {
      append(log, zxid);
      disk.perform(log.takeFlush());
    }
    assert.equal(zxidsIn(disk, 'logs/log.1'), [1, 2, 3, 4]);
    assert.equal(zxidsIn(disk, 'logs/log.5'), [5, 6, 7, 8]);
    assert.equal(zxidsIn(disk, 'logs/log.9'), [9, 10]);
  });

  test('syncs nothing and claims nothing with forceSync=no', () => {
    const log = writer({ sync: false });
    append(log, 1);
    const first = log.takeFlush();
    assert.equal(outline(first), [
      'create facts.1',
      'write facts.1',
      'create log.1',
      'write log.1',
    ]);
    const facts = logFactsFile.decode((first[1] as { bytes: Uint8Array }).bytes);
    assert.ok(facts.state === 'good' && facts.value.synced === 0 && facts.value.flushEnd === 0);
    append(log, 2);
    assert.equal(outline(log.takeFlush()), ['write log.1']);
    assert.equal(outline(log.shutDown()), ['close facts.1', 'close log.1']);
  });

  test('a cancelled transaction leaves nothing, and its zxid is free again', () => {
    const log = writer();
    const disk = new MemoryDisk();
    for (const zxid of [1, 2, 3]) {
      log.begin(0, zxid).string('half of something');
      log.cancel();
      append(log, zxid);
    }
    disk.perform(log.takeFlush());
    assert.equal(zxidsIn(disk, 'logs/log.1'), [1, 2, 3]);
    log.roll();
    log.begin(0, 4).int(1);
    log.cancel();
    append(log, 4);
    disk.perform(log.takeFlush());
    assert.equal(zxidsIn(disk, 'logs/log.4'), [4]);
    assert.is(log.totalBytes, 4 * 49);
  });

  test('refuses a zxid that does not follow', () => {
    for (const [epoch, zxid] of [
      [0, 5],
      [0, 7],
      [0, 4],
      [2, 2],
    ] as const) {
      const log = writer();
      append(log, 5);
      assert.throws(() => log.begin(epoch, zxid), /follow/);
    }
    const log = writer();
    append(log, 5);
    append(log, 1, 7);
    append(log, 2, 7);
    assert.is(log.pending, 3);
  });

  test('what is handed out is not changed by what is appended later', () => {
    const log = writer();
    append(log, 1);
    const steps = log.takeFlush();
    const copy = structuredClone(steps);
    for (let zxid = 2; zxid < 100; zxid++) append(log, zxid);
    assert.equal(steps, copy);
  });

  test('a transaction larger than its buffer is written whole', () => {
    const log = writer({ preAllocSizeBytes: 4096 });
    const disk = new MemoryDisk();
    for (let zxid = 1; zxid <= 3; zxid++) {
      const to = log.begin(0, zxid);
      to.halves(0, 1);
      to.int(0);
      to.halves(0, zxid);
      to.time(1);
      to.int(txnTypes.setData);
      to.string('/large');
      to.bufferOrNull(new Uint8Array(3_000_000).fill(zxid));
      to.int(1);
      log.end();
      disk.perform(log.takeFlush());
    }
    assert.equal(zxidsIn(disk, 'logs/log.1'), [1, 2, 3]);
  });

  test('a shut-down flushes, notes that all is durable and closes', () => {
    const log = writer();
    assert.equal(log.shutDown(), []);
    append(log, 1);
    const steps = log.shutDown();
    assert.equal(outline(steps.slice(-4)), [
      'write facts.1',
      'sync facts.1',
      'close facts.1',
      'close log.1',
    ]);
    const disk = new MemoryDisk();
    disk.perform(steps);
    assert.equal(zxidsIn(disk.durableImage(), 'logs/log.1'), [1]);
    assert.equal(log.shutDown(), []);
  });
});
