import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultConfig } from '@vivarium/core/internal/config/config';
import { openDataDir } from '@vivarium/core/internal/node/data-dir';
import { identify } from '@vivarium/core/internal/node/process-identity';
import { StartError } from '@vivarium/core/internal/node/start-error';
import * as assert from 'uvu/assert';
import { suite, type TestContext } from '../../support/suite.js';
import { tempFolder } from '../../support/temp-folder.js';

async function open(t: TestContext, dataDir: string, overrides: { dataLogDir?: string } = {}) {
  const opened = await openDataDir(defaultConfig({ dataDir, ...overrides }));
  t.cleanup(() => opened.release());
  return opened;
}

/** A file system that takes no folders, not even from root. */
const NOWHERE = '/proc/vivarium/1';

async function refusal(run: () => Promise<unknown>): Promise<StartError> {
  try {
    await run();
  } catch (error) {
    if (error instanceof StartError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

suite('the data folder', (test) => {
  test('is made with its subfolder, for its owner only', async (t) => {
    const dataDir = join(tempFolder(t), 'a', 'b');
    const { snapshots, logs } = await open(t, dataDir);
    assert.is(snapshots, join(dataDir, 'version-2'));
    assert.is(logs, snapshots);
    assert.is(statSync(dataDir).mode & 0o777, 0o700);
    assert.is(statSync(snapshots).mode & 0o777, 0o700);
  });

  test('is refused where nothing can be made, instead of trying for ever', async () => {
    // Node's own recursive mkdir never came back from here.
    const { message, exitCode } = await refusal(() =>
      openDataDir(defaultConfig({ dataDir: NOWHERE })),
    );
    assert.match(message, NOWHERE);
    assert.is(exitCode, 3);
  });

  test('may be two folders, both of which are claimed', async (t) => {
    const root = tempFolder(t);
    const dataLogDir = join(root, 'logs');
    const { logs } = await open(t, join(root, 'data'), { dataLogDir });
    assert.is(logs, join(dataLogDir, 'version-2'));
    const { message } = await refusal(() => open(t, join(root, 'other'), { dataLogDir }));
    assert.match(message, dataLogDir);
  });

  test('is refused while a live server has it, naming the pid', async (t) => {
    const dataDir = tempFolder(t);
    await open(t, dataDir);
    const { message, exitCode } = await refusal(() => open(t, dataDir));
    assert.match(message, `pid ${process.pid}`);
    assert.is(exitCode, 3);
  });

  test('can be had as a copy of a folder in use, though the process in the claim lives', async (t) => {
    if (process.platform !== 'linux') return;
    const dataDir = tempFolder(t);
    await open(t, dataDir);
    const copy = tempFolder(t);
    assert.is(spawnSync('cp', ['-a', `${dataDir}/.`, copy]).status, 0);
    assert.ok(readdirSync(copy).some((name) => name.endsWith('.lock')));
    await open(t, copy);
  });

  test('can be had again once it was released', async (t) => {
    const dataDir = tempFolder(t);
    (await open(t, dataDir)).release();
    await open(t, dataDir);
  });

  test('is not blocked by a killed server, and its claim is removed', async (t) => {
    const dataDir = tempFolder(t);
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const { pid, began } = identify(child.pid!)!;
    const claim = join(dataDir, `vivarium-${pid}-${began}-00000000.lock`);
    writeFileSync(claim, '');
    assert.match((await refusal(() => open(t, dataDir))).message, `process ${pid}`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await open(t, dataDir);
    assert.not.ok(readdirSync(dataDir).includes(`vivarium-${pid}-${began}-00000000.lock`));
  });

  test('is not blocked when another process got the number of a killed one', async (t) => {
    const dataDir = tempFolder(t);
    writeFileSync(join(dataDir, `vivarium-${process.ppid}-00000000-1-00000000.lock`), '');
    await open(t, dataDir);
  });

  test('is refused while a server of another container has it, by what it listens to', async (t) => {
    if (process.platform !== 'linux') return;
    // Two containers with one volume: the number in the claim is of no process that we can see.
    const dataDir = join(tempFolder(t), 'deep'.repeat(40));
    mkdirSync(dataDir);
    const listen = `require('net').createServer().listen('vivarium-999999999-0-00000000.lock')`;
    const child = spawn(process.execPath, ['-e', `${listen}.on('listening', console.log)`], {
      cwd: dataDir,
    });
    t.cleanup(() => child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    const { message } = await refusal(() => open(t, dataDir));
    assert.match(message, 'process 999999999 of another container');
    child.kill('SIGKILL');
    await once(child, 'exit');
    await open(t, dataDir);
    const claims = readdirSync(dataDir).filter((name) => name.endsWith('.lock'));
    assert.is(claims.length, 1, claims.join());
    assert.ok(statSync(join(dataDir, claims[0]!)).isSocket());
  });

  test('keeps its session secret, readable by its owner only', async (t) => {
    const dataDir = tempFolder(t);
    const first = await open(t, dataDir);
    first.release();
    const second = await open(t, dataDir);
    assert.is(second.secret.length, 32);
    assert.equal(second.secret, first.secret);
    assert.is(statSync(join(dataDir, 'vivarium-session-secret')).mode & 0o777, 0o600);
    assert.equal(second.warnings, []);
  });

  test('closes a secret that others could read, and says so', async (t) => {
    const dataDir = tempFolder(t);
    (await open(t, dataDir)).release();
    const path = join(dataDir, 'vivarium-session-secret');
    chmodSync(path, 0o644);
    const { warnings } = await open(t, dataDir);
    assert.match(warnings.join(), '0600 again');
    assert.is(statSync(path).mode & 0o777, 0o600);
    assert.not.match(warnings.join(), readFileSync(path, 'utf8').trim());
  });

  test('is refused when its secret is damaged', async (t) => {
    const dataDir = tempFolder(t);
    writeFileSync(join(dataDir, 'vivarium-session-secret'), 'abc\n');
    assert.match((await refusal(() => open(t, dataDir))).message, 'does not hold a session secret');
  });

  test('takes the number of the server from myid', async (t) => {
    const dataDir = tempFolder(t);
    writeFileSync(join(dataDir, 'myid'), '7\n');
    assert.is((await open(t, dataDir)).serverId, 7);
  });

  test('is refused when myid is no number of a server', async (t) => {
    const dataDir = tempFolder(t);
    for (const text of ['', 'x', '256', '-1']) {
      writeFileSync(join(dataDir, 'myid'), text);
      assert.match((await refusal(() => open(t, dataDir))).message, 'myid');
    }
  });

  test('is refused when it is of a newer format, another ensemble or another server', async (t) => {
    const dataDir = tempFolder(t);
    const cases = [
      ['{"format":2,"ensemble":"standalone","serverId":1}', 'newer Vivarium'],
      ['{"format":1,"ensemble":"e1","serverId":1}', 'belongs to the ensemble "e1"'],
      ['{"format":1,"ensemble":"standalone","serverId":4}', 'belongs to server 4'],
      ['[]', 'cannot be read'],
      ['{', 'cannot be read'],
    ];
    for (const [marker, reason] of cases) {
      writeFileSync(join(dataDir, 'vivarium.json'), marker!);
      const { message, exitCode } = await refusal(() => open(t, dataDir));
      assert.match(message, reason!);
      assert.match(message, join(dataDir, 'vivarium.json'));
      assert.is(exitCode, 3);
    }
    assert.not.ok(readdirSync(dataDir).some((name) => name.endsWith('.lock')));
  });

  test('is refused when it is a file, or must not be made', async (t) => {
    const root = tempFolder(t);
    writeFileSync(join(root, 'file'), '');
    assert.match((await refusal(() => open(t, join(root, 'file')))).message, 'cannot be used');
    const config = defaultConfig({ dataDir: join(root, 'none'), datadirAutocreate: false });
    assert.match((await refusal(() => openDataDir(config))).message, 'datadir.autocreate');
  });

  test('that everybody can write to is used with a warning', async (t) => {
    const dataDir = join(tempFolder(t), 'open');
    mkdirSync(dataDir);
    chmodSync(dataDir, 0o777);
    assert.match((await open(t, dataDir)).warnings.join(), 'chmod 700');
  });
});
