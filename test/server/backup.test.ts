import { execFile } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, text } from '@vivarium/core';
import type { LogEvent } from '@vivarium/core/internal/base/log-event';
import { writeAdministrator } from '@vivarium/core/internal/config/administrator';
import { type ConfigOverrides, defaultConfig } from '@vivarium/core/internal/config/config';
import { makeAdministrator } from '@vivarium/core/internal/node/administrators';
import { runServer } from '@vivarium/core/internal/node/run-server';
import { bootServer } from '@vivarium/core/internal/peer/boot-server';
import * as assert from 'uvu/assert';
import { type CommandOptions, type CommandRun, runCommand } from '../support/run-command.js';
import { suite, type TestContext } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';
import { PROGRAM } from '../support/vivarium.js';

const PASSWORD = 'a password of some length';

/** A server with an administrator, in this process. */
async function serverIn(t: TestContext, dataDir: string, overrides: ConfigOverrides = {}) {
  const events: LogEvent[] = [];
  const config = defaultConfig({
    dataDir,
    clientPort: 0,
    clientPortAddress: '127.0.0.1',
    administrators: [writeAdministrator(await makeAdministrator('ops', PASSWORD))],
    snapshotCommandIntervalMs: 0,
    ...overrides,
  });
  const log = (event: LogEvent) => events.push(event);
  const server = await runServer({ config, boot: bootServer, log, shownConfig: '' });
  t.cleanup(() => server.close());
  return { port: server.port, close: () => server.close(), events };
}

async function filled(t: TestContext, port: number): Promise<void> {
  const client = await connect(`127.0.0.1:${port}`);
  t.cleanup(() => client.close());
  for (const path of ['/app', '/app/a', '/app/b'])
    await client.create(path, `of ${path}`, { codec: text });
  await client.close();
}

function backup(port: number, file: string, more: CommandOptions = {}) {
  const words = ['backup', '--from', `127.0.0.1:${port}`, '--user', 'ops', file];
  return runCommand(words, { env: { VIVARIUM_PASSWORD: PASSWORD }, ...more });
}

function zxidIn({ out }: CommandRun): string {
  const zxid = /zxid (0x[0-9a-f]+), digest [0-9a-f]+, nodes \d+/.exec(out)?.[1];
  assert.ok(zxid !== undefined, out);
  return zxid;
}

/** Runs a command in a process that can write 1 KiB to a file, as if the disk were full then. */
function onFullDisk(words: readonly string[]): Promise<{ code: number; err: string }> {
  const limited = ['-c', 'ulimit -f 1; exec "$0" "$@"', process.execPath, PROGRAM, ...words];
  const env = { ...process.env, VIVARIUM_PASSWORD: PASSWORD };
  return new Promise((resolve) => {
    const child = execFile('bash', limited, { env }, (_error, _out, err) => {
      resolve({ code: child.exitCode ?? -1, err });
    });
  });
}

/** Answers every request alike. */
async function pretender(t: TestContext, answer: (server: Server) => void): Promise<number> {
  const server = createServer();
  answer(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.cleanup(() => new Promise((done) => server.close(done)));
  return (server.address() as AddressInfo).port;
}

suite('a backup', (test) => {
  test('of a server that runs is restored, and served as it was', async (t) => {
    const folder = tempFolder(t);
    const first = await serverIn(t, join(folder, 'first'));
    await filled(t, first.port);
    const file = join(folder, 'backup');
    const taken = await backup(first.port, file);
    assert.is(taken.code, 0, taken.err);
    assert.is(statSync(file).mode & 0o077, 0);
    assert.ok(first.events.some(({ event }) => event === 'backup.sent'));
    const order = first.events.find(({ event }) => event === 'admin.order');
    assert.is(order?.fields?.order, `snapshot ${zxidIn(taken)}`);
    const restored = await runCommand(['restore', file, '--data', join(folder, 'second')]);
    assert.is(restored.code, 0, restored.err);
    assert.is(zxidIn(restored), zxidIn(taken));
    assert.match(restored.out, 'every one of its servers');
    const second = await serverIn(t, join(folder, 'second'));
    const client = await connect(`127.0.0.1:${second.port}`);
    t.cleanup(() => client.close());
    assert.equal([...(await client.children('/app')).children].sort(), ['a', 'b']);
    assert.is(await client.getData('/app/a', { codec: text }), 'of /app/a');
  });

  test('takes the password from standard input as well', async (t) => {
    const folder = tempFolder(t);
    const { port } = await serverIn(t, join(folder, 'data'));
    const words = ['backup', '--from', `127.0.0.1:${port}`, '--user', 'ops', '--stdin'];
    const { code, err } = await runCommand([...words, join(folder, 'b')], { lines: [PASSWORD] });
    assert.is(code, 0, err);
  });

  test('is refused to those who are no administrators, and nothing is left', async (t) => {
    const folder = tempFolder(t);
    const { port } = await serverIn(t, join(folder, 'data'));
    const file = join(folder, 'backup');
    const { code, err } = await backup(port, file, { env: { VIVARIUM_PASSWORD: 'a guess' } });
    assert.is(code, 1);
    assert.match(err, '401: No administrator of this server has that name and password');
    assert.equal(readdirSync(folder), ['data']);
  });

  test('is refused for a while after another', async (t) => {
    const folder = tempFolder(t);
    const { port } = await serverIn(t, join(folder, 'data'), { snapshotCommandIntervalMs: 60_000 });
    assert.is((await backup(port, join(folder, 'one'))).code, 0);
    const { code, err } = await backup(port, join(folder, 'two'));
    assert.is(code, 1);
    assert.match(err, /429: snapshot was streamed a short while ago; try again in \d+ s/);
    assert.not.ok(existsSync(join(folder, 'two')));
  });

  test('is refused where the config says so', async (t) => {
    const folder = tempFolder(t);
    const { port } = await serverIn(t, join(folder, 'data'), { snapshotCommandEnabled: false });
    const { err } = await backup(port, join(folder, 'backup'));
    assert.match(err, 'admin.snapshot.enabled is false');
  });

  test('is refused when the files of the server are damaged, which says where', async (t) => {
    const folder = tempFolder(t);
    const { port } = await serverIn(t, join(folder, 'data'));
    await filled(t, port);
    const inside = join(folder, 'data', 'version-2');
    const log = readdirSync(inside).find((name) => name.startsWith('log.'));
    const file = openSync(join(inside, log!), 'r+');
    writeSync(file, new Uint8Array([0xff, 0xff]), 0, 2, 60);
    closeSync(file);
    const { code, err } = await backup(port, join(folder, 'backup'));
    assert.is(code, 1);
    assert.match(err, /500: there is no backup of the tree at 0x[0-9a-f]+: the logs lead to 0x0/);
    assert.equal(readdirSync(folder), ['data']);
  });

  test('is never written over a file, nor where nothing can be written', async (t) => {
    const folder = tempFolder(t);
    const file = join(folder, 'backup');
    writeFileSync(file, 'mine');
    const { code, err } = await backup(1, file);
    assert.is(code, 2);
    assert.match(err, 'nothing is written over');
    assert.is(readFileSync(file, 'utf8'), 'mine');
    const nowhere = await backup(1, join(folder, 'none', 'backup'));
    assert.is(nowhere.code, 10);
    assert.match(nowhere.err, 'cannot be written');
  });

  test('on a disk that is full leaves nothing, and neither does its restoration', async (t) => {
    const folder = tempFolder(t);
    const { port } = await serverIn(t, join(folder, 'data'));
    const client = await connect(`127.0.0.1:${port}`);
    t.cleanup(() => client.close());
    await client.create('/large', new Uint8Array(20_000));
    const from = ['--from', `127.0.0.1:${port}`, '--user', 'ops'];
    const taken = await onFullDisk(['backup', ...from, join(folder, 'full')]);
    assert.is(taken.code, 10, taken.err);
    assert.match(taken.err, 'full.unfinished cannot be written');
    assert.equal(readdirSync(folder), ['data']);
    const file = join(folder, 'backup');
    assert.is((await backup(port, file)).code, 0);
    const restored = await onFullDisk(['restore', file, '--data', join(folder, 'new')]);
    assert.is(restored.code, 10, restored.err);
    assert.match(restored.err, 'It has no data; make room, and try again');
    assert.not.ok(existsSync(join(folder, 'new')));
  });

  test('of a connection that ends too early leaves no half file', async (t) => {
    const folder = tempFolder(t);
    const port = await pretender(t, (server) => {
      server.on('request', (_request, response) => {
        response.writeHead(200, { last_zxid: '0x5', snapshot_size: 1000, 'Content-Length': 1000 });
        response.write(new Uint8Array(400), () => response.destroy());
      });
    });
    const { code, err } = await backup(port, join(folder, 'backup'));
    assert.is(code, 1);
    assert.match(err, /the connection ended after \d+ of 1000 bytes/);
    assert.equal(readdirSync(folder), []);
  });

  test('that is no whole, sound snapshot is not kept', async (t) => {
    const folder = tempFolder(t);
    const port = await pretender(t, (server) => {
      server.on('request', (_request, response) => {
        response.writeHead(200, { last_zxid: '0x5', snapshot_size: 400, 'Content-Length': 400 });
        response.end(new Uint8Array(400));
      });
    });
    const { code, err } = await backup(port, join(folder, 'backup'));
    assert.is(code, 3);
    assert.match(err, 'cannot be kept: it is no whole, sound snapshot');
    assert.equal(readdirSync(folder), []);
  });

  test('that is interrupted leaves nothing', async (t) => {
    const folder = tempFolder(t);
    let interrupt = () => {};
    const port = await pretender(t, (server) => {
      server.on('request', (_request, response) => {
        response.writeHead(200, { last_zxid: '0x5', snapshot_size: 1000, 'Content-Length': 1000 });
        response.write(new Uint8Array(400), () => interrupt());
        t.cleanup(() => response.destroy());
      });
    });
    const { code, err } = await backup(port, join(folder, 'backup'), {
      interruptible: (given) => {
        interrupt = given;
      },
    });
    assert.is(code, 1);
    assert.match(err, 'Interrupted; no backup was made');
    assert.equal(readdirSync(folder), []);
  });

  test('needs a server, an administrator, a password and one file', async (t) => {
    const file = join(tempFolder(t), 'backup');
    for (const [words, message] of [
      [['--user', 'ops', file], '--from host:port'],
      [['--from', 'zk1:2181', file], '--user NAME'],
      [['--from', 'zk1', '--user', 'ops', file], 'takes host:port, not "zk1"'],
      [['--from', 'zk1:2181', '--user', 'ops', file], 'comes in VIVARIUM_PASSWORD'],
      [['--from', 'zk1:2181', '--user', 'ops'], 'one file'],
    ] as const) {
      const { code, err } = await runCommand(['backup', ...words]);
      assert.is(code, 2);
      assert.match(err, message);
    }
  });
});

suite('vivarium restore', (test) => {
  test('refuses a folder with data, and leaves it alone', async (t) => {
    const folder = tempFolder(t);
    const file = join(folder, 'backup');
    const { port, close } = await serverIn(t, join(folder, 'data'));
    assert.is((await backup(port, file)).code, 0);
    await close();
    const before = readdirSync(join(folder, 'data', 'version-2'));
    const { code, err } = await runCommand(['restore', file, '--data', join(folder, 'data')]);
    assert.is(code, 3);
    assert.match(err, 'has data (version-2/');
    assert.equal(readdirSync(join(folder, 'data', 'version-2')), before);
    const logs = ['--data-log', join(folder, 'data')];
    const other = await runCommand(['restore', file, '--data', join(folder, 'new'), ...logs]);
    assert.is(other.code, 3);
    assert.not.ok(existsSync(join(folder, 'new')));
  });

  test('refuses a damaged file at any byte, and makes no folder', async (t) => {
    const folder = tempFolder(t);
    const file = join(folder, 'backup');
    const { port } = await serverIn(t, join(folder, 'data'));
    await filled(t, port);
    assert.is((await backup(port, file)).code, 0);
    const bytes = readFileSync(file);
    const target = join(folder, 'new');
    for (let at = 0; at < bytes.length; at += 7) {
      const damaged = Buffer.from(bytes);
      damaged[at] = damaged[at]! ^ 0x10;
      writeFileSync(join(folder, 'damaged'), damaged);
      const { code, err } = await runCommand([
        'restore',
        join(folder, 'damaged'),
        '--data',
        target,
      ]);
      assert.is(code, 3, `byte ${at}: ${err}`);
    }
    writeFileSync(join(folder, 'damaged'), bytes.subarray(0, bytes.length - 9));
    const cut = await runCommand(['restore', join(folder, 'damaged'), '--data', target]);
    assert.match(cut.err, 'cannot be restored: it is no whole, sound snapshot (at byte');
    assert.not.ok(existsSync(target));
  });

  test('refuses what does not say of which transaction its tree is', async (t) => {
    const folder = tempFolder(t);
    const { port } = await serverIn(t, join(folder, 'data'), { digestEnabled: false });
    await filled(t, port);
    const snapshot = join(folder, 'data', 'version-2', 'snapshot.0');
    const { code, err } = await runCommand(['restore', snapshot, '--data', join(folder, 'new')]);
    assert.is(code, 3);
    assert.match(err, 'does not say of which one transaction');
  });

  test('leaves no half data folder where it cannot write', async (t) => {
    const folder = tempFolder(t);
    const file = join(folder, 'backup');
    const { port } = await serverIn(t, join(folder, 'data'));
    assert.is((await backup(port, file)).code, 0);
    const zxid = BigInt(zxidIn(await runCommand(['restore', file, '--data', join(folder, 'a')])));
    writeFileSync(join(folder, 'blocked'), 'a file');
    const blocked = await runCommand(['restore', file, '--data', join(folder, 'blocked', 'data')]);
    assert.is(blocked.code, 3);
    assert.match(blocked.err, 'cannot be made');
    assert.ok(existsSync(join(folder, 'a', 'version-2', `snapshot.${zxid.toString(16)}`)));
    mkdirSync(join(folder, 'fresh', 'version-2'), { recursive: true });
    const fresh = await runCommand(['restore', file, '--data', join(folder, 'fresh')]);
    assert.is(fresh.code, 0, fresh.err);
  });
});
