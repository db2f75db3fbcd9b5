import { spawn } from 'node:child_process';
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

function open(t: TestContext, dataDir: string, overrides: { dataLogDir?: string } = {}) {
  const opened = openDataDir(defaultConfig({ dataDir, ...overrides }));
  t.cleanup(() => opened.release());
  return opened;
}

/** A file system that takes no folders, not even from root. */
const NOWHERE = '/proc/vivarium/1';

function refusal(run: () => unknown): StartError {
  try {
    run();
  } catch (error) {
    if (error instanceof StartError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

suite('the data folder', (test) => {
  test('is made with its subfolder, for its owner only', (t) => {
    const dataDir = join(tempFolder(t), 'a', 'b');
    const { snapshots, logs } = open(t, dataDir);
    assert.is(snapshots, join(dataDir, 'version-2'));
    assert.is(logs, snapshots);
    assert.is(statSync(dataDir).mode & 0o777, 0o700);
    assert.is(statSync(snapshots).mode & 0o777, 0o700);
  });

  test('is refused where nothing can be made, instead of trying for ever', () => {
    // Node's own recursive mkdir never came back from here.
    const { message, exitCode } = refusal(() => openDataDir(defaultConfig({ dataDir: NOWHERE })));
    assert.match(message, NOWHERE);
    assert.is(exitCode, 3);
  });

  test('may be two folders, both of which are claimed', (t) => {
    const root = tempFolder(t);
    const dataLogDir = join(root, 'logs');
    const { logs } = open(t, join(root, 'data'), { dataLogDir });
    assert.is(logs, join(dataLogDir, 'version-2'));
    const { message } = refusal(() => open(t, join(root, 'other'), { dataLogDir }));
    assert.match(message, dataLogDir);
  });

  test('is refused while a live server has it, naming the pid', (t) => {
    const dataDir = tempFolder(t);
    open(t, dataDir);
    const { message, exitCode } = refusal(() => open(t, dataDir));
    assert.match(message, `pid ${process.pid}`);
    assert.is(exitCode, 3);
  });

  test('can be had again once it was released', (t) => {
    const dataDir = tempFolder(t);
    open(t, dataDir).release();
    open(t, dataDir);
  });

  test('is not blocked by a killed server, and its claim is removed', async (t) => {
    const dataDir = tempFolder(t);
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const { pid, began } = identify(child.pid!)!;
    const claim = join(dataDir, `vivarium-${pid}-${began}-00000000.lock`);
    writeFileSync(claim, '');
    assert.match(refusal(() => open(t, dataDir)).message, `process ${pid}`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    open(t, dataDir);
    assert.not.ok(readdirSync(dataDir).includes(`vivarium-${pid}-${began}-00000000.lock`));
  });

  test('is not blocked when another process got the number of a killed one', (t) => {
    const dataDir = tempFolder(t);
    writeFileSync(join(dataDir, `vivarium-${process.ppid}-00000000-1-00000000.lock`), '');
    open(t, dataDir);
  });

  test('keeps its session secret, readable by its owner only', (t) => {
    const dataDir = tempFolder(t);
    const first = open(t, dataDir);
    first.release();
    const second = open(t, dataDir);
    assert.is(second.secret.length, 32);
    assert.equal(second.secret, first.secret);
    assert.is(statSync(join(dataDir, 'vivarium-session-secret')).mode & 0o777, 0o600);
    assert.equal(second.warnings, []);
  });

  test('closes a secret that others could read, and says so', (t) => {
    const dataDir = tempFolder(t);
    open(t, dataDir).release();
    const path = join(dataDir, 'vivarium-session-secret');
    chmodSync(path, 0o644);
    const { warnings } = open(t, dataDir);
    assert.match(warnings.join(), '0600 again');
    assert.is(statSync(path).mode & 0o777, 0o600);
    assert.not.match(warnings.join(), readFileSync(path, 'utf8').trim());
  });

  test('is refused when its secret is damaged', (t) => {
    const dataDir = tempFolder(t);
    writeFileSync(join(dataDir, 'vivarium-session-secret'), 'abc\n');
    assert.match(refusal(() => open(t, dataDir)).message, 'does not hold a session secret');
  });

  test('takes the number of the server from myid', (t) => {
    const dataDir = tempFolder(t);
    writeFileSync(join(dataDir, 'myid'), '7\n');
    assert.is(open(t, dataDir).serverId, 7);
  });

  test('is refused when myid is no number of a server', (t) => {
    const dataDir = tempFolder(t);
    for (const text of ['', 'x', '256', '-1']) {
      writeFileSync(join(dataDir, 'myid'), text);
      assert.match(refusal(() => open(t, dataDir)).message, 'myid');
    }
  });

  test('is refused when it is of a newer format, another ensemble or another server', (t) => {
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
      const { message, exitCode } = refusal(() => open(t, dataDir));
      assert.match(message, reason!);
      assert.match(message, join(dataDir, 'vivarium.json'));
      assert.is(exitCode, 3);
    }
    assert.not.ok(readdirSync(dataDir).some((name) => name.endsWith('.lock')));
  });

  test('is refused when it is a file, or must not be made', (t) => {
    const root = tempFolder(t);
    writeFileSync(join(root, 'file'), '');
    assert.match(refusal(() => open(t, join(root, 'file'))).message, 'cannot be used');
    const config = defaultConfig({ dataDir: join(root, 'none'), datadirAutocreate: false });
    assert.match(refusal(() => openDataDir(config)).message, 'datadir.autocreate');
  });

  test('that everybody can write to is used with a warning', (t) => {
    const dataDir = join(tempFolder(t), 'open');
    mkdirSync(dataDir);
    chmodSync(dataDir, 0o777);
    assert.match(open(t, dataDir).warnings.join(), 'chmod 700');
  });
});
