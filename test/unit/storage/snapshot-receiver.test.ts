import { concatBytes } from '@vivarium/core/internal/base/bytes';
import { SnapshotReceiver } from '@vivarium/core/internal/storage/snapshot-receiver';
import { NO_SINK } from '@vivarium/core/internal/tree/changes';
import { Database } from '@vivarium/core/internal/tree/database';
import { MalformedError } from '@vivarium/core/internal/wire/reader';
import { Writer } from '@vivarium/core/internal/wire/writer';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { Random } from '../tree/random.js';
import { imageOf } from './image.js';
import { filledTree, sentTree, treeOptions } from './sent-tree.js';

function receiverOf({ lastZxidHigh, lastZxidLow }: Database): SnapshotReceiver {
  return new SnapshotReceiver(lastZxidHigh, lastZxidLow, treeOptions);
}

suite('the snapshot receiver', (test) => {
  const db = filledTree(1, 150);
  const bytes = sentTree(db);

  test('takes bytes one by one', () => {
    const receiver = receiverOf(db);
    for (let i = 0; i < bytes.length - 1; i++) {
      assert.is(receiver.push(bytes.subarray(i, i + 1)), undefined);
      assert.not.ok(receiver.done);
    }
    assert.equal(receiver.push(bytes.subarray(bytes.length - 1)), new Uint8Array(0));
    assert.ok(receiver.done);
    assert.is(receiver.readBytes, bytes.length);
    assert.equal(imageOf(receiver.database), imageOf(db));
  });

  test('takes any cuts, and gives back what stands behind the signature', () => {
    const random = new Random(7);
    const behind = Uint8Array.of(1, 2, 3, 4, 5);
    const stream = concatBytes([bytes, behind]);
    for (let round = 0; round < 100; round++) {
      const receiver = receiverOf(db);
      const most = random.pick([1, 3, 40, 700, 5000, stream.length]);
      let at = 0;
      let rest: Uint8Array | undefined;
      while (rest === undefined) {
        assert.ok(at < bytes.length);
        const end = Math.min(stream.length, at + 1 + random.below(most));
        /* A copy, as each would come from a socket. */
        rest = receiver.push(stream.slice(at, end));
        at = end;
      }
      assert.equal(rest, behind.subarray(0, at - bytes.length));
      assert.equal(imageOf(receiver.database), imageOf(db));
    }
  });

  test('is not whole before the last byte of the signature', () => {
    const receiver = receiverOf(db);
    assert.is(receiver.push(bytes.subarray(0, bytes.length - 1)), undefined);
    assert.not.ok(receiver.done);
    assert.throws(() => receiver.database, /whole/);
  });

  test('keeps the lists that nodes use and no others', () => {
    const receiver = receiverOf(db);
    receiver.push(bytes);
    assert.equal([...receiver.database.acls.entries()].sort(), [...db.acls.entries()].sort());
  });

  test('is refused or differs, but never breaks, whatever bit is flipped', () => {
    const small = filledTree(2, 12);
    const good = sentTree(small);
    let refused = 0;
    for (let bit = 0; bit < 8 * good.length; bit++) {
      const flipped = good.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      try {
        receiverOf(small).push(flipped);
      } catch (error) {
        assert.instance(error, MalformedError, `bit ${bit}: ${error}`);
        assert.match((error as Error).message, /^at byte \d+ of the snapshot: /);
        refused++;
      }
    }
    assert.ok(refused > good.length, `${refused}`);
  });

  test('says where it is not sound', () => {
    const end = bytes.slice();
    end[bytes.length - 3]! ^= 1;
    const pattern = /^at byte \d+ of the snapshot: the signature is missing$/;
    assert.throws(() => receiverOf(db).push(end), pattern);
    const out = new Writer();
    out.int(0);
    out.int(0);
    out.string('/a');
    assert.throws(() => receiverOf(db).push(concatBytes([out.copy(), bytes])), /at byte 14 of/);
  });

  test('refuses counts and lengths that cannot be', () => {
    const ints = (...values: number[]) => {
      const out = new Writer();
      for (const value of values) out.int(value);
      return out.copy();
    };
    const cases: readonly (readonly [Uint8Array, RegExp])[] = [
      [ints(-1), /count -1/],
      [ints(0, -2), /count -2/],
      [ints(0, 1, 0, 5, -1), /count -1/],
      [ints(0, 1, 0, 5, 1, 31, -9), /length -9/],
      [ints(0, 1, 0, 5, 1, 31, 0, -2), /length -2/],
      [ints(0, 1, 0, 5, 1, 31, 0x7fff_ffff), /unreasonable length/],
      [ints(0, 0, -5), /length -5/],
      [ints(0, 0, 0x7000_0000), /unreasonable length/],
      [ints(0, 0, 0, 0x7000_0000), /unreasonable length/],
    ];
    for (const [start, pattern] of cases) {
      assert.throws(() => receiverOf(db).push(start), pattern);
    }
  });

  test('takes no memory for what has only been announced', () => {
    const receivers: SnapshotReceiver[] = [];
    const out = new Writer();
    out.int(0x7fff_ffff);
    const before = process.memoryUsage();
    for (let i = 0; i < 50; i++) {
      const many = receiverOf(db);
      many.push(out.copy());
      receivers.push(many);
    }
    const large = new Writer();
    for (const value of [0, 0, 0, 200 << 20, 1]) large.int(value);
    for (let i = 0; i < 20; i++) {
      const one = receiverOf(db);
      one.push(large.copy());
      receivers.push(one);
    }
    const after = process.memoryUsage();
    const grown = after.arrayBuffers - before.arrayBuffers + after.heapUsed - before.heapUsed;
    assert.ok(grown < 300 << 20, `${grown} bytes for ${receivers.length}`);
  });

  test('a large node in many small pieces costs no more than its bytes', (t) => {
    const large = new Database(treeOptions);
    large.applyCreate('/l', new Uint8Array(4 << 20), -1, 0, 0, -1, 0, 1, 1, NO_SINK);
    const stream = sentTree(large);
    const receiver = receiverOf(large);
    const { set } = Uint8Array.prototype;
    t.cleanup(() => {
      Uint8Array.prototype.set = set;
    });
    let moved = 0;
    Uint8Array.prototype.set = function (this: Uint8Array, from: ArrayLike<number>, at?: number) {
      moved += from.length;
      set.call(this, from, at);
    };
    /* Moving all that has come each time would move 8 GiB here. */
    for (let at = 0; at < stream.length; at += 1024) {
      receiver.push(stream.subarray(at, Math.min(stream.length, at + 1024)));
    }
    assert.ok(moved < 6 * stream.length, `${moved} bytes moved`);
    assert.equal(imageOf(receiver.database), imageOf(large));
  });
});
