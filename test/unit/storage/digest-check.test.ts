import { DigestCheck } from '@vivarium/core/internal/storage/digest-check';
import { Database } from '@vivarium/core/internal/tree/database';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

function mismatchesOf(zxid: bigint, digest: (right: bigint) => bigint): number {
  const database = new Database({ extendedTypes: true, digest: true });
  database.advanceTo(0, Number(zxid));
  const snapshot = { zxid, version: 2, digest: digest(database.tree.digest) };
  const log = () => {};
  return new DigestCheck({ database, enabled: true, snapshot, exactFrom: zxid, log }).mismatches;
}

suite('the digest in a snapshot', (test) => {
  test('is compared with that of the tree', () => {
    const right = mismatchesOf(3n, (digest) => digest);
    const wrong = mismatchesOf(3n, (digest) => digest + 1n);
    assert.equal([right, wrong], [0, 1]);
  });

  test('means nothing before the first transaction: an Apache server writes zero then', () => {
    assert.is(
      mismatchesOf(0n, () => 0n),
      0,
    );
  });
});
