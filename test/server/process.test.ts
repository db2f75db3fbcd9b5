import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { type Child, startChild } from '../support/child.js';
import { ints, orders } from '../support/echo-machine.js';
import { CONNECT_REQUEST, frame, rawClient } from '../support/raw-client.js';
import { suite, type TestContext } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';

const CLI = fileURLToPath(new URL('../support/fixtures/echo-cli.js', import.meta.url));

function vivarium(
  t: TestContext,
  words: readonly string[],
  options: { cwd?: string; env?: Record<string, string>; maxOpenFiles?: number } = {},
): Child {
  return startChild(t, [CLI, ...words], options);
}

/** Writes a zoo.cfg into a new folder, with a data folder of its own. */
function zooCfg(t: TestContext, lines: readonly string[] = []): { path: string; dataDir: string } {
  const folder = tempFolder(t);
  const dataDir = join(folder, 'data');
  const path = join(folder, 'zoo.cfg');
  const all = [`dataDir=${dataDir}`, 'clientPort=0', 'clientPortAddress=127.0.0.1', ...lines];
  writeFileSync(path, `${all.join('\n')}\n`);
  return { path, dataDir };
}

async function portOf(child: Child): Promise<number> {
  return Number((await child.says(/"port":(\d+)/))[1]);
}

async function greeted(t: TestContext, port: number) {
  const client = await rawClient(t, port);
  client.send(CONNECT_REQUEST);
  await client.frame();
  return client;
}

async function countAt(t: TestContext, port: number): Promise<number> {
  const client = await greeted(t, port);
  client.send(frame(ints(orders.count)));
  const [a, b, c, d] = await client.frame();
  return (a! << 24) | (b! << 16) | (c! << 8) | d!;
}

suite('vivarium server', (test) => {
  test('serves until SIGTERM, which ends it cleanly and leaves no claim', async (t) => {
    const { path, dataDir } = zooCfg(t);
    const child = vivarium(t, ['server', path]);
    assert.is(await countAt(t, await portOf(child)), 0);
    child.kill('SIGTERM');
    assert.is(await child.ended, 0);
    assert.not.ok(readdirSync(dataDir).some((name) => name.endsWith('.lock')));
    const events = child.output.err
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).event);
    assert.equal(events, ['server.started', 'server.stopping', 'server.ended']);
  });

  test('keeps room for its files, however many connections come', async (t) => {
    if (process.platform !== 'linux') return;
    const { path } = zooCfg(t, ['maxClientCnxns=0']);
    const child = vivarium(t, ['server', path], { maxOpenFiles: 200 });
    const port = await portOf(child);
    const writer = await greeted(t, port);
    for (let i = 0; i < 300; i++) await rawClient(t, port);
    await child.says(/limit of open files/);
    for (let i = 1; i <= 3; i++) {
      writer.send(frame(ints(orders.keep, i)));
      assert.equal(await writer.frame(), ints(i));
    }
    child.kill('SIGTERM');
    assert.is(await child.ended, 0);
  });

  test('goes on when nobody reads its log any more', async (t) => {
    const { path } = zooCfg(t);
    const child = vivarium(t, ['server', path]);
    const port = await portOf(child);
    child.ignore();
    for (let i = 0; i < 3; i++) {
      const client = await rawClient(t, port);
      client.send(Uint8Array.of(0x16, 0x03, 0x01, 0x00));
      await client.closed;
    }
    assert.is(await countAt(t, port), 0);
    child.kill('SIGTERM');
    assert.is(await child.ended, 0);
  });

  test('says nothing of its session secret', async (t) => {
    const { path, dataDir } = zooCfg(t, ['vivarium.logLevel=debug', '4lw.commands.whitelist=*']);
    const child = vivarium(t, ['server', path]);
    const port = await portOf(child);
    let told = '';
    for (const word of ['conf', 'envi', 'mntr', 'dirs']) {
      const client = await rawClient(t, port);
      client.send(word);
      told += await client.rest();
    }
    child.kill('SIGTERM');
    await child.ended;
    const secret = readFileSync(join(dataDir, 'vivarium-session-secret'), 'utf8').trim();
    assert.is(secret.length, 64);
    assert.not.ok(`${told}${child.output.out}${child.output.err}`.includes(secret));
  });

  test('refuses a wrong config with file, line, key and what is allowed', async (t) => {
    const { path } = zooCfg(t, ['tickTime=fast', 'maxClientCnxn=3']);
    const child = vivarium(t, ['server', path]);
    assert.is(await child.ended, 2);
    assert.match(child.output.err, `vivarium: ${path}:4: tickTime=fast is not allowed`);
    assert.match(child.output.err, 'Did you mean maxClientCnxns?');
  });

  test('says which file it cannot read, and how it is used', async (t) => {
    const missing = vivarium(t, ['server', 'none.cfg']);
    assert.is(await missing.ended, 2);
    assert.match(missing.output.err, 'none.cfg cannot be read');
    const nameless = vivarium(t, ['server']);
    assert.is(await nameless.ended, 2);
    assert.match(nameless.output.err, 'Usage: vivarium server path/to/zoo.cfg');
  });

  test('ends with the reason and the remedy when its port is taken', async (t) => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    t.cleanup(() => other.close());
    const { port } = other.address() as { port: number };
    const { path } = zooCfg(t, [`clientPort=${port}`]);
    const child = vivarium(t, ['server', path]);
    assert.is(await child.ended, 1);
    assert.match(child.output.err, `port ${port}, is taken by another program`);
    assert.match(child.output.err, 'choose another clientPort');
  });

  test('refuses a folder in use, naming the pid of the server that has it', async (t) => {
    const { path } = zooCfg(t);
    const first = vivarium(t, ['server', path]);
    await portOf(first);
    const second = vivarium(t, ['server', path]);
    assert.is(await second.ended, 3);
    assert.match(second.output.err, `in use by a server in process ${first.pid}`);
  });

  test('refuses a folder of another server', async (t) => {
    const { path, dataDir } = zooCfg(t);
    mkdirSync(dataDir);
    const marker = '{"format":1,"ensemble":"standalone","serverId":3}';
    writeFileSync(join(dataDir, 'vivarium.json'), marker);
    const child = vivarium(t, ['server', path]);
    assert.is(await child.ended, 3);
    assert.match(child.output.err, 'belongs to server 3');
  });

  test('ends with the code of the machine that halts', async (t) => {
    const { path } = zooCfg(t);
    const child = vivarium(t, ['server', path]);
    const client = await greeted(t, await portOf(child));
    client.send(frame(ints(orders.halt, 10)));
    assert.is(await child.ended, 10);
    assert.match(child.output.err, 'as ordered');
  });
});

suite('kill -9', (test) => {
  /** Kills a server under load some times; returns what was acknowledged and what was kept. */
  async function crash(t: TestContext, env: Record<string, string>) {
    const { path } = zooCfg(t);
    let acknowledged = 0;
    for (let round = 0; round < 4; round++) {
      const child = vivarium(t, ['server', path], { env });
      const client = await greeted(t, await portOf(child));
      const kept = await countAt(t, await portOf(child));
      if (kept < acknowledged) return { acknowledged, kept };
      for (let i = 0; i < 200; i++) client.send(frame(ints(orders.keep, i)));
      const enough = 20 + 40 * round;
      for (let i = 0; i < enough; i++) await client.frame();
      child.kill('SIGKILL');
      acknowledged = kept + enough;
      for (;;) {
        const answer = await client.frame().catch(() => undefined);
        if (answer === undefined) break;
        acknowledged++;
      }
      assert.is(await child.ended, 'SIGKILL');
    }
    const child = vivarium(t, ['server', path], { env });
    return { acknowledged, kept: await countAt(t, await portOf(child)) };
  }

  const limit = { timeoutMs: 30_000 };

  test(
    'loses nothing acknowledged, and the next start comes at once',
    async (t) => {
      const { acknowledged, kept } = await crash(t, {});
      assert.ok(acknowledged >= 320);
      assert.ok(kept >= acknowledged, `${kept} of ${acknowledged}`);
    },
    limit,
  );

  test(
    'loses nothing acknowledged when the power goes with it',
    async (t) => {
      const { acknowledged, kept } = await crash(t, { VIVARIUM_TEST_DISK: 'forgetful' });
      assert.ok(acknowledged >= 320);
      assert.ok(kept >= acknowledged, `${kept} of ${acknowledged}`);
    },
    limit,
  );

  test(
    'loses writes on a disk that lies, or these tests would show nothing',
    async (t) => {
      const { acknowledged, kept } = await crash(t, { VIVARIUM_TEST_DISK: 'lying' });
      assert.ok(kept < acknowledged, `${kept} of ${acknowledged}`);
    },
    limit,
  );
});

suite('vivarium start --single', (test) => {
  test('serves on the next free port, says so, and stops on Ctrl-C', async (t) => {
    const cwd = tempFolder(t);
    const child = vivarium(t, ['start', '--single'], { cwd });
    const connect = /connect {2}127\.0\.0\.1:(\d+)( {3}\(port 2181 is taken\))?\n/;
    const [, port, moved] = await child.says(connect);
    assert.is(moved === undefined, port === '2181');
    await child.says(/try\.mjs[\s\S]*await connect\('127\.0\.0\.1:/);
    assert.match(child.output.out, join(cwd, 'data', '1'));
    assert.is(await countAt(t, Number(port)), 0);
    child.kill('SIGINT');
    assert.is(await child.ended, 0);
    assert.match(child.output.out, 'Stopped.');
    assert.is(child.output.err, '');
  });

  test('is refused in a folder whose server still runs', async (t) => {
    const cwd = tempFolder(t);
    const first = vivarium(t, ['start', '--single', '--port', '0'], { cwd });
    await first.says(/connect/);
    const second = vivarium(t, ['start', '--single', '--port', '0'], { cwd });
    assert.is(await second.ended, 3);
    assert.match(second.output.err, `process ${first.pid}`);
  });

  test('takes a port and a folder, and no nonsense', async (t) => {
    const cwd = tempFolder(t);
    const wrong = vivarium(t, ['start', '--single', '--port', '70000'], { cwd });
    assert.is(await wrong.ended, 2);
    assert.match(wrong.output.err, '--port 70000 is not allowed');
    const nowhere = vivarium(t, ['start', '--single', '--port', '0', '--data', ''], { cwd });
    assert.is(await nowhere.ended, 2);
    assert.match(nowhere.output.err, '--data needs the name of a folder');
    const unknown = vivarium(t, ['start', '--single', '--prot', '1'], { cwd });
    assert.is(await unknown.ended, 2);
    assert.match(unknown.output.err, 'Usage: vivarium start');
    const child = vivarium(t, ['start', '--single', '--port', '0', '--data', 'elsewhere'], { cwd });
    await child.says(/connect/);
    assert.equal(readdirSync(cwd), ['elsewhere']);
  });
});

suite('the command line', (test) => {
  test('lists its commands, and guesses what was meant', async (t) => {
    const help = vivarium(t, ['--help']);
    assert.is(await help.ended, 0);
    for (const name of ['start', 'server', 'shell']) assert.match(help.output.out, name);
    const version = vivarium(t, ['--version']);
    assert.is(await version.ended, 0);
    assert.match(version.output.out, /^\d+\.\d+\.\d+\n$/);
    const misspelt = vivarium(t, ['servr']);
    assert.is(await misspelt.ended, 2);
    assert.match(misspelt.output.err, 'Did you mean server?');
    assert.is(await vivarium(t, []).ended, 2);
  });
});
