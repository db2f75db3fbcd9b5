import { concatBytes } from '@vivarium/core/internal/base/bytes';
import type { LogEvent } from '@vivarium/core/internal/base/log-event';
import type { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { CommittedLog } from '@vivarium/core/internal/storage/committed-log';
import { recover } from '@vivarium/core/internal/storage/recovery';
import { RefusedStartError } from '@vivarium/core/internal/storage/refused-start';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { append, history, writeHistory, writerAfter, zxid } from './epoch-logs.js';
import { imageOf } from './image.js';
import { apacheFiles, freshDisk, writeLogs } from './log-parts.js';
import { diskOf, filesOf, smallStore, without } from './small-store.js';
import { crashed, recoveryOptions, replayed, Store } from './store.js';

const clean = filesOf(smallStore('shut down', { snapshotAfter: 3 }).disk);
const killed = filesOf(smallStore('killed', { preAllocSizeBytes: 300 }).disk);

function changed(
  files: ReadonlyMap<string, Uint8Array>,
  name: string,
  change: (bytes: Uint8Array) => Uint8Array,
): Map<string, Uint8Array> {
  return new Map(files).set(name, change(files.get(name)!.slice()));
}

const flipped = (at: number) => (bytes: Uint8Array) => {
  bytes[at]! ^= 1;
  return bytes;
};
const nothing = () => new Uint8Array(0);

const damages: Readonly<Record<string, MemoryDisk>> = {
  'a transaction that was durable': diskOf(changed(clean, 'logs/log.5', flipped(60))),
  'the header of a log': diskOf(changed(clean, 'logs/log.5', flipped(0))),
  'a log that is missing': without(clean, 'logs/log.5'),
  'logs that are all missing': without(clean, 'logs/log.1', 'logs/log.5'),
  'a log in the middle': gap(),
  'every snapshot': diskOf(
    new Map([...clean].map(([name, bytes]) => [name, /\/snapshot/.test(name) ? nothing() : bytes])),
  ),
  'snapshots that are all missing': diskOf(
    new Map([...clean].filter(([name]) => !/\/snapshot/.test(name))),
  ),
  'all but our own notes': diskOf(new Map([...clean].filter(([name]) => /vivarium/.test(name)))),
};

function gap(): MemoryDisk {
  const disk = freshDisk();
  writeLogs(disk, { from: 1, to: 3 }, { from: 4, to: 6 }, { from: 7, to: 9 });
  return without(filesOf(disk), 'logs/log.4');
}

suite('the start of a member of an ensemble', (test) => {
  for (const [what, disk] of Object.entries(damages)) {
    test(`with ${what} damaged or gone has nothing, and changes nothing`, () => {
      const before = filesOf(disk);
      let refusal: unknown;
      try {
        recover(disk, recoveryOptions());
      } catch (error) {
        refusal = error;
      }
      assert.instance(refusal, RefusedStartError, 'a server that stands alone is refused');
      const events: LogEvent[] = [];
      const committed = new CommittedLog();
      committed.add(5, 5, new Uint8Array(1));
      const recovered = recover(disk, { ...recoveryOptions(events), relearn: true, committed });
      assert.is(recovered.damage?.message, (refusal as Error).message);
      assert.equal(imageOf(recovered.database), imageOf(replayed([])));
      assert.not.ok(recovered.tailIsProof || recovered.isNew);
      assert.is(committed.size, 0);
      const told = events.filter(({ event }) => event === 'storage.relearn');
      assert.is(told.length, 1);
      assert.ok(told[0]!.message.includes(recovered.damage!.remedy));
      assert.equal(filesOf(disk), before);
    });
  }

  test('is refused all the same where no other copy helps', () => {
    const newer = (bytes: Uint8Array) => {
      bytes[7] = 9;
      return bytes;
    };
    const cases = [
      diskOf(changed(clean, 'logs/log.5', newer)),
      diskOf(new Map(clean).set('logs/snapshot.3', Uint8Array.of(1))),
      diskOf(new Map(clean).set('logs/log.9', clean.get('logs/log.5')!)),
    ];
    for (const disk of cases) {
      let refusal: unknown;
      try {
        recover(disk, { ...recoveryOptions(), relearn: true });
      } catch (error) {
        refusal = error;
      }
      assert.instance(refusal, RefusedStartError);
    }
  });

  test('with sound data is that of any server', () => {
    const disk = diskOf(clean);
    const { damage, database, isNew } = recover(disk, { ...recoveryOptions(), relearn: true });
    assert.is(damage, undefined);
    assert.is(database.lastZxid, 8n);
    assert.not.ok(isNew);
    assert.ok(recover(diskOf(new Map()), { ...recoveryOptions(), relearn: true }).isNew);
  });
});

suite('the end of a log that was recovered', (test) => {
  const isProof = (files: ReadonlyMap<string, Uint8Array>) =>
    recover(diskOf(files), recoveryOptions()).tailIsProof;

  test('is proof after a clean stop, a kill and a torn flush', () => {
    assert.ok(isProof(clean));
    assert.ok(isProof(killed));
    assert.ok(recover(freshDisk(), recoveryOptions()).tailIsProof);
    /* The last flush holds two transactions; half of it is lost. */
    const torn = changed(killed, 'logs/log.1', (bytes) => {
      const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
      return bytes.fill(0, end - 30, end);
    });
    const { tailIsProof, database } = recover(diskOf(torn), recoveryOptions());
    assert.ok(tailIsProof && database.lastZxid < 8n);
  });

  test('is none when bytes were cut off of which nothing tells whether they were durable', () => {
    const behind = changed(clean, 'logs/log.5', (bytes) => concatBytes([bytes, Uint8Array.of(7)]));
    assert.ok(isProof(behind), 'our own notes tell of everything that was durable');
    const theirs = apacheFiles(killed);
    assert.ok(isProof(theirs), 'zeros are no transaction');
    const bad = changed(theirs, 'logs/log.1', (bytes) => {
      const end = bytes.findLastIndex((byte) => byte !== 0) + 1;
      bytes[end - 5]! ^= 1;
      return bytes;
    });
    assert.not.ok(isProof(bad));
  });

  test('is proof or was warned of after a power cut', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const store = new Store({ seed });
      store.live(60);
      const events: LogEvent[] = [];
      const { tailIsProof } = recover(crashed(store.disk.disk, seed), recoveryOptions(events));
      const isWarned = events.some(({ event }) => event === 'storage.undecidable-tail-cut');
      assert.is(tailIsProof, !isWarned);
    }
  });
});

suite('the committed log after a start', (test) => {
  const lows = (committed: CommittedLog) => committed.after(-1, 0).map(({ zxidLow }) => zxidLow);

  test('holds the last transactions of the logs, as they stand there', () => {
    const disk = freshDisk();
    const entries = history([
      [1, 6],
      [2, 4],
    ]);
    writeHistory(disk, entries, new Set([3, 8]));
    const committed = new CommittedLog({ count: 6 });
    committed.add(9, 9, new Uint8Array(1));
    recover(disk, { ...recoveryOptions(), committed });
    const bytes = committed.after(0, 0).map((txn) => txn.bytes);
    assert.equal(
      bytes,
      entries.slice(-6).map((each) => each.bytes),
    );
  });

  test('begins where nothing proves that an epoch follows another', () => {
    const disk = freshDisk();
    const entries = history([
      [1, 3],
      [2, 4],
    ]);
    writeHistory(disk, entries, new Set([3]));
    for (const [files, expected] of [
      [filesOf(disk), [1, 2, 3, 1, 2, 3, 4]],
      [apacheFiles(filesOf(disk)), [1, 2, 3, 4]],
    ] as const) {
      const committed = new CommittedLog();
      recover(diskOf(files), { ...recoveryOptions(), committed });
      assert.equal(lows(committed), expected);
    }
    const unknown = freshDisk();
    append(writerAfter(undefined), unknown, entries.slice(0, 3));
    append(writerAfter(undefined), unknown, entries.slice(3));
    const committed = new CommittedLog();
    recover(unknown, { ...recoveryOptions(), committed });
    assert.equal(lows(committed), [1, 2, 3, 4]);
    assert.is(committed.newest?.zxidHigh, Number(zxid(2, 0) >> 32n));
  });
});
