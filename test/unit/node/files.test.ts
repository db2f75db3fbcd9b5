import fs, {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { utf8 } from '@vivarium/core/internal/base/bytes';
import { type DiskAnswer, DiskLanes } from '@vivarium/core/internal/node/disk-lanes';
import { Files, type StepPerformer } from '@vivarium/core/internal/node/files';
import { ForgetfulFiles } from '@vivarium/core/internal/node/forgetful-files';
import type { DiskLane, DiskStep } from '@vivarium/core/internal/storage/disk';
import * as assert from 'uvu/assert';
import { suite, type TestContext } from '../../support/suite.js';
import { tempFolder } from '../../support/temp-folder.js';

interface Kind {
  readonly name: string;
  readonly make: (files: Files) => StepPerformer;
}

const kinds: readonly Kind[] = [
  { name: 'the files of a server', make: (files) => files },
  { name: 'the forgetful disk', make: (files) => new ForgetfulFiles(files, { lies: false }) },
];

function folders(t: TestContext) {
  const root = tempFolder(t);
  const paths = { snapshots: join(root, 's'), logs: join(root, 'l') };
  mkdirSync(paths.snapshots);
  mkdirSync(paths.logs);
  return paths;
}

function disk(t: TestContext, { make }: Kind) {
  const paths = folders(t);
  const files = make(new Files(paths));
  t.cleanup(() => files.close());
  return { paths, files };
}

const create: DiskStep = { step: 'create', file: 'logs/log.1' };
const sync: DiskStep = { step: 'sync', file: 'logs/log.1' };
const syncLogs: DiskStep = { step: 'sync-folder', folder: 'logs/' };

function write(text: string, position = 0, file = 'logs/log.1'): DiskStep {
  return { step: 'write', file, position, bytes: utf8(text) };
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

for (const kind of kinds) {
  suite(kind.name, (test) => {
    test('write, read and list, in both folders', (t) => {
      const { files, paths } = disk(t, kind);
      const other = 'snapshots/snapshot.0';
      files.perform([create, write('hello'), write('J'), sync, syncLogs]);
      files.perform([{ step: 'create', file: other }, write('snap', 0, other)]);
      files.perform([
        { step: 'sync', file: other },
        { step: 'sync-folder', folder: 'snapshots/' },
      ]);
      assert.equal(files.list('logs/'), [{ name: 'log.1', size: 5 }]);
      assert.equal(files.list('snapshots/'), [{ name: 'snapshot.0', size: 4 }]);
      assert.is(text(files.read('logs/log.1', 1, 3)), 'ell');
      assert.is(text(files.read('logs/log.1', 4, 100)), 'o');
      assert.is(files.read('logs/log.1', 5, 1).length, 0);
      assert.is(readFileSync(join(paths.logs, 'log.1'), 'utf8'), 'Jello');
      assert.is(statSync(join(paths.logs, 'log.1')).mode & 0o777, 0o600);
    });

    test('allocate zeros and cut files', (t) => {
      const { files, paths } = disk(t, kind);
      files.perform([create, write('abc'), { step: 'allocate', file: 'logs/log.1', size: 8 }]);
      assert.equal([...files.read('logs/log.1', 0, 9)], [97, 98, 99, 0, 0, 0, 0, 0]);
      files.perform([{ step: 'truncate', file: 'logs/log.1', size: 2 }, sync, syncLogs]);
      assert.is(readFileSync(join(paths.logs, 'log.1'), 'utf8'), 'ab');
    });

    test('create anew over an old file, rename over one, and remove', (t) => {
      const { files, paths } = disk(t, kind);
      const rename: DiskStep = { step: 'rename', from: 'logs/log.2', to: 'logs/log.1' };
      const second: DiskStep = { step: 'create', file: 'logs/log.2' };
      files.perform([create, write('old old'), sync, syncLogs]);
      files.perform([create, write('new'), sync, syncLogs]);
      assert.is(readFileSync(join(paths.logs, 'log.1'), 'utf8'), 'new');
      files.perform([second, write('two', 0, 'logs/log.2'), { step: 'sync', file: 'logs/log.2' }]);
      files.perform([rename, write('T'), sync, syncLogs]);
      assert.equal(readdirSync(paths.logs), ['log.1']);
      assert.is(readFileSync(join(paths.logs, 'log.1'), 'utf8'), 'Two');
      files.perform([{ step: 'remove', file: 'logs/log.1' }, syncLogs]);
      files.perform([{ step: 'remove', file: 'logs/log.1' }, syncLogs]);
      assert.equal(readdirSync(paths.logs), []);
    });

    test('list a file behind a link, and fail for a link to nowhere', (t) => {
      const { files, paths } = disk(t, kind);
      writeFileSync(join(paths.snapshots, 'elsewhere'), 'abc');
      symlinkSync(join(paths.snapshots, 'elsewhere'), join(paths.logs, 'log.1'));
      symlinkSync(paths.snapshots, join(paths.logs, 'log.2'));
      assert.equal(files.list('logs/'), [{ name: 'log.1', size: 3 }]);
      assert.is(text(files.read('logs/log.1', 0, 9)), 'abc');
      symlinkSync(join(paths.snapshots, 'nowhere'), join(paths.logs, 'log.3'));
      assert.throws(() => files.list('logs/'), /ENOENT/);
    });

    test('leave out a file that goes while they are listed', (t) => {
      const { files, paths } = disk(t, kind);
      for (const name of ['log.1', 'log.2']) writeFileSync(join(paths.logs, name), 'abc');
      const { readdirSync: read } = fs;
      const restore = () => {
        fs.readdirSync = read;
        syncBuiltinESMExports();
      };
      t.cleanup(restore);
      fs.readdirSync = ((...words: Parameters<typeof read>) => {
        restore();
        const seen = read(...words);
        unlinkSync(join(paths.logs, 'log.1'));
        return seen;
      }) as typeof read;
      syncBuiltinESMExports();
      assert.equal(files.list('logs/'), [{ name: 'log.2', size: 3 }]);
    });

    test('know whether one folder stands behind both names', (t) => {
      const { files, paths } = disk(t, kind);
      assert.is(files.isOneFolder, false);
      assert.is(kind.make(new Files({ ...paths, logs: paths.snapshots })).isOneFolder, true);
      const link = join(paths.logs, 'link');
      symlinkSync(paths.snapshots, link);
      assert.is(kind.make(new Files({ ...paths, logs: link })).isOneFolder, true);
    });

    test('fail with the reason of the system', (t) => {
      const { files } = disk(t, kind);
      assert.throws(
        () => files.now(write('x', 0, 'logs/none')),
        (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
      );
      assert.throws(() => files.now({ step: 'create', file: 'elsewhere/x' }));
      assert.throws(() => files.now({ step: 'create', file: 'logs/../x' }));
    });
  });
}

suite('a cut of the power', (test) => {
  const cut = (paths: { logs: string; snapshots: string }) => new Files(paths);

  test('takes what was not synced', (t) => {
    const { files, paths } = disk(t, kinds[1]!);
    files.perform([create, write('abc'), sync, syncLogs, write('XYZ', 1)]);
    assert.is(text(files.read('logs/log.1', 0, 9)), 'aXYZ');
    assert.is(text(cut(paths).read('logs/log.1', 0, 9)), 'abc');
  });

  test('takes a file whose name was not synced, though its bytes were', (t) => {
    const { files, paths } = disk(t, kinds[1]!);
    files.perform([create, write('abc'), sync]);
    const after = new ForgetfulFiles(cut(paths), { lies: false });
    assert.equal(after.list('logs/'), []);
  });

  test('brings back what was removed or renamed and not synced', (t) => {
    const { files, paths } = disk(t, kinds[1]!);
    files.perform([create, write('abc'), sync, syncLogs]);
    files.perform([{ step: 'rename', from: 'logs/log.1', to: 'logs/log.2' }]);
    assert.equal(files.list('logs/'), [{ name: 'log.2', size: 3 }]);
    files.perform([{ step: 'remove', file: 'logs/log.2' }]);
    assert.equal(files.list('logs/'), []);
    assert.equal(cut(paths).list('logs/'), [{ name: 'log.1', size: 3 }]);
  });

  test('takes nearly all from a disk that lies about syncing', (t) => {
    const paths = folders(t);
    const files = new ForgetfulFiles(new Files(paths), { lies: true });
    t.cleanup(() => files.close());
    files.perform([create, write('abc'), sync, syncLogs]);
    assert.is(text(files.read('logs/log.1', 0, 9)), 'abc');
    assert.equal(cut(paths).list('logs/'), [{ name: 'log.1', size: 0 }]);
  });
});

suite('files that are removed while a server serves', (test) => {
  test('do not hold up its loop, and may be gone already', async (t) => {
    const { files, paths } = disk(t, kinds[0]!);
    const { unlinkSync } = fs;
    fs.unlinkSync = () => assert.unreachable('it was removed in the loop');
    syncBuiltinESMExports();
    t.cleanup(() => {
      fs.unlinkSync = unlinkSync;
      syncBuiltinESMExports();
    });
    files.perform([create]);
    await files.later({ step: 'remove', file: 'logs/log.1' });
    assert.equal(readdirSync(paths.logs), []);
    await files.later({ step: 'remove', file: 'logs/log.1' });
  });
});

suite('disk lanes', (test) => {
  const request = (id: number, lane: DiskLane, steps: readonly DiskStep[]) => ({
    type: 'disk' as const,
    id,
    generation: 3,
    lane,
    steps,
  });

  function lanes(t: TestContext, awaited: number) {
    const paths = folders(t);
    const files = new Files(paths);
    const answers: DiskAnswer[] = [];
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const stillClock = () => 0;
    const disk = new DiskLanes(
      files,
      (answer) => {
        answers.push(answer);
        if (answers.length === awaited) finish();
      },
      stillClock,
    );
    t.cleanup(() => disk.abandon(() => {}));
    return { disk, answers, finished, paths };
  }

  test('answer each request once, those of a lane in order', async (t) => {
    const { disk, answers, finished, paths } = lanes(t, 3);
    const big = new Uint8Array(300_000).fill(7);
    disk.perform(request(1, 'log', [create, write('abc'), sync, syncLogs]));
    disk.perform(
      request(2, 'log', [{ step: 'write', file: 'logs/log.1', position: 3, bytes: big }, sync]),
    );
    disk.perform(request(3, 'background', [{ step: 'create', file: 'snapshots/x' }]));
    assert.equal(answers, []);
    await finished;
    assert.equal(
      answers.filter(({ id }) => id < 3),
      [1, 2].map((id) => ({ type: 'disk-done' as const, id, generation: 3 })),
    );
    assert.is(statSync(join(paths.logs, 'log.1')).size, 300_003);
  });

  test('fail everything behind a failed write of the log', async (t) => {
    const { disk, answers, finished, paths } = lanes(t, 2);
    disk.perform(request(1, 'log', [write('x', 0, 'logs/none')]));
    disk.perform(request(2, 'log', [create]));
    await finished;
    assert.equal(
      answers.map(({ failure }) => failure?.code),
      ['ENOENT', 'ENOENT'],
    );
    assert.equal(readdirSync(paths.logs), []);
    assert.not.ok(disk.mayPerformNow(request(3, 'log', [create])));
  });

  test('go on after a failure in the background', async (t) => {
    const { disk, answers, finished } = lanes(t, 2);
    disk.perform(request(1, 'background', [write('x', 0, 'logs/none'), create]));
    disk.perform(request(2, 'background', [create]));
    await finished;
    assert.equal(
      answers.map(({ failure }) => failure?.code),
      ['ENOENT', undefined],
    );
  });

  test('perform at once what finds its lane idle', (t) => {
    const { disk, paths } = lanes(t, 1);
    const first = request(1, 'log', [create, write('abc'), sync]);
    assert.ok(disk.mayPerformNow(first));
    assert.equal(disk.performNow(first), { type: 'disk-done', id: 1, generation: 3 });
    assert.is(readFileSync(join(paths.logs, 'log.1'), 'utf8'), 'abc');
    disk.perform(request(2, 'log', [write('x')]));
    assert.not.ok(disk.mayPerformNow(request(3, 'log', [])));
    assert.ok(disk.mayPerformNow(request(4, 'background', [])));
  });

  test('leave flushing to the pool after a slow flush, for a while that depends on it', () => {
    let now = 0;
    const slow = { perform: () => (now += 6), close() {} } as unknown as StepPerformer;
    const disk = new DiskLanes(
      slow,
      () => {},
      () => now,
    );
    disk.performNow(request(1, 'log', []));
    assert.not.ok(disk.mayPerformNow(request(2, 'log', [])));
    // Twenty times as long as it took.
    now += 119;
    assert.not.ok(disk.mayPerformNow(request(2, 'log', [])));
    now += 1;
    assert.ok(disk.mayPerformNow(request(2, 'log', [])));
  });

  test('answer nothing once they were abandoned', async (t) => {
    const { disk, answers } = lanes(t, 1);
    disk.perform(request(1, 'log', [create, sync]));
    disk.perform(request(2, 'log', [create, sync]));
    await new Promise<void>((closed) => disk.abandon(closed));
    assert.ok(disk.idle);
    assert.equal(answers, []);
  });
});
