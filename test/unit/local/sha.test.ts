import { createHash, createHmac } from 'node:crypto';
import { Random } from '@vivarium/core/internal/local/random';
import { hmacSha256, sha1, sha256 } from '@vivarium/core/internal/local/sha';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const random = new Random(1, 'samples');
const samples = Array.from({ length: 150 }, (_, length) => random.bytes(length));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

suite('the hashes without a host', (test) => {
  test("are those of Node's crypto for every length around a block", () => {
    for (const sample of samples) {
      assert.is(hex(sha1(sample)), createHash('sha1').update(sample).digest('hex'));
      assert.is(hex(sha256(sample)), createHash('sha256').update(sample).digest('hex'));
    }
  });

  test('make the same HMAC, with short keys and long ones', () => {
    for (const key of samples) {
      const theirs = createHmac('sha256', key).update(samples[77]!).digest('hex');
      assert.is(hex(hmacSha256(key, samples[77]!)), theirs);
    }
  });
});
