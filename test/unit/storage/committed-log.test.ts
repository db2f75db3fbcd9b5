import { CommittedLog } from '@vivarium/core/internal/storage/committed-log';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { Random } from '../tree/random.js';

const lows = (log: CommittedLog, high = 0, low = 0) =>
  log.after(high, low).map(({ zxidLow }) => zxidLow);

suite('the committed log', (test) => {
  test('keeps as many as it is to, the newest ones', () => {
    const log = new CommittedLog({ count: 3 });
    assert.is(log.size, 0);
    assert.is(log.oldest, undefined);
    assert.is(log.newest, undefined);
    assert.equal(log.after(0, 0), []);
    assert.is(log.upTo(9, 9), undefined);
    for (let i = 1; i <= 5; i++) log.add(1, i, Uint8Array.of(i));
    assert.is(log.size, 3);
    assert.is(log.byteCount, 3);
    assert.equal(log.oldest, { zxidHigh: 1, zxidLow: 3, bytes: Uint8Array.of(3) });
    assert.equal(log.newest, { zxidHigh: 1, zxidLow: 5, bytes: Uint8Array.of(5) });
    assert.is(new CommittedLog().size, 0);
  });

  test('keeps 500 when nothing else is said, and none when told so', () => {
    const log = new CommittedLog();
    const none = new CommittedLog({ count: 0 });
    for (let i = 1; i <= 2000; i++) {
      log.add(1, i, new Uint8Array(1));
      none.add(1, i, new Uint8Array(1));
    }
    assert.is(log.size, 500);
    assert.is(log.oldest?.zxidLow, 1501);
    assert.is(none.size, 0);
    assert.is(none.newest, undefined);
    assert.is(none.byteCount, 0);
  });

  test('keeps no more bytes than it is to, but always the newest transaction', () => {
    const log = new CommittedLog({ bytes: 100 });
    for (let i = 1; i <= 5; i++) log.add(1, i, new Uint8Array(40));
    assert.equal(lows(log), [4, 5]);
    log.add(1, 6, new Uint8Array(1000));
    assert.equal(lows(log), [6]);
    assert.is(log.byteCount, 1000);
    log.add(1, 7, new Uint8Array(40));
    assert.equal(lows(log), [7]);
    assert.is(log.byteCount, 40);
  });

  test('gives what comes after a zxid, and what comes up to it', () => {
    const log = new CommittedLog();
    for (const [high, low] of [
      [1, -1],
      [2, 0],
      [2, 1],
      [2, 2],
      [5, 1],
    ] as const) {
      log.add(high, low, new Uint8Array(1));
    }
    assert.equal(lows(log, 2, 1), [2, 1]);
    assert.equal(lows(log, 1, -2), [-1, 0, 1, 2, 1]);
    assert.equal(lows(log, 3, 7), [1]);
    assert.equal(lows(log, 5, 1), []);
    assert.equal(lows(log, -1, -1), [-1, 0, 1, 2, 1]);
    assert.is(log.upTo(1, -2), undefined);
    assert.equal([log.upTo(1, -1)?.zxidHigh, log.upTo(1, -1)?.zxidLow], [1, -1]);
    assert.equal([log.upTo(4, 0)?.zxidHigh, log.upTo(4, 0)?.zxidLow], [2, 2]);
    assert.is(log.upTo(9, 0)?.zxidHigh, 5);
  });

  test('a list that was taken keeps its transactions', () => {
    const log = new CommittedLog({ count: 2 });
    log.add(1, 1, Uint8Array.of(1));
    log.add(1, 2, Uint8Array.of(2));
    const taken = log.after(0, 0);
    for (let i = 3; i < 1000; i++) log.add(1, i, Uint8Array.of(0));
    assert.equal(
      taken.map(({ bytes }) => bytes[0]),
      [1, 2],
    );
  });

  test('leaves no gap (ZOOKEEPER-4925)', () => {
    for (const [high, low] of [
      [1, 7],
      [1, 5],
      [1, 4],
      [2, 2],
      [0, 6],
      [2, 0],
    ] as const) {
      const log = new CommittedLog();
      log.add(1, 5, new Uint8Array(1));
      assert.throws(() => log.add(high, low, new Uint8Array(1)), /left out/, `${high} ${low}`);
      assert.is(log.size, 1);
    }
    const log = new CommittedLog();
    log.add(1, 5, new Uint8Array(1));
    log.clear();
    log.add(7, 7, new Uint8Array(1));
    assert.is(log.size, 1);
    assert.is(log.byteCount, 1);
  });

  test('is a window over the history, whatever its limits', () => {
    const random = new Random(11);
    for (let round = 0; round < 50; round++) {
      const limits = { count: 1 + random.below(400), bytes: 1 + random.below(3000) };
      const log = new CommittedLog(limits);
      const sizes: number[] = [];
      for (let i = 1; i < 1500; i++) {
        const size = random.below(20);
        sizes.push(size);
        log.add(3, i, new Uint8Array(size));
        assert.is(log.newest?.zxidLow, i);
        const kept = sizes.slice(-log.size);
        const sum = kept.reduce((a, b) => a + b, 0);
        assert.is(log.byteCount, sum);
        assert.ok(log.size <= limits.count && (sum <= limits.bytes || log.size === 1));
        const before = sizes.at(-log.size - 1);
        const isFull = log.size === limits.count;
        assert.ok(before === undefined || isFull || sum + before > limits.bytes, 'too few');
      }
      const from = 1500 - log.size + random.below(log.size);
      assert.is(lows(log, 3, from).length, 1499 - from);
    }
  });
});
