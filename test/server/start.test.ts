import { execFile } from 'node:child_process';
import {
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { startChild } from '../support/child.js';
import { CONNECT_REQUEST, rawClient } from '../support/raw-client.js';
import { suite, type TestContext } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';
import { REPOSITORY, shell, startServer, vivarium, zooCfg } from '../support/vivarium.js';

const LIMIT = { timeoutMs: 60_000 };
const run = promisify(execFile);

/** A folder in which the packages can be found, as after `npm install` in it. */
function projectFolder(t: TestContext): string {
  const folder = tempFolder(t);
  symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  return folder;
}

/** Takes a port; which one, if the wanted one is taken already, does not matter. */
async function takePort(t: TestContext, wanted: number): Promise<number> {
  const taken = createServer();
  const port = await new Promise<number>((resolve) => {
    taken.once('error', () => resolve(wanted));
    taken.listen(wanted, '127.0.0.1', () => {
      resolve((taken.address() as { port: number }).port);
    });
  });
  t.cleanup(() => taken.close());
  return port;
}

suite(
  'vivarium start --single',
  (test) => {
    test('prints what to try, and all of it works; started again it has all data', async (t) => {
      const cwd = projectFolder(t);
      const first = vivarium(t, ['start', '--single', '--port', '0'], { cwd });
      await first.says(/now\.children\)\);\n/);
      const printed = first.output.out;
      const connectString = /connect {2}(\S+)\n/.exec(printed)![1]!;
      assert.match(printed, `data     ${join(cwd, 'data', '1')}`);

      const commands = [...printed.matchAll(/^ {4}npx (vivarium shell .*)$/gm)].map(([, c]) => c!);
      assert.is(commands.length, 2);
      const outputs: string[] = [];
      for (const command of commands) {
        const { stdout, stderr } = await run('npx', ['--no-install', ...command.split(' ')], {
          cwd,
        });
        outputs.push(stdout + stderr.replace(/^npm warn.*\n/gm, ''));
      }
      assert.equal(outputs, ['Created /hello\n', 'world\n']);

      const program = printed.slice(printed.indexOf('    import')).replaceAll('\n    ', '\n');
      writeFileSync(join(cwd, 'try.mjs'), program.trim());
      const tried = startChild(t, ['try.mjs'], { cwd });
      await tried.says(/\[ 'hello', 'zookeeper' \]/);
      await shell(t, connectString, { words: ['create', '/more'] });
      await tried.says(/\[ 'hello', 'more', 'zookeeper' \]/);
      tried.kill('SIGTERM');
      const mortal = await shell(t, connectString, { words: ['create', '-t', '500', '/t'] });
      assert.is(mortal.code, 1);
      assert.match(mortal.err, 'extendedTypesEnabled=true');

      first.kill('SIGINT');
      assert.is(await first.ended, 0);
      assert.match(first.output.out, `Stopped. All that was acknowledged is in ${cwd}`);
      const second = vivarium(t, ['start', '--single', '--port', '0'], { cwd });
      const [, again] = await second.says(/connect {2}(\S+)\n/);
      assert.is((await shell(t, again!, { words: ['get', '/hello'] })).out, 'world\n');
      second.kill('SIGTERM');
      assert.is(await second.ended, 0);
    });

    test('takes the next free port when the usual one is taken, and says so plainly', async (t) => {
      await takePort(t, 2181);
      const child = vivarium(t, ['start', '--single'], { cwd: tempFolder(t) });
      const [, port] = await child.says(
        /connect {2}127\.0\.0\.1:(\d+) {3}\(port 2181 is taken\)\n/,
      );
      assert.ok(Number(port) > 2181);
      await child.says(new RegExp(`npx vivarium shell -server 127\\.0\\.0\\.1:${port} create`));
      assert.is((await shell(t, `127.0.0.1:${port}`, { words: ['ls', '/'] })).code, 0);
    });

    test('does not choose another port than the one it was told', async (t) => {
      const port = await takePort(t, 0);
      const child = vivarium(t, ['start', '--single', '--port', String(port)], {
        cwd: tempFolder(t),
      });
      assert.is(await child.ended, 1);
      assert.match(child.output.err, `port ${port}, is taken by another program`);
    });
  },
  LIMIT,
);

suite(
  'vivarium server with a zoo.cfg',
  (test) => {
    const refusals: readonly (readonly [string, string, readonly string[]])[] = [
      ['a wrong value', 'tickTime=0', ['tickTime=0 is not allowed', 'allowed: ']],
      ['a value of another kind', 'skipACL=perhaps', ['skipACL=perhaps is not allowed', 'yes']],
      ['timeouts that contradict', 'minSessionTimeout=90000', ['minSessionTimeout', '60000']],
      ['TLS, which would be missing', 'secureClientPort=2281', ['is not supported', 'no TLS']],
      ['a wrong server', 'server.1=a:2888:3888\nserver.2=b:2888', ['server.2', 'quorumPort']],
      ['a line that is none', 'dataDir', ['dataDir']],
    ];
    for (const [what, lines, told] of refusals) {
      test(`refuses ${what} with file, line, key and what is allowed: code 2`, async (t) => {
        const { path, dataDir } = zooCfg(t, [lines]);
        const child = vivarium(t, ['server', path]);
        assert.is(await child.ended, 2);
        assert.match(child.output.err, new RegExp(`^vivarium: ${path}:[45]: `));
        for (const words of told) assert.match(child.output.err, words);
        assert.is(child.output.out, '');
        assert.throws(() => readdirSync(dataDir), /ENOENT/, 'nothing was touched');
      });
    }

    test('goes on when nobody takes its log any more, and ends cleanly', async (t) => {
      const { path } = zooCfg(t);
      const server = await startServer(t, path);
      server.hangUp();
      // Anybody on the network can make it log; that ended it.
      for (let time = 0; time < 3; time++) {
        const stranger = await rawClient(t, server.port);
        stranger.send(new Uint8Array([0x7f, 0xff, 0xff, 0xff, 1, 2, 3, 4]));
        await stranger.rest();
      }
      const client = await rawClient(t, server.port);
      client.send(CONNECT_REQUEST);
      assert.ok((await client.frame()).length > 0);
      server.kill('SIGTERM');
      assert.is(await server.ended, 0);
    });

    test('warns of a key that nobody knows, and serves', async (t) => {
      const { path } = zooCfg(t, ['tickTme=2000', 'electionAlg=3']);
      const server = await startServer(t, path);
      const warnings = server.output.err.split('\n').filter((line) => line.includes('"warn"'));
      assert.ok(warnings.some((line) => line.includes(`${path}:4: tickTme=2000`)));
      assert.ok(warnings.some((line) => line.includes('Did you mean tickTime?')));
      server.kill('SIGTERM');
      assert.is(await server.ended, 0);
    });

    test('names the pid of the server that uses the folder, on any port: code 3', async (t) => {
      const { path, dataDir } = zooCfg(t);
      const first = await startServer(t, path);
      const second = vivarium(t, ['server', path]);
      assert.is(await second.ended, 3);
      assert.match(second.output.err, dataDir);
      assert.match(second.output.err, `process ${first.pid}`);
      assert.is((await shell(t, first.connectString, { words: ['ls', '/'] })).code, 0);
    });

    test('names the port that is taken, and the remedy: code 1', async (t) => {
      const port = await takePort(t, 0);
      const { path } = zooCfg(t, [`clientPort=${port}`]);
      const child = vivarium(t, ['server', path]);
      assert.is(await child.ended, 1);
      assert.match(child.output.err, String(port));
      assert.match(child.output.err, 'choose another clientPort');
    });

    test('ends cleanly on SIGTERM: code 0, and every write is there again', async (t) => {
      const { path } = zooCfg(t);
      const first = await startServer(t, path);
      const lines = ['create /a 1', 'create /a/b 2', 'set /a 3', 'delete /a/b', 'create -s /a/s'];
      await shell(t, first.connectString, { lines });
      first.kill('SIGTERM');
      assert.is(await first.ended, 0);
      const second = await startServer(t, path);
      const { out } = await shell(t, second.connectString, { lines: ['get /a', 'ls /a'] });
      assert.is(out, '3\n[s0000000001]\n');
      assert.not.match(second.output.err, /"warn"|"error"/);
    });

    test('is not kept from starting by what kill -9 leaves', async (t) => {
      const { path, dataDir } = zooCfg(t);
      for (let round = 0; round < 3; round++) {
        const server = await startServer(t, path);
        await shell(t, server.connectString, { words: ['create', `/n${round}`] });
        server.kill('SIGKILL');
        assert.is(await server.ended, 'SIGKILL');
        assert.ok(readdirSync(dataDir).some((name) => name.endsWith('.lock')));
      }
      const last = await startServer(t, path);
      const { out } = await shell(t, last.connectString, { words: ['ls', '/'] });
      assert.is(out, '[n0, n1, n2, zookeeper]\n');
    });
  },
  LIMIT,
);

suite(
  'a log that is damaged',
  (test) => {
    /** A stopped server with some writes; returns its log file and the config. */
    async function damagedLog(t: TestContext, damage: (bytes: Buffer) => Buffer) {
      const { path, dataDir } = zooCfg(t, ['preAllocSize=64']);
      const server = await startServer(t, path);
      const lines = Array.from({ length: 20 }, (_, i) => `create /n${i} ${'x'.repeat(50)}`);
      await shell(t, server.connectString, { lines });
      server.kill('SIGKILL');
      await server.ended;
      const folder = join(dataDir, 'version-2');
      const name = readdirSync(folder).find((file) => /^log\.[0-9a-f]+$/.test(file))!;
      const file = join(folder, name);
      writeFileSync(file, damage(readFileSync(file)));
      return { path, file };
    }

    test('in the middle refuses the start with file, offset and remedy, which helps: code 3', async (t) => {
      const { path, file } = await damagedLog(t, (bytes) => {
        bytes[1_000]! ^= 0x40;
        return bytes;
      });
      const before = readFileSync(file);
      const child = vivarium(t, ['server', path]);
      assert.is(await child.ended, 3);
      const told = new RegExp(`vivarium: ${file} at byte (\\d+): .*damaged \\((\\S+) proves it\\)`);
      const [, offset, proof] = told.exec(child.output.err)!;
      assert.ok(Number(offset) <= 1_000 && Number(offset) > 800, offset);
      assert.match(child.output.err, 'Restore the file from a backup.');
      assert.equal(readFileSync(file), before, 'nothing was changed');

      assert.match(child.output.err, 'cut the file at that byte and remove the file that proves');
      truncateSync(file, Number(offset));
      rmSync(proof!);
      const again = await startServer(t, path);
      const { out } = await shell(t, again.connectString, { words: ['ls', '/'] });
      assert.match(out, /^\[n0, n1, .*zookeeper\]\n$/);
    });

    test('by a lost end that was durable is refused too', async (t) => {
      const { path, file } = await damagedLog(t, (bytes) => bytes.subarray(0, 1_000));
      const child = vivarium(t, ['server', path]);
      assert.is(await child.ended, 3);
      assert.match(child.output.err, file);
    });
  },
  LIMIT,
);
