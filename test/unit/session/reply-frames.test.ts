import { ReplyFrames } from '@vivarium/core/internal/session/reply-frames';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

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
