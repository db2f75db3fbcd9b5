import { FrameSplitter } from '@vivarium/core/internal/wire/framing';
import { MalformedError } from '@vivarium/core/internal/wire/reader';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

function framed(...bodies: readonly (readonly number[])[]): Uint8Array {
  return Uint8Array.from(bodies.flatMap((body) => [0, 0, 0, body.length, ...body]));
}

function taken(frames: FrameSplitter): number[][] {
  const all: number[][] = [];
  for (let one = frames.next(); one !== undefined; one = frames.next()) all.push([...one]);
  return all;
}

suite('frames', (test) => {
  const bodies = [[1, 2, 3], [], [4], [5, 6, 7, 8, 9, 10, 11]];
  const stream = framed(...bodies);

  test('come out as they went in, in pieces of any size', () => {
    for (let size = 1; size <= stream.length; size++) {
      const frames = new FrameSplitter(100);
      const found: number[][] = [];
      for (let at = 0; at < stream.length; at += size) {
        frames.push(stream.slice(at, at + size));
        found.push(...taken(frames));
      }
      assert.equal(found, bodies, `pieces of ${size}`);
      assert.is(frames.buffered, 0);
    }
  });

  test('come out as they went in, cut at any two places and pushed together', () => {
    for (let a = 0; a <= stream.length; a++) {
      for (let b = a; b <= stream.length; b++) {
        const frames = new FrameSplitter(100);
        for (const piece of [stream.slice(0, a), stream.slice(a, b), stream.slice(b)]) {
          frames.push(piece);
        }
        assert.equal(taken(frames), bodies, `cut at ${a} and ${b}`);
      }
    }
  });

  test('of the greatest length pass, and one byte more is refused by the length alone', () => {
    const frames = new FrameSplitter(3);
    frames.push(framed([1, 2, 3]));
    assert.equal(taken(frames), [[1, 2, 3]]);
    frames.push(Uint8Array.of(0, 0, 0, 4));
    assert.throws(() => frames.next(), isMalformed);
  });

  test('of a negative length are refused, also when it comes in pieces', () => {
    for (const size of [1, 2, 3, 4]) {
      const frames = new FrameSplitter(100);
      const length = Uint8Array.of(255, 255, 255, 255);
      assert.throws(() => {
        for (let at = 0; at < 4; at += size) {
          frames.push(length.slice(at, at + size));
          frames.next();
        }
      }, isMalformed);
    }
  });
});

function isMalformed(error: unknown): boolean {
  return error instanceof MalformedError;
}
