import { withChroot, withoutChroot } from '@vivarium/core/internal/session/chroot';
import { ReplyFrames } from '@vivarium/core/internal/session/reply-frames';
import { ServerChoice } from '@vivarium/core/internal/session/server-choice';
import { WatchRegistry } from '@vivarium/core/internal/session/watch-registry';
import { eventTypes } from '@vivarium/core/internal/wire/events';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { Reader } from '@vivarium/core/internal/wire/reader';
import { SetWatches, SetWatches2 } from '@vivarium/core/internal/wire/records';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('a chroot', (test) => {
  test('is added and taken away again', () => {
    for (const chroot of ['', '/app', '/app/x']) {
      for (const path of ['/', '/a', '/app', '/a/b']) {
        assert.is(withoutChroot(chroot, withChroot(chroot, path)), path);
      }
    }
    assert.is(withChroot('/app', '/'), '/app');
    assert.is(withoutChroot('/app', '/apple/x'), '/apple/x');
  });
});

suite('frames from a server', (test) => {
  const frame = (length: number) => {
    const bytes = new Uint8Array(4 + length).fill(length & 0xff, 4);
    new DataView(bytes.buffer).setInt32(0, length);
    return bytes;
  };
  const all = [0, 1, 16, 50, 51, 300, 3, 4_000, 20].map(frame);
  const stream = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  all.reduce((at, bytes) => {
    stream.set(bytes, at);
    return at + bytes.length;
  }, 0);

  for (const size of [1, 2, 3, 5, 7, 19, 64, 1_000, 10_000]) {
    test(`are found in pieces of ${size} bytes, those too long by their header`, () => {
      const frames = new ReplyFrames(50);
      const seen: number[] = [];
      for (let at = 0; at < stream.length; at += size) {
        frames.push(stream.subarray(at, at + size));
        for (let next = frames.next(); next !== undefined; next = frames.next()) {
          const { bytes, oversizeBytes } = next;
          assert.ok(bytes.every((byte) => byte === ((oversizeBytes || bytes.length) & 0xff)));
          assert.is(bytes.length, oversizeBytes > 0 ? 16 : bytes.length);
          seen.push(oversizeBytes > 0 ? -oversizeBytes : bytes.length);
        }
      }
      assert.equal(seen, [0, 1, 16, 50, -51, -300, 3, -4_000, 20]);
    });
  }

  test('of a negative length are refused', () => {
    const frames = new ReplyFrames(50);
    frames.push(Uint8Array.of(255, 255, 255, 255));
    assert.throws(() => frames.next(), /negative/);
  });
});

suite('the choice of servers', (test) => {
  const half = () => 0.5;

  test('goes round all of them, shuffled unless told otherwise', () => {
    let n = 0;
    const random = () => (n++ % 7) / 7;
    const choice = new ServerChoice(5, false, random);
    const round = Array.from({ length: 5 }, () => choice.take());
    assert.equal([...round].sort(), [0, 1, 2, 3, 4]);
    assert.is.not(round.join(), '0,1,2,3,4');
    assert.equal(
      Array.from({ length: 5 }, () => choice.take()),
      round,
    );
    const kept = new ServerChoice(3, true, half);
    assert.equal([kept.take(), kept.take(), kept.take(), kept.take()], [0, 1, 2, 0]);
  });

  test('waits longer after each round of failures, up to a limit, and starts over', () => {
    const choice = new ServerChoice(2, true, half);
    const delays: number[] = [];
    for (let i = 0; i < 20; i++) {
      delays.push(choice.delayMs());
      choice.failed();
    }
    assert.equal(delays.slice(0, 8), [50, 50, 150, 150, 300, 300, 600, 600]);
    assert.is(delays.at(-1), 1_500);
    choice.succeeded();
    assert.is(choice.delayMs(), 50);
  });

  test('suspects servers only when all have hung up for long enough', () => {
    const choice = new ServerChoice(2, true, half);
    choice.hungUp(0, 0);
    assert.not(choice.isSuspicious(0, 10_000));
    choice.hungUp(1, 100);
    assert.not(choice.isSuspicious(0, 4_999));
    assert.ok(choice.isSuspicious(0, 5_000));
    choice.isBehind(0);
    assert.not(choice.isSuspicious(0, 5_000) || choice.diverged);
    choice.isBehind(1);
    assert.ok(choice.diverged);
    choice.succeeded();
    assert.not(choice.diverged);
  });
});

suite('the registry of watches', (test) => {
  test('asks by the older operation unless a persistent watch is among them', () => {
    const registry = new WatchRegistry();
    registry.add('data', '/a');
    registry.add('child', '/a');
    const [plain] = registry.rearmRequests(5n);
    assert.is(plain!.opcode, opcodes.setWatches);
    assert.equal(SetWatches.read(new Reader(plain!.payload)), {
      relativeZxid: 5n,
      dataWatches: ['/a'],
      existWatches: [],
      childWatches: ['/a'],
    });
    registry.add('recursive', '/b');
    const [mixed] = registry.rearmRequests(5n);
    assert.is(mixed!.opcode, opcodes.setWatches2);
    const read = SetWatches2.read(new Reader(mixed!.payload));
    assert.equal(read.persistentRecursiveWatches, ['/b']);
  });

  test('keeps each request below 128 KiB, and leaves none out', () => {
    const registry = new WatchRegistry();
    const paths = Array.from({ length: 5_000 }, (_, i) => `/${'ü'.repeat(60)}${i}`);
    for (const path of paths) registry.add('data', path);
    const requests = registry.rearmRequests(1n);
    assert.ok(requests.length > 1);
    for (const { payload } of requests) assert.ok(payload.length <= 128 * 1024 + 64);
    assert.equal(
      requests.flatMap(({ watches }) => watches.map(([, path]) => path)),
      paths,
    );
  });

  test('loses with an event what the server has used up, and nothing else', () => {
    const kinds = ['data', 'exist', 'child', 'persistent', 'recursive'] as const;
    const left = (event: number) => {
      const registry = new WatchRegistry();
      for (const kind of kinds) registry.add(kind, '/a');
      registry.fired(event, '/a');
      return kinds.filter((kind) => registry.has(kind, '/a')).join(' ');
    };
    assert.is(left(eventTypes.nodeCreated), 'child persistent recursive');
    assert.is(left(eventTypes.nodeDataChanged), 'child persistent recursive');
    assert.is(left(eventTypes.nodeDeleted), 'persistent recursive');
    assert.is(left(eventTypes.nodeChildrenChanged), 'data exist persistent recursive');
  });
});
