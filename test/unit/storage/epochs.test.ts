import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { Random as Chance } from '@vivarium/core/internal/local/random';
import type { BootDisk, DiskStep } from '@vivarium/core/internal/storage/disk';
import {
  acceptEpoch,
  adoptEpoch,
  announceEpoch,
  doubtSteps,
  isInDoubt,
  loadEpochs,
  trustSteps,
} from '@vivarium/core/internal/storage/epochs';
import { RefusedStartError } from '@vivarium/core/internal/storage/refused-start';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { diskOf } from './small-store.js';
import { FragileDisk, PowerCut } from './store.js';

const text = (disk: BootDisk, name: string) =>
  String.fromCharCode(...disk.read(`snapshots/${name}`, 0, 100));
const namesOf = (disk: MemoryDisk) => disk.list('snapshots/').map(({ name }) => name);

function diskWith(files: Readonly<Record<string, string>>): MemoryDisk {
  return diskOf(
    new Map(
      Object.entries(files).map(([name, content]) => [
        `snapshots/${name}`,
        Uint8Array.from(content, (letter) => letter.charCodeAt(0)),
      ]),
    ),
  );
}

function refusal(files: Readonly<Record<string, string>>, lastEpoch: number): RefusedStartError {
  const disk = diskWith(files);
  try {
    loadEpochs(disk, lastEpoch);
  } catch (error) {
    assert.instance(error, RefusedStartError);
    const left = namesOf(disk).map((name) => [name, text(disk, name)]);
    assert.equal(Object.fromEntries(left), files, 'a refused start has changed something');
    return error as RefusedStartError;
  }
  throw new Error('it started');
}

suite('the epochs of a member', (test) => {
  test('are those of the last transaction where no file says more', () => {
    for (const files of [{}, { acceptedEpoch: '7' }, { currentEpoch: '7' }]) {
      const disk = diskWith(files);
      assert.equal(loadEpochs(disk, 7), { accepted: 7, current: 7 });
      const durable = disk.durableImage();
      assert.is(text(durable, 'acceptedEpoch'), '7');
      assert.is(text(durable, 'currentEpoch'), '7');
      assert.is(namesOf(durable).length, 2);
    }
    const promised = diskWith({ acceptedEpoch: '9' });
    assert.equal(loadEpochs(promised, 7), { accepted: 9, current: 7 });
  });

  test('are read as ZooKeeper writes them', () => {
    assert.equal(loadEpochs(diskWith({ acceptedEpoch: '12', currentEpoch: '11' }), 3), {
      accepted: 12,
      current: 11,
    });
    const lines = { acceptedEpoch: '12\nmore', currentEpoch: '11\r\n' };
    assert.equal(loadEpochs(diskWith(lines), 11), { accepted: 12, current: 11 });
    const largest = { acceptedEpoch: '2147483647', currentEpoch: '2147483647' };
    const most = 0x7fff_ffff;
    assert.equal(loadEpochs(diskWith(largest), most), { accepted: most, current: most });
  });

  test('are written as ZooKeeper writes them', () => {
    const disk = new MemoryDisk();
    disk.perform([...acceptEpoch(2_147_483_647), ...announceEpoch(10), ...adoptEpoch()]);
    assert.is(text(disk.durableImage(), 'acceptedEpoch'), '2147483647');
    assert.is(text(disk.durableImage(), 'currentEpoch'), '10');
    assert.equal(namesOf(disk).sort(), ['acceptedEpoch', 'currentEpoch']);
    assert.throws(() => acceptEpoch(2 ** 31), /31 bits/);
    assert.throws(() => announceEpoch(-1), /31 bits/);
  });

  test('catch up with the log when a sync was interrupted (ZOOKEEPER-1653, 2354, 4269)', () => {
    const files = { acceptedEpoch: '5', currentEpoch: '4', 'currentEpoch.tmp': '5' };
    const disk = diskWith(files);
    assert.equal(loadEpochs(disk, 5), { accepted: 5, current: 5 });
    assert.equal(namesOf(disk.durableImage()).sort(), ['acceptedEpoch', 'currentEpoch']);
    assert.equal(loadEpochs(disk, 5), { accepted: 5, current: 5 });
  });

  test('never claim an epoch of which the log holds nothing (ZOOKEEPER-4643)', () => {
    const behind = { acceptedEpoch: '6', currentEpoch: '3', 'currentEpoch.tmp': '6' };
    assert.equal(loadEpochs(diskWith(behind), 4), { accepted: 6, current: 4 });
    const before = { acceptedEpoch: '6', currentEpoch: '4', 'currentEpoch.tmp': '6' };
    const disk = diskWith(before);
    assert.equal(loadEpochs(disk, 4), { accepted: 6, current: 4 });
    assert.equal(namesOf(disk.durableImage()).sort(), ['acceptedEpoch', 'currentEpoch']);
  });

  test('pass over a promise that was not finished (ZOOKEEPER-4269)', () => {
    for (const tmp of ['', '5', 'x']) {
      const files = { acceptedEpoch: '4', currentEpoch: '4', 'acceptedEpoch.tmp': tmp };
      const disk = diskWith(files);
      assert.equal(loadEpochs(disk, 4), { accepted: 4, current: 4 });
      assert.equal(namesOf(disk.durableImage()).sort(), ['acceptedEpoch', 'currentEpoch']);
    }
  });

  test('are refused when the log is ahead and no sync was interrupted', () => {
    const { file, message, remedy } = refusal({ acceptedEpoch: '5', currentEpoch: '4' }, 5);
    assert.is(file, 'snapshots/currentEpoch');
    assert.match(message, /current epoch is 4, and the last transaction is of epoch 5/);
    assert.match(remedy, /start it empty/);
    const older = { acceptedEpoch: '5', currentEpoch: '3', 'currentEpoch.tmp': '4' };
    assert.is(refusal(older, 5).file, 'snapshots/currentEpoch');
  });

  test('are refused when the current one was never accepted (ZOOKEEPER-2307)', () => {
    const { file, message } = refusal({ acceptedEpoch: '4', currentEpoch: '5' }, 4);
    assert.is(file, 'snapshots/acceptedEpoch');
    assert.match(message, /accepted epoch is 4, and the current one is 5/);
    assert.match(refusal({ currentEpoch: '5' }, 4).message, /is missing, and the current epoch/);
    const announced = { acceptedEpoch: '4', currentEpoch: '4', 'currentEpoch.tmp': '5' };
    assert.match(refusal(announced, 5).message, /accepted epoch is 4, and the current one is 5/);
    assert.match(refusal({ acceptedEpoch: '2' }, 3).message, /accepted epoch is 2/);
  });

  test('are refused when a file holds no epoch', () => {
    for (const [content, pattern] of [
      ['', /it is empty/],
      ['4 ', /holds "4 "/],
      ['-1', /holds "-1"/],
      ['2147483648', /no epoch/],
      ['1e3', /no epoch/],
    ] as const) {
      const both = { acceptedEpoch: content, currentEpoch: '0' };
      assert.match(refusal(both, 0).message, pattern);
      assert.match(refusal({ acceptedEpoch: '3', currentEpoch: content }, 0).message, pattern);
    }
    const torn = { acceptedEpoch: '5', currentEpoch: '4', 'currentEpoch.tmp': '' };
    assert.match(refusal(torn, 5).message, /currentEpoch.tmp: it is empty/);
  });

  test('remember a doubt from before anything else comes until it is taken back', () => {
    const disk = new MemoryDisk();
    assert.not.ok(isInDoubt(disk));
    disk.perform(doubtSteps);
    assert.ok(isInDoubt(disk.durableImage()), 'a power cut leaves it');
    disk.perform(trustSteps);
    assert.not.ok(isInDoubt(disk.durableImage()));
  });
});

/** What a member does to its epochs, and what is in its log meanwhile. */
type Deed =
  | { readonly accepts: number }
  | { readonly announces: number }
  | { readonly logs: number }
  | { readonly adopts: number };

/** Syncs that succeed, that are given up before and after something was logged, and one led. */
const life: readonly Deed[] = [
  { accepts: 4 },
  { announces: 4 },
  { adopts: 4 },
  { logs: 4 },
  { accepts: 5 },
  { announces: 5 },
  { logs: 5 },
  { adopts: 5 },
  { accepts: 6 },
  { announces: 6 },
  { accepts: 7 },
  { announces: 7 },
  { logs: 7 },
  { accepts: 8 },
  { announces: 8 },
  { announces: 8 },
  { logs: 8 },
  { accepts: 9 },
  { announces: 9 },
  { adopts: 9 },
];

function stepsOf(deed: Deed): readonly DiskStep[] {
  if ('accepts' in deed) return acceptEpoch(deed.accepts);
  if ('announces' in deed) return announceEpoch(deed.announces);
  return 'adopts' in deed ? adoptEpoch() : [];
}

suite('the epochs under power cuts', (test) => {
  test('a member starts after a crash before every step, and never claims too much', () => {
    const total = life.reduce((sum, deed) => sum + stepsOf(deed).length, 0);
    for (let cut = 0; cut <= total; cut++) {
      const fragile = new FragileDisk(new MemoryDisk());
      fragile.perform([...acceptEpoch(3), ...announceEpoch(3), ...adoptEpoch()]);
      fragile.stepsLeft = cut;
      const kept = { accepted: 3, current: 3, log: 3 };
      /* What the last deed may have done before the cut. */
      let adopting = 0;
      try {
        for (const deed of life) {
          adopting = 'adopts' in deed ? deed.adopts : 0;
          fragile.perform(stepsOf(deed));
          if ('accepts' in deed) kept.accepted = deed.accepts;
          if ('logs' in deed) kept.log = deed.logs;
          if ('adopts' in deed) kept.current = deed.adopts;
        }
      } catch (error) {
        if (!(error instanceof PowerCut)) throw error;
      }
      for (let seed = 0; seed < 40; seed++) {
        const { disk } = fragile;
        const image = seed === 0 ? disk : disk.afterCrash(new Chance(seed, `cut ${cut}`));
        judge(image, kept, adopting, `cut ${cut}, seed ${seed}`);
      }
    }
  });
});

function judge(
  image: MemoryDisk,
  kept: { readonly accepted: number; readonly current: number; readonly log: number },
  adopting: number,
  what: string,
): void {
  let disk = image;
  /* The start itself may be interrupted anywhere, and is made again. */
  for (let stepsLeft = 0; stepsLeft < 20; stepsLeft++) {
    const fragile = new FragileDisk(disk.afterCrash(new Chance(stepsLeft, what)));
    fragile.stepsLeft = stepsLeft;
    try {
      loadEpochs(fragile, kept.log);
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
    }
    disk = fragile.disk.afterCrash(new Chance(stepsLeft, `${what} again`));
  }
  const { accepted, current } = loadEpochs(disk, kept.log);
  assert.ok(accepted >= kept.accepted, `${what}: a promise was lost`);
  assert.ok(current >= kept.current && current <= accepted, `${what}: ${current}`);
  assert.ok(kept.log <= current, `${what}: the log is of ${kept.log}, the epoch ${current}`);
  const most = Math.max(kept.current, kept.log, adopting);
  assert.ok(current <= most, `${what}: it claims ${current}, and has ${most}`);
}
