import { gzipSync } from 'node:zlib';
import { fromHex } from '@vivarium/core/internal/base/bytes';
import { ADLER_START, adler32 } from '@vivarium/core/internal/storage/adler32';
import { ExpandingWindow } from '@vivarium/core/internal/storage/expanding-window';
import { installSteps } from '@vivarium/core/internal/storage/snapshot-install';
import { readSnapshot } from '@vivarium/core/internal/storage/snapshot-reader';
import { planTruncation } from '@vivarium/core/internal/storage/truncation';
import * as assert from 'uvu/assert';
import { snappyOf } from '../../support/snappy-of.js';
import { suite } from '../../support/suite.js';
import { imageOf } from './image.js';
import { diskOf, filesOf, type Start, smallStore, startOn } from './small-store.js';
import { recoveryOptions } from './store.js';

/** `snapshot.3.gz` and `snapshot.3.snappy` of Apache ZooKeeper 3.9.5, with /app and /app/lock. */
const byApache = {
  gz: `1f8b08000000000000ff8bf20ef663606060fa0f05403623230383f89f2e208b618e03488e01021891306b797e51
    4e0a90c1969857999f970a55c2049596c7ad8401c926620023163190352cfa89050540ba22312979401092
    5bd068c645ba93163721689cfe6006624e903ff473f293b3419ecacd44094b9822280d36703b824609256894
    c1f570e957e5e767a7a616a4168184480c765c401061aa7e727e5e5a663aaa2b8803381c22806478616
    97e4922151dcea80f22937f36ef8273182001054eb4bfcb260a8304369ee99887ae8041c8bdbb042c0800
    7a9c11f42e030000`,
  snappy: `82534e41505059000000000100000001
    0000011dae06205a4b534e00000002ff0d013c000000010100001823c6000000009c40011c010a01181d043c
    05776f726c6400000006616e796f6e6501200d2b0127081f00005e230000000d69016a8e0100014f3e01000192
    2c042f61707000000078616263fe0300d203000d95018c01011d081801a22d92b99800150805014ec80010
    030000000901c8282f6c6f636b000000046d69324c0101010125010100030d5100af1908190139b305010134
    280a2f7a6f6f6b65657065720114ba77015e010000111956182f636f6e6669671d2a4ee400520100018d4a
    190000101d5d1071756f74610124012c0101010cea010004012f013d0ca64582f641c7050d040000252925
    ba08ec39c701101000d419877a3e2100240011bc899b000000012f`,
} as const;

const compressions = {
  gz: (bytes: Uint8Array): Uint8Array => gzipSync(bytes),
  snappy: (bytes: Uint8Array): Uint8Array => snappyOf(bytes, 100),
} as const;

/** A folder of Apache's, in which only a compressed snapshot has what was before it. */
function compressed(
  files: ReadonlyMap<string, Uint8Array>,
  how: keyof typeof compressions,
  change = (bytes: Uint8Array) => bytes,
): Map<string, Uint8Array> {
  const all = new Map([...files].filter(([name]) => !name.includes('vivarium')));
  all.delete('snapshots/snapshot.0');
  all.delete('logs/log.1');
  all.delete('snapshots/snapshot.4');
  const bytes = compressions[how](files.get('snapshots/snapshot.4')!);
  return all.set(`snapshots/snapshot.4.${how}`, change(bytes));
}

function warnings({ events }: Start): readonly string[] {
  return events.filter(({ level }) => level === 'warn').map(({ message }) => message);
}

suite('compressed snapshots', (test) => {
  const { disk, images } = smallStore('shut down', { snapshotAfter: 3 });
  const files = filesOf(disk);

  for (const how of ['gz', 'snappy'] as const) {
    test(`of Apache ZooKeeper are read: ${how}`, () => {
      const bytes = fromHex(byApache[how]);
      const file = `snapshots/snapshot.3.${how}`;
      const one = diskOf(new Map([[file, bytes]]));
      const options = { extendedTypes: true, digest: true };
      const { database, digest } = readSnapshot(one, file, bytes.length, 3n, options);
      const { tree, sessions } = database;
      assert.is(new TextDecoder().decode(tree.data(tree.find('/app'))!), 'abc'.repeat(40));
      assert.ok(tree.find('/app/lock') > 0);
      assert.equal([...sessions.values()], [40_000]);
      assert.is(digest!.digest, tree.digest);
    });

    test(`are what a start begins with, and stay as they are: ${how}`, () => {
      const folder = compressed(files, how);
      const one = diskOf(folder);
      const start = startOn(one);
      assert.is(start.refusal?.message, undefined);
      assert.equal(start.image, images[8]);
      assert.equal(warnings(start), []);
      const after = filesOf(one);
      for (const [name, bytes] of folder) assert.equal(after.get(name), bytes, name);
      assert.equal(startOn(one).image, images[8]);
    });

    test(`are passed over when they are damaged anywhere: ${how}`, () => {
      const folder = (change: (bytes: Uint8Array) => Uint8Array) =>
        new Map(files).set(
          `snapshots/snapshot.4.${how}`,
          compressed(files, how, change).get(`snapshots/snapshot.4.${how}`)!,
        );
      const { length } = compressions[how](files.get('snapshots/snapshot.4')!);
      const withoutPlain = (all: Map<string, Uint8Array>) => {
        all.delete('snapshots/snapshot.4');
        return diskOf(all);
      };
      for (let size = 0; size < length; size++) {
        const start = startOn(withoutPlain(folder((bytes) => bytes.slice(0, size))));
        assert.equal(start.image, images[8], `cut to ${size}`);
        const [warning = ''] = warnings(start);
        assert.match(warning, `snapshots/snapshot.4.${how} cannot be used`);
      }
      for (let at = 0; at < length; at += 3) {
        const flip = (bytes: Uint8Array) => {
          const changed = Uint8Array.from(bytes);
          changed[at]! ^= 0x10;
          return changed;
        };
        assert.equal(startOn(withoutPlain(folder(flip))).image, images[8], `byte ${at}`);
      }
    });
  }

  test('are read behind the plain one of the same zxid, when that is bad', () => {
    const both = compressed(files, 'gz').set('snapshots/snapshot.4', new Uint8Array(3));
    const start = startOn(diskOf(both));
    assert.equal(start.image, images[8]);
    assert.match(warnings(start)[0] ?? '', 'snapshots/snapshot.4 cannot be used');
    const plain = files.get('snapshots/snapshot.4')!;
    const good = startOn(diskOf(new Map(both).set('snapshots/snapshot.4', plain)));
    assert.equal(warnings(good), []);
  });

  test('say where they are damaged', () => {
    const plain = files.get('snapshots/snapshot.4')!;
    const changed = Uint8Array.from(plain);
    changed[plain.length - 40]! ^= 1;
    const cases = [
      [gzipSync(plain).subarray(0, 200), /gzip compression is damaged at byte 200 of the file/],
      [snappyOf(plain, 100).subarray(0, 200), /snappy compression is damaged at byte 200 of/],
      [gzipSync(changed), /at byte \d+ of what is in it: the checksum does not match/],
      [gzipSync(plain.subarray(0, 100)), /of what is in it: the file ends too early/],
      [gzipSync(Buffer.concat([plain, Buffer.alloc(90_000)])), /too many bytes|\d+ bytes behind/],
      [gzipSync('a letter'), /at byte 0 of what is in it: the file ends too early/],
      [plain.subarray(0, 4), /at byte 0: the file ends too early/],
    ] as const;
    for (const [bytes, pattern] of cases) {
      const folder = compressed(files, 'gz').set('snapshots/snapshot.4.gz', bytes);
      const start = startOn(diskOf(folder));
      assert.is(start.refusal?.file, 'snapshots/snapshot.4.gz');
      assert.match(warnings(start)[0] ?? '', pattern);
    }
  });

  test('are set aside when a snapshot of a leader takes the place of all', () => {
    const folder = compressed(files, 'gz');
    folder.set('snapshots/snapshot.4.snappy', folder.get('snapshots/snapshot.4.gz')!);
    folder.set('snapshots/vivarium-draft', files.get('snapshots/snapshot.0')!);
    const one = diskOf(folder);
    one.perform(installSteps(one, { startZxid: 0n, checksum: 7 }));
    const names = [...filesOf(one).keys()].sort();
    assert.equal(names, [
      'logs/vivarium-old-log.5',
      'snapshots/snapshot.0',
      'snapshots/vivarium-old-snapshot.4.gz',
      'snapshots/vivarium-old-snapshot.4.snappy',
    ]);
    assert.is(startOn(one).count, 0);
  });

  test('are what a history is cut down to, and go when they show what is cut off', () => {
    const folder = compressed(files, 'gz');
    const late = compressions.snappy(files.get('snapshots/snapshot.4')!);
    const one = diskOf(folder.set('snapshots/snapshot.7.snappy', late));
    const { steps, recovered } = planTruncation(one, 5n, recoveryOptions());
    assert.equal(imageOf(recovered.database), images[5]);
    const gone = steps.flatMap((each) => (each.step === 'remove' ? [each.file] : []));
    assert.equal(gone, ['snapshots/snapshot.7.snappy']);
    one.perform(steps);
    assert.equal(startOn(one).image, images[5]);
  });

  test('belong into the folder of snapshots', () => {
    const stray = new Map(files).set('logs/snapshot.4.gz', new Uint8Array(9));
    assert.match(startOn(diskOf(stray)).refusal?.message ?? '', /a snapshot among the logs/);
  });

  test('are read a piece at a time, and little of them is in memory', () => {
    const size = 8 << 20;
    const content = Uint8Array.from({ length: size }, (_, at) => (at * at) >> 9);
    for (const [compression, bytes] of [
      ['gzip', gzipSync(content)],
      ['snappy', snappyOf(content)],
    ] as const) {
      const one = diskOf(new Map([['snapshots/snapshot.4', bytes]]));
      const window = new ExpandingWindow(one, 'snapshots/snapshot.4', bytes.length, compression);
      let largest = 0;
      for (; window.ensure(5000); window.position += 5000) {
        largest = Math.max(largest, window.bytes.length);
      }
      assert.is(window.left, size % 5000);
      window.position = window.end;
      assert.is(window.checksum, adler32(ADLER_START, content, 0, size));
      assert.ok(largest <= 1 << 18, `${largest} bytes`);
    }
  });
});
