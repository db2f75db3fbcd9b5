import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';
import { freePorts } from '../support/free-ports.js';
import { suite, type TestContext } from '../support/suite.js';
import { PROGRAM, type ServerChild, shell, startServer, zooCfg } from '../support/vivarium.js';

const LIMIT = { timeoutMs: 60_000 };
const run = promisify(execFile);

/** A server with everything the shell can ask for, and a way to ask. */
async function world(t: TestContext, lines: readonly string[] = []) {
  const { path } = zooCfg(t, ['extendedTypesEnabled=true', 'enforceQuota=true', ...lines]);
  const server: ServerChild = await startServer(t, path);
  return {
    one: (...words: string[]) => shell(t, server.connectString, { words }),
    piped: (...lines: string[]) => shell(t, server.connectString, { lines }),
    server,
  };
}

suite(
  'vivarium shell, one command at a time',
  (test) => {
    test('makes, reads, changes and removes nodes', async (t) => {
      const { one } = await world(t);
      assert.equal(await one('create', '/a', 'hello world'), {
        code: 0,
        out: '',
        err: 'Created /a\n',
      });
      assert.equal(await one('get', '/a'), { code: 0, out: 'hello world\n', err: '' });
      assert.equal(await one('set', '/a', 'two', '-v', '0'), { code: 0, out: '', err: '' });
      assert.equal(await one('set', '/a', 'three', '-v', '0'), {
        code: 5,
        out: '',
        err: 'version No is not valid : /a\n',
      });
      assert.equal(await one('ls', '/'), { code: 0, out: '[a, zookeeper]\n', err: '' });
      assert.equal(await one('delete', '/a'), { code: 0, out: '', err: '' });
      assert.equal(await one('get', '/a'), {
        code: 1,
        out: '',
        err: 'Node does not exist: /a\n',
      });
    });

    test('tells wrong use by code 2, before anything is sent', async (t) => {
      const nowhere = '127.0.0.1:1';
      for (const words of [['ls'], ['ls', '-q', '/'], ['-timeout', 'x', 'ls']]) {
        const { code, out, err } = await shell(t, nowhere, { words });
        assert.equal([code, out], [2, ''], words.join(' '));
        assert.not.match(err, /connect/i);
      }
      const unknown = await shell(t, nowhere, { words: ['creat'] });
      assert.equal([unknown.code, unknown.out], [127, '']);
      assert.match(unknown.err, 'did you mean create?');
      const noString = await shell(t, 'no string', { words: ['ls', '/'] });
      assert.equal([noString.code, noString.out], [2, '']);
      assert.match(noString.err, 'not host:port');
      assert.is((await shell(t, nowhere, { words: ['help'] })).code, 0);
    });

    test('says within its timeout that no server answers', async (t) => {
      const words = ['-timeout', '300', 'ls', '/'];
      const { code, out, err } = await shell(t, '127.0.0.1:1', { words });
      assert.equal([code, out], [3, '']);
      assert.match(err, /^no server of 127\.0\.0\.1:1 could be reached within 300 ms.*\n$/);
    });

    test('tells a server without a quorum from one that does not answer', async (t) => {
      const ports = await freePorts(6);
      const servers = [1, 2, 3].map((id) => {
        return `server.${id}=127.0.0.1:${ports[id - 1]}:${ports[id + 2]}`;
      });
      const { path, dataDir } = zooCfg(t, ['initLimit=10', 'syncLimit=5', ...servers]);
      mkdirSync(dataDir);
      writeFileSync(join(dataDir, 'myid'), '1\n');
      const { connectString } = await startServer(t, path);
      const words = ['-timeout', '2000', 'ls', '/'];
      const { code, out, err } = await shell(t, connectString, { words });
      assert.equal([code, out], [3, '']);
      assert.match(err, new RegExp(`^no quorum: ${connectString} answers and serves nobody.*\n$`));
    });
  },
  LIMIT,
);

suite(
  'vivarium shell, from a pipe',
  (test) => {
    test('runs line after line in one session, and goes on after a failure', async (t) => {
      const { piped } = await world(t);
      const { code, out, err } = await piped(
        '# a comment, and an empty line',
        '',
        'create /a "two words"',
        'create -e /a/e',
        'create -s /a/s- x',
        'create -e -s /a/es-',
        'create -c /c',
        'create -t 5000 /t',
        'create /a',
        'create /a/e/x',
        'ls /a',
        'ls -R /a',
        'get /a',
        'get -b /a',
        'getEphemerals',
        'getEphemerals /a/e',
        'getAllChildrenNumber /a',
        'sync /a',
        'quit',
        'ls /',
      );
      assert.is(code, 1);
      assert.equal(err.split('\n'), [
        'Created /a',
        'Created /a/e',
        'Created /a/s-0000000001',
        'Created /a/es-0000000002',
        'Created /c',
        'Created /t',
        'Node already exists: /a',
        'Ephemerals cannot have children: /a/e/x',
        '',
      ]);
      assert.equal(out.split('\n'), [
        '[e, es-0000000002, s-0000000001]',
        '/a',
        '/a/e',
        '/a/es-0000000002',
        '/a/s-0000000001',
        'two words',
        'dHdvIHdvcmRz',
        '[/a/e, /a/es-0000000002]',
        '[/a/e]',
        '3',
        'Sync is OK',
        '',
      ]);
    });

    test('leaves nothing ephemeral behind', async (t) => {
      const { piped } = await world(t);
      assert.is((await piped('create -e /e', 'ls /')).out, '[e, zookeeper]\n');
      assert.is((await piped('ls /')).out, '[zookeeper]\n');
    });

    test("prints a Stat in zkCli's lines", async (t) => {
      const { piped } = await world(t);
      const { code, out } = await piped('create /a xyz', 'set /a 12345', 'stat /a', 'stat /none');
      assert.is(code, 1);
      const date = '[A-Z][a-z]{2} [A-Z][a-z]{2} \\d\\d \\d\\d:\\d\\d:\\d\\d UTC \\d{4}';
      const lines = [
        'cZxid = 0x2',
        `ctime = ${date}`,
        'mZxid = 0x3',
        `mtime = ${date}`,
        'pZxid = 0x2',
        'cversion = 0',
        'dataVersion = 1',
        'aclVersion = 0',
        'ephemeralOwner = 0x0',
        'dataLength = 5',
        'numChildren = 0',
        '',
      ];
      assert.match(out, new RegExp(`^${lines.join('\n')}$`));
    });

    test('deletes trees, in batches', async (t) => {
      const { piped } = await world(t);
      const names = Array.from({ length: 25 }, (_, i) => `create /a/n${i}`);
      const { code, out, err } = await piped(
        'create /a',
        ...names,
        'delete /a',
        'deleteall /a -b 10',
        'ls /',
        'deleteall /',
      );
      assert.is(code, 2);
      assert.is(out, '[zookeeper]\n');
      assert.match(err, 'Node not empty: /a\n');
      assert.match(err, /the root cannot be deleted.*\n$/);
    });

    test('shows and changes who may do what', async (t) => {
      const { piped } = await world(t);
      const { code, out, err } = await piped(
        'create /open',
        'addauth digest user:password',
        'whoami',
        'create /mine x auth::cdrwa',
        'getAcl /mine',
        'setAcl /open world:anyone:r',
        'getAcl /open',
        'set /open x',
        'setAcl /mine magic:x:r',
      );
      assert.is(code, 4);
      assert.equal(out.split('\n'), [
        'Auth scheme: User',
        'ip: 127.0.0.1',
        'digest: user',
        "'digest,'user:tpUq/4Pn5A64fVZyQ0gOJ8ZWqkY=",
        ': cdrwa',
        "'world,'anyone",
        ': r',
        '',
      ]);
      assert.match(err, 'Insufficient permission : /open\n');
      assert.match(err, 'Acl is not valid : /mine\n');
      const stranger = await piped('get /mine', 'getAcl /mine', 'addauth digest x:y', 'ls /');
      assert.is(stranger.out, '[mine, open, zookeeper]\n');
      assert.is(stranger.err, 'Insufficient permission : /mine\n'.repeat(2));
    });

    test('sets quotas that hold', async (t) => {
      const { piped } = await world(t);
      const { code, out, err } = await piped(
        'create /q',
        'listquota /q',
        'setquota -n 10 /q',
        'setquota -N 2 /q',
        'create /q/a',
        'create /q/b',
        'listquota /q',
        'delquota -N /q',
        'create /q/b',
        'delquota /q',
        'listquota /q',
        'delquota /q',
      );
      assert.is(code, 1);
      assert.equal(out.split('\n'), [
        'Output quota for /q count=10,bytes=-1=;byteHardLimit=-1;countHardLimit=2',
        'Output stat for /q count=2,bytes=0',
        'Quota does not exist for /q',
        '',
      ]);
      assert.equal(err.split('\n'), [
        'Created /q',
        'absolute path is /zookeeper/quota/q/zookeeper_limits',
        'quota for /q does not exist.',
        'Created /q/a',
        'Quota has exceeded : /q/b',
        'absolute path is /zookeeper/quota/q/zookeeper_limits',
        'Created /q/b',
        'absolute path is /zookeeper/quota/q/zookeeper_limits',
        'quota for /q does not exist.',
        '',
      ]);
    });

    test('prints the changes it watches, and removes watches', async (t) => {
      const { piped } = await world(t);
      const { code, out } = await piped(
        'create /a',
        'get -w /a',
        'set /a 1',
        'addWatch -m PERSISTENT_RECURSIVE /a',
        'create /a/b',
        'removewatches /a -r',
        'create /a/c',
        'ls -w /a',
        'removewatches /a -c',
        'create /a/d',
        'ls -R -w /a',
        'create /a/d/e',
        'removewatches /none',
        'config',
      );
      assert.is(code, 1);
      const event = (type: string, path: string, zxid: number) => [
        '',
        'WATCHER::',
        '',
        `WatchedEvent state:SyncConnected type:${type} path:${path} zxid: ${zxid}`,
      ];
      assert.equal(out.split('\n'), [
        'null',
        ...event('NodeDataChanged', '/a', 3),
        ...event('NodeCreated', '/a/b', 4),
        '[b, c]',
        ...['/a', '/a/b', '/a/c', '/a/d'],
        ...event('NodeChildrenChanged', '/a/d', 7),
        '',
        '',
      ]);
    });

    test('writes all of what it was asked for, however slowly it is read', async (t) => {
      const { piped, server } = await world(t);
      assert.is((await piped(`create /big ${'x'.repeat(900_000)}`)).code, 0);
      const script = `"$0" "$1" shell -server "$2" get /big | (sleep 0.5; wc -c)`;
      const words = ['-c', script, process.execPath, PROGRAM, server.connectString];
      for (let time = 0; time < 3; time++) {
        assert.is((await run('sh', words)).stdout.trim(), '900001');
      }
    });

    test('does not send what is too large, and goes on', async (t) => {
      const { piped } = await world(t);
      const large = 'x'.repeat(1_100_000);
      const { code, out, err } = await piped(`create /big ${large}`, 'create /ok', 'ls /');
      assert.is(code, 1);
      assert.is(out, '[ok, zookeeper]\n');
      assert.match(err, /^\/big was not written: its value has 1100000 bytes.*\nCreated \/ok\n$/);
    });

    test('works below a chroot of the connect string', async (t) => {
      const { piped, server } = await world(t);
      await piped('create /app', 'create /app/x here');
      const below = await shell(t, `${server.connectString}/app`, { lines: ['ls /', 'get /x'] });
      assert.equal(below, { code: 0, out: '[x]\nhere\n', err: '' });
    });
  },
  LIMIT,
);
