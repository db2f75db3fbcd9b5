import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { Inode } from '@vivarium/core/internal/local/inode';
import { nothingKnown } from '@vivarium/core/internal/storage/log-facts';
import {
  findLaterRecord,
  findWrittenEnd,
  judgeLogEnd,
  type LogEnd,
  type Verdict,
} from '@vivarium/core/internal/storage/log-tail';
import { LogWriter } from '@vivarium/core/internal/storage/log-writer';
import { txnTypes, writeTxn } from '@vivarium/core/internal/wire/txns';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const facts = { ...nothingKnown, synced: 100, flushEnd: 200 };

function judge(end: number, writtenEnd: number, more: Partial<LogEnd> = {}): Verdict {
  const log = { end, writtenEnd, facts, chainHolds: true, hasLaterRecord: () => false, ...more };
  return judgeLogEnd(log);
}

suite('the end of a log', (test) => {
  test('is clean behind the last flush that was begun', () => {
    assert.is(judge(200, 200), 'clean');
    assert.is(judge(300, 300), 'clean');
  });

  test('is corrupt before what was synced, or where other records stand there', () => {
    assert.is(judge(99, 99), 'corrupt');
    assert.is(judge(50, 150), 'corrupt');
    assert.is(judge(200, 200, { chainHolds: false }), 'corrupt');
  });

  test('is torn within the flush that was begun', () => {
    assert.is(judge(100, 100), 'torn');
    assert.is(judge(100, 200), 'torn');
    assert.is(judge(150, 180), 'torn');
    assert.is(judge(150, 180, { hasLaterRecord: () => true }), 'torn');
  });

  test('is corrupt within a flush when a later one was begun', () => {
    assert.is(judge(100, 201), 'corrupt');
    assert.is(judge(199, 300), 'corrupt');
  });

  test('is undecidable behind all that was noted', () => {
    assert.is(judge(200, 201), 'undecidable');
    assert.is(judge(250, 300, { hasLaterRecord: () => true }), 'undecidable');
    assert.is(judge(250, 300, { facts: nothingKnown }), 'undecidable');
    assert.is(judge(250, 250, { facts: nothingKnown }), 'clean');
  });

  test('of a log whose facts are damaged is corrupt before sound records', () => {
    const lost = { facts: nothingKnown, hasLaterRecord: () => true };
    assert.is(judge(200, 300, lost), 'corrupt');
  });

  test('of a log without facts is corrupt only before sound records', () => {
    const none = { facts: undefined };
    assert.is(judge(200, 200, none), 'clean');
    assert.is(judge(200, 300, none), 'undecidable');
    assert.is(judge(200, 300, { ...none, hasLaterRecord: () => true }), 'corrupt');
  });
});

suite('what stands behind the end', (test) => {
  const PIECE = 4 << 20;

  test('is found to its last byte that is not zero', () => {
    const size = 3 * PIECE + 5;
    for (const at of [0, 1, 100, PIECE - 1, PIECE, 2 * PIECE + 3, size - 1]) {
      const bytes = new Uint8Array(size);
      bytes[at] = 1;
      const disk = new MemoryDisk([['logs/log.1', new Inode(bytes)]]);
      assert.is(findWrittenEnd(disk, 'logs/log.1', 0, size), at + 1);
      assert.is(findWrittenEnd(disk, 'logs/log.1', at + 1, size), at + 1);
    }
  });

  test('is a later record wherever it begins, but not an earlier or a broken one', () => {
    const log = new LogWriter({ preAllocSizeBytes: 0, maxFileBytes: 0, sync: true, dbId: 0n });
    const type = txnTypes.error;
    const header = { clientId: 1n, cxid: 1, zxid: 7n, time: 1, type };
    writeTxn(log.begin(0, 7), { header, body: { type, err: -5 }, digest: undefined });
    log.end();
    const written = log.takeFlush().findLast((each) => each.step === 'write');
    assert.ok(written?.step === 'write' && written.file === 'logs/log.7');
    const record = written.bytes.subarray(16);
    for (const at of [1, 3, 5000, PIECE - 20, PIECE - 1, PIECE]) {
      const bytes = new Uint8Array(PIECE + 200).fill(0xee, 0, 1);
      bytes.set(record, at);
      const range = { start: 0, end: at + record.length };
      const found = (content: Uint8Array, low: number) => {
        const disk = new MemoryDisk([['logs/log.1', new Inode(content)]]);
        return findLaterRecord(disk, 'logs/log.1', range, 0, low);
      };
      assert.is(found(bytes, 6), at);
      assert.is(found(bytes, 7), undefined, `at ${at}`);
      const broken = bytes.slice();
      broken[at + 20]! ^= 1;
      assert.is(found(broken, 6), undefined, `at ${at}`);
    }
  });
});
