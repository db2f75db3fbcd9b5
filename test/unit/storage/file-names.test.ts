import {
  cutFileOf,
  logFactsFileOf,
  logFileOf,
  oldLogFileOf,
  oldSnapshotFileOf,
  parseFileName,
  receivedFileOf,
  snapshotFactsFileOf,
  snapshotFileOf,
} from '@vivarium/core/internal/storage/file-names';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const zxid = 0x1_0000_00abn;

suite('file names', (test) => {
  test('are those of ZooKeeper, and ours where ZooKeeper does not look', () => {
    assert.is(logFileOf(zxid), 'logs/log.1000000ab');
    assert.is(snapshotFileOf(0n), 'snapshots/snapshot.0');
    assert.is(logFactsFileOf(zxid), 'logs/vivarium-log.1000000ab');
    assert.is(cutFileOf(zxid, 1234), 'logs/vivarium-cut.1000000ab.1234');
    assert.is(
      snapshotFactsFileOf(zxid, 0xdead_beef),
      'snapshots/vivarium-snapshot.1000000ab.deadbeef',
    );
  });

  test('are read back', () => {
    const kinds = {
      log: logFileOf(zxid),
      'log-facts': logFactsFileOf(zxid),
      cut: cutFileOf(zxid, 16),
      snapshot: snapshotFileOf(zxid),
      'snapshot-facts': snapshotFactsFileOf(zxid, 1),
      received: receivedFileOf(zxid, 0xdead_beef),
      'old-log': oldLogFileOf(zxid),
      'old-snapshot': oldSnapshotFileOf(snapshotFileOf(zxid)),
      'compressed-snapshot': `${snapshotFileOf(zxid)}.gz`,
    };
    for (const [kind, file] of Object.entries(kinds)) {
      assert.equal(parseFileName(file.slice(file.indexOf('/') + 1)), { kind, zxid });
    }
    for (const end of ['gz', 'snappy']) {
      const compressed = `${snapshotFileOf(zxid)}.${end}`;
      const kept = `vivarium-old-snapshot.1000000ab.${end}`;
      assert.is(oldSnapshotFileOf(compressed), `snapshots/${kept}`);
      assert.equal(parseFileName(kept), { kind: 'old-snapshot', zxid });
    }
    assert.is(parseFileName('snapshot.7fffffffffffffff')?.zxid, 2n ** 63n - 1n);
  });

  for (const name of [
    'log',
    'log.',
    'log.G',
    'log.0A',
    'log.00',
    'log.05',
    'log.-1',
    'log.5.fixed',
    'log.8000000000000000',
    'log.10000000000000000',
    'snapshot.5.tmp',
    'snapshot.5.gz.gz',
    'vivarium-old-snapshot.5.tmp',
    'log.5.gz',
    'vivarium-snapshot.5',
    'vivarium-cut.5',
    'vivarium-log.5.6',
    'vivarium-received.5',
    'vivarium-old-log.5.6',
    'currentEpoch',
    'constructor.5',
    '',
  ]) {
    test(`'${name}' means nothing`, () => assert.is(parseFileName(name), undefined));
  }
});
