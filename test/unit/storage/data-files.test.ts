import { DataFiles } from '@vivarium/core/internal/storage/data-files';
import type { DiskReader } from '@vivarium/core/internal/storage/disk';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

/** One folder behind both prefixes, in which a server makes a file after each look into it. */
function busyFolder(): DiskReader {
  const names = ['snapshot.0', 'log.1', 'vivarium-log.1'];
  return {
    isOneFolder: true,
    list: () => {
      const seen = names.map((name) => ({ name, size: 0 }));
      names.push(`snapshot.${names.length}`);
      return seen;
    },
    read: () => new Uint8Array(0),
  };
}

suite('what stands in the folders', (test) => {
  test('is told of one folder that changes while it is looked at', () => {
    const files = new DataFiles(busyFolder());
    assert.equal(
      files.of('snapshot').map(({ file }) => file),
      ['snapshots/snapshot.0'],
    );
    assert.equal(
      files.of('log').map(({ file }) => file),
      ['logs/log.1'],
    );
  });

  test('is refused of two folders when one has files of the other, whatever else is alike', () => {
    const both = [{ name: 'log.1', size: 0 }];
    const alike: DiskReader = { list: () => both, read: () => new Uint8Array(0) };
    assert.throws(() => new DataFiles(alike), /a log among the snapshots/);
  });
});
