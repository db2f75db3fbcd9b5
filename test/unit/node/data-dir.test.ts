import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
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

/** Opens it for one of an ensemble of two. */
async function openMember(
  t: TestContext,
  dataDir: string,
  serverId = 2,
  overrides: { dataLogDir?: string } = {},
) {
  const servers = [1, 2].map((id) => ({
    serverId: id,
    addresses: [{ host: `zk${id}`, quorumPort: 2888, electionPort: 3888 }],
    role: 'participant' as const,
  }));
  const ensemble = { servers, weights: new Map(), version: 0n };
  const opened = await openDataDir(defaultConfig({ dataDir, ensemble, serverId, ...overrides }));
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

suite('the file initialize', (test) => {
  test('goes to where a member looks for it, and is not seen a second time', async (t) => {
    const dataDir = tempFolder(t);
    writeFileSync(join(dataDir, 'initialize'), 'Sat Nov 28\n');
    const { snapshots } = await openMember(t, dataDir);
    assert.ok(existsSync(join(snapshots, 'initialize')));
    assert.not.ok(existsSync(join(dataDir, 'initialize')));
  });

  test('may stand beside the logs', async (t) => {
    const dataDir = tempFolder(t);
    const dataLogDir = tempFolder(t);
    writeFileSync(join(dataLogDir, 'initialize'), '');
    const { snapshots } = await openMember(t, dataDir, 2, { dataLogDir });
    assert.ok(existsSync(join(snapshots, 'initialize')));
    assert.not.ok(existsSync(join(dataLogDir, 'initialize')));
  });

  test('is left where a server stands alone', async (t) => {
    const dataDir = tempFolder(t);
    writeFileSync(join(dataDir, 'initialize'), '');
    await open(t, dataDir);
    assert.ok(existsSync(join(dataDir, 'initialize')));
  });
});

suite('the data folder', (test) => {
  test('is made with its subfolder, for its owner only', async (t) => {
    const dataDir = join(tempFolder(t), 'a', 'b');
    const { snapshots, logs } = await open(t, dataDir);
    assert.is(snapshots, join(dataDir, 'version-2'));
    assert.is(logs, snapshots);
    assert.is(statSync(dataDir).mode & 0o777, 0o700);
    assert.is(statSync(snapshots).mode & 0o777, 0o700);
  });

  test('has a durable name, and so has every folder made for it', async (t) => {
    const root = tempFolder(t);
    const { openSync } = fs;
    const opened: string[] = [];
    fs.openSync = (path, flags, mode) => {
      if (flags === 'r') opened.push(String(path));
      return openSync(path, flags, mode);
    };
    syncBuiltinESMExports();
    t.cleanup(() => {
      fs.openSync = openSync;
      syncBuiltinESMExports();
    });
    const dataDir = join(root, 'a', 'b');
    await open(t, dataDir, { dataLogDir: join(root, 'c') });
    for (const folder of ['', 'a', 'a/b', 'c']) {
      assert.ok(opened.includes(join(root, folder)), `${folder} was not synced`);
    }
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

  test('may be named twice, once by a link', async (t) => {
    const root = tempFolder(t);
    const [dataDir, dataLogDir] = [join(root, 'data'), join(root, 'link')];
    mkdirSync(dataDir);
    symlinkSync(dataDir, dataLogDir);
    await open(t, dataDir, { dataLogDir });
    assert.is(readdirSync(dataDir).filter((name) => name.endsWith('.lock')).length, 1);
  });

  test('is refused while an Apache ZooKeeper server has it that zkServer.sh began', async (t) => {
    if (process.platform !== 'linux') return;
    const dataDir = tempFolder(t);
    const child = spawn(process.execPath, [
      '-e',
      'setInterval(() => {}, 1000)',
      'org.apache.zookeeper',
    ]);
    t.cleanup(async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    });
    await once(child, 'spawn');
    writeFileSync(join(dataDir, 'zookeeper_server.pid'), `${child.pid}`);
    assert.match((await refusal(() => open(t, dataDir))).message, `process ${child.pid}`);
    writeFileSync(join(dataDir, 'zookeeper_server.pid'), `${process.pid}`);
    await open(t, dataDir);
  });

  test('is refused when its log folder has vanished, until somebody makes one', async (t) => {
    const dataDir = tempFolder(t);
    const [first, other] = [join(dataDir, 'logs'), join(dataDir, 'other')];
    (await open(t, dataDir, { dataLogDir: first })).release();
    (await open(t, dataDir, { dataLogDir: first })).release();
    const { message, exitCode } = await refusal(() => open(t, dataDir, { dataLogDir: other }));
    assert.match(message, `${other}/version-2 does not exist`);
    assert.match(message, 'Check dataLogDir');
    assert.is(exitCode, 3);
    assert.not.ok(existsSync(other));
    mkdirSync(join(other, 'version-2'), { recursive: true });
    await open(t, dataDir, { dataLogDir: other });
  });

  test('is refused while a live server has it, naming the pid', async (t) => {
    const dataDir = tempFolder(t);
    await open(t, dataDir);
    const { message, exitCode } = await refusal(() => open(t, dataDir));
    assert.match(message, `pid ${process.pid}`);
    assert.is(exitCode, 3);
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

  test('is refused while a server has it whose process cannot be seen from here', async (t) => {
    const dataDir = tempFolder(t);
    await open(t, dataDir);
    const claim = readdirSync(dataDir).find((name) => name.endsWith('.lock'))!;
    const elsewhere = 'vivarium-1-00000000-1-00000000.lock';
    renameSync(join(dataDir, claim), join(dataDir, elsewhere));
    const { message } = await refusal(() => open(t, dataDir));
    assert.match(message, 'process 1, which is in another container');
    assert.ok(readdirSync(dataDir).includes(elsewhere));
  });

  test('is claimed and released where its path is too long for a socket', async (t) => {
    const dataDir = join(tempFolder(t), 'a'.repeat(120));
    const first = await open(t, dataDir);
    const claim = readdirSync(dataDir).find((name) => name.endsWith('.lock'))!;
    if (process.platform === 'linux') assert.ok(statSync(join(dataDir, claim)).isSocket());
    assert.match((await refusal(() => open(t, dataDir))).message, `pid ${process.pid}`);
    first.release();
    assert.not.ok(readdirSync(dataDir).some((name) => name.includes('.lock')));
    await open(t, dataDir);
  });

  test('is not blocked by a dead server that its parent has not buried', async (t) => {
    if (process.platform !== 'linux') return;
    const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; kill -STOP $$; wait']);
    t.cleanup(async () => {
      parent.kill('SIGCONT');
      await once(parent, 'exit');
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString());
    const stateOf = () => /\) (.)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1];
    while (stateOf() !== 'Z') await new Promise((resolve) => setImmediate(resolve));
    const dataDir = tempFolder(t);
    writeFileSync(join(dataDir, `vivarium-${pid}--00000000.lock`), '');
    await open(t, dataDir);
  });

  test('is not blocked when another process got the number of a killed one', async (t) => {
    const dataDir = tempFolder(t);
    writeFileSync(join(dataDir, `vivarium-${process.ppid}-00000000-1-00000000.lock`), '');
    await open(t, dataDir);
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

  test('of an ensemble is not that of a server alone, nor the other way round', async (t) => {
    const alone = tempFolder(t);
    (await open(t, alone)).release();
    const { message, exitCode } = await refusal(() => openMember(t, alone));
    assert.match(message, 'is of a server that stood alone, and this server is one of an ensemble');
    assert.match(message, 'copy the folder to each of its servers');
    assert.is(exitCode, 3);
    const member = tempFolder(t);
    (await openMember(t, member)).release();
    (await openMember(t, member)).release();
    const story = (await refusal(() => open(t, member))).message;
    assert.match(story, 'is of a server of an ensemble, and this server stands alone');
    assert.match((await refusal(() => openMember(t, member, 1))).message, 'belongs to server 2');
  });

  test('of an ensemble has the number of the config, and no warning of epochs', async (t) => {
    const dataDir = tempFolder(t);
    writeFileSync(join(dataDir, 'myid'), '2');
    mkdirSync(join(dataDir, 'version-2'));
    writeFileSync(join(dataDir, 'version-2', 'currentEpoch'), '3');
    const { message } = await refusal(() => openMember(t, dataDir, 1));
    assert.match(
      message,
      `${join(dataDir, 'myid')} says that this is server 2, and it is server 1`,
    );
    const { serverId, warnings } = await openMember(t, dataDir);
    assert.is(serverId, 2);
    assert.equal(warnings, []);
  });

  test('of a member of an Apache ensemble is used with a warning', async (t) => {
    const dataDir = tempFolder(t);
    mkdirSync(join(dataDir, 'version-2'));
    writeFileSync(join(dataDir, 'version-2', 'currentEpoch'), '3');
    assert.match((await open(t, dataDir)).warnings.join(), 'a member of an ensemble');
  });

  test('that everybody can write to is used with a warning', async (t) => {
    const dataDir = join(tempFolder(t), 'open');
    mkdirSync(dataDir);
    chmodSync(dataDir, 0o777);
    assert.match((await open(t, dataDir)).warnings.join(), 'chmod 700');
  });
});
