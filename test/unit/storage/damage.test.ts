import { concatBytes } from '@vivarium/core/internal/base/bytes';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { Random } from '../tree/random.js';
import { diskOf, filesOf, smallStore, startOn } from './small-store.js';

const CUT = /^storage\.(torn|undecidable)-tail-cut$/;
/** Each bit was flipped once, when this was written; since then every eleventh is. */
const FLIP_STRIDE = 11;
/** 30,000 passed when this was written. */
const WRECKS = 600;
const options = { timeoutMs: 60_000 };

interface Expected {
  readonly images: readonly unknown[];
  /** Transactions that must not be lost without a refusal. */
  readonly least: number;
}

/**
 * Every start ends in one of three ways: all is back; it is refused with a file; or, above what is
 * known to be durable, the end was cut off with a warning.
 */
function judge(
  what: string,
  files: ReadonlyMap<string, Uint8Array>,
  { images, least }: Expected,
): 'whole' | 'refused' | 'cut' {
  const { refusal, count, image, events } = startOn(diskOf(files));
  if (refusal !== undefined) {
    assert.ok(refusal.file.length > 0 && refusal.remedy.length > 0, what);
    return 'refused';
  }
  assert.ok(count >= least, `${what}: ${count} of at least ${least} transactions came back`);
  assert.equal(image, images[count], what);
  if (count === images.length - 1) return 'whole';
  const isWarned = events.some(({ event, level }) => level === 'warn' && CUT.test(event));
  assert.ok(isWarned, `${what}: transactions were lost without a word`);
  return 'cut';
}

type Damage = (bytes: Uint8Array) => Iterable<readonly [string, Uint8Array]>;

const flippedBit: Damage = function* (bytes) {
  for (let bit = 0; bit < 8 * bytes.length; bit += FLIP_STRIDE) {
    const flipped = bytes.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    yield [`bit ${bit & 7} of byte ${bit >> 3}`, flipped];
  }
};

const runOfZeros: Damage = function* (bytes) {
  for (const length of [4, 12, 64, 512]) {
    for (let at = 0; at < bytes.length; at += Math.max(1, length >> 1)) {
      yield [`${length} zeros from byte ${at}`, bytes.slice().fill(0, at, at + length)];
    }
  }
};

const lostEnd: Damage = function* (bytes) {
  for (let length = 0; length < bytes.length; length += 3) {
    yield [`only ${length} bytes`, bytes.subarray(0, length)];
  }
};

const damages = {
  'a flipped bit': flippedBit,
  'a run of zeros': runOfZeros,
  'a lost end': lostEnd,
};

for (const ending of ['shut down', 'killed'] as const) {
  suite(`data of a server that was ${ending}, with`, (test) => {
    const { disk, images, proven } = smallStore(ending, { preAllocSizeBytes: 200 });
    const files = filesOf(disk);
    for (const file of ['logs/log.1', 'logs/vivarium-log.1']) {
      const least = file.includes('vivarium') ? images.length - 1 : proven;
      for (const [damage, damagesOf] of Object.entries(damages)) {
        test(
          `${damage} in ${file}, comes back whole, refused, or cut with a warning`,
          () => {
            for (const [what, bytes] of damagesOf(files.get(file)!)) {
              judge(what, new Map(files).set(file, bytes), { images, least });
            }
          },
          options,
        );
      }
    }
  });
}

suite('data with a snapshot, and with', (test) => {
  const { disk, images } = smallStore('shut down', { snapshotAfter: 3 });
  const files = filesOf(disk);
  for (const file of files.keys()) {
    for (const [damage, damagesOf] of Object.entries(damages)) {
      test(
        `${damage} in ${file}, comes back whole or refused`,
        () => {
          for (const [what, bytes] of damagesOf(files.get(file)!)) {
            const expected = { images, least: images.length - 1 };
            judge(what, new Map(files).set(file, bytes), expected);
          }
        },
        options,
      );
    }
  }
});

suite('a log of Apache ZooKeeper', (test) => {
  const { disk, images } = smallStore('killed', { preAllocSizeBytes: 300 });
  const files = filesOf(disk);
  for (const file of files.keys()) if (file.includes('vivarium')) files.delete(file);
  const log = 'logs/log.1';
  const bytes = files.get(log)!;

  test(
    'may lose its last transaction only, and not without a warning',
    () => {
      const outcomes = new Set<string>();
      for (const [what, damaged] of flippedBit(bytes)) {
        const expected = { images, least: images.length - 2 };
        outcomes.add(judge(what, new Map(files).set(log, damaged), expected));
      }
      assert.equal([...outcomes].sort(), ['cut', 'refused', 'whole']);
    },
    options,
  );

  test(
    'may be shorter: what is there comes back',
    () => {
      for (const [what, damaged] of lostEnd(bytes)) {
        const { refusal, count, image } = startOn(diskOf(new Map(files).set(log, damaged)));
        assert.is(refusal, undefined, what);
        assert.equal(image, images[count], what);
      }
    },
    options,
  );
});

/** Several things happen to several files at once. */
function wreck(files: Map<string, Uint8Array>, random: Random): string {
  const done: string[] = [];
  for (let left = 1 + random.below(4); left > 0; left--) {
    const names = [...files.keys()];
    const name = random.pick(names);
    const bytes = files.get(name)!;
    const at = random.below(bytes.length + 1);
    const other = random.pick(names);
    switch (random.below(7)) {
      case 0:
        files.delete(name);
        if (files.size === 0) return 'all files gone';
        break;
      case 1:
        files.set(name, bytes.slice(0, at));
        break;
      case 2:
        files.set(name, concatBytes([bytes, random.bytes(random.below(600))]));
        break;
      case 3:
        files.set(name, files.get(other)!);
        break;
      case 4:
        files.set(name, concatBytes([bytes.slice(0, at), files.get(other)!.slice(at)]));
        break;
      case 5:
        files.set(
          name,
          bytes.map((byte, i) => (i >= at && i < at + 8 ? random.below(256) : byte)),
        );
        break;
      default:
        files.set(random.pick([`logs/log.${at}`, `snapshots/snapshot.${at}`]), bytes);
    }
    done.push(`${name} ${at} ${other}`);
  }
  return done.join(', ');
}

suite('data that was wrecked', (test) => {
  test(
    'is never taken for a state that it never was',
    () => {
      const { disk, images } = smallStore('killed', { snapshotAfter: 3, preAllocSizeBytes: 300 });
      const random = new Random(77);
      const counts = { started: 0, refused: 0 };
      for (let round = 0; round < WRECKS; round++) {
        const files = filesOf(disk);
        const what = wreck(files, random);
        const { refusal, count, image } = startOn(diskOf(files));
        counts[refusal === undefined ? 'started' : 'refused']++;
        if (refusal === undefined) assert.equal(image, images[count], `${round}: ${what}`);
      }
      assert.ok(
        counts.started > WRECKS / 20 && counts.refused > WRECKS / 20,
        JSON.stringify(counts),
      );
    },
    options,
  );
});
