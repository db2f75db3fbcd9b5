import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '@vivarium/core';
import { startServer } from '@vivarium/core/server';
import * as assert from 'uvu/assert';
import { shellHere } from '../support/shell-here.js';
import { suite, type TestContext } from '../support/suite.js';
import { tempFolder } from '../support/temp-folder.js';

const LIMIT = { timeoutMs: 120_000 };

/** A server, a shell for it, and a client. */
async function world(t: TestContext) {
  const server = await startServer({
    clientPort: 0,
    dataDir: join(tempFolder(t), 'data'),
    extendedTypesEnabled: true,
    fourLetterWords: ['*'],
    logTo: { write() {} },
  });
  t.cleanup(() => server.close());
  const { connectString } = server;
  const zk = await connect(connectString);
  t.cleanup(() => zk.close());
  return {
    zk,
    connectString,
    folder: tempFolder(t),
    one: (...words: string[]) => ran(connectString, { words }),
    piped: (...lines: string[]) => ran(connectString, { lines }),
  };
}

/** Runs the shell to its end. */
async function ran(server: string, what: Parameters<typeof shellHere>[1]) {
  const shell = shellHere(server, what);
  const code = await shell.code;
  const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
  return { code, out: text(shell.out), err: text(shell.err) };
}

suite(
  'vivarium shell, whole trees',
  (test) => {
    test('draws a tree, and so many levels of it', async (t) => {
      const { zk, piped } = await world(t);
      for (const path of ['/a', '/a/b', '/a/b/c', '/d']) await zk.create(path);
      await zk.create('/a/e', 'x', { mode: 'ephemeral' });
      const { code, out } = await piped('tree /a', 'tree /a --depth 1', 'tree /a/b --json');
      assert.is(code, 0);
      assert.equal(out.split('\n'), [
        '/a',
        '├── b',
        '│   └── c',
        '└── e  (ephemeral)',
        '/a',
        '├── b  (1 below)',
        '└── e  (ephemeral)',
        '{"path":"/a/b","depth":0,"ephemeral":false,"numChildren":1,"dataLength":0}',
        '{"path":"/a/b/c","depth":1,"ephemeral":false,"numChildren":0,"dataLength":0}',
        '',
      ]);
    });

    test('a subtree goes into a file and comes back elsewhere', async (t) => {
      const { zk, one, folder } = await world(t);
      const acl = [{ perms: 31, id: { scheme: 'digest', id: 'u:h=' } }, ANYONE];
      await zk.create('/app', 'grüße');
      await zk.create('/app/bytes', new Uint8Array([0xff, 0]), { acl });
      await zk.create('/app/box', null, { mode: 'container' });
      await zk.create('/app/short', '', { mode: 'persistentTtl', ttlMs: 3_600_000 });
      await zk.create('/app/mine', 'x', { mode: 'ephemeral' });
      const file = join(folder, 'app.json');
      const exported = await one('export', '/app', file);
      assert.equal([exported.code, exported.err], [0, `Exported 5 nodes of /app to ${file}\n`]);
      assert.is(statSync(file).mode & 0o777, 0o600);
      assert.is(JSON.parse(readFileSync(file, 'utf8')).count, 5);
      const dry = await one('import', file, '/copy', '--dry-run');
      assert.equal(dry.out.split('\n').sort(), [
        '',
        'create /copy',
        'create /copy/box',
        'create /copy/bytes',
        'create /copy/short',
        'skip /copy/mine (ephemeral: it belongs to a session)',
      ]);
      assert.is(await zk.exists('/copy'), undefined);
      const imported = await one('import', file, '/copy');
      assert.is(
        imported.err,
        'Imported 5 nodes at /copy: 4 created, 0 overwritten, 0 same, 1 skipped\n',
      );
      assert.is(new TextDecoder().decode(await zk.getData('/copy')), 'grüße');
      assert.equal([...(await zk.getData('/copy/bytes'))], [0xff, 0]);
      assert.equal((await zk.getAcl('/copy/bytes')).acl, acl);
    });

    test('an import writes nothing where something else is, or goes around it', async (t) => {
      const { zk, one, folder } = await world(t);
      await zk.create('/app', 'one');
      await zk.create('/app/x', 'one');
      const file = join(folder, 'app.json');
      await one('export', '/app', file);
      await zk.set('/app', 'two');
      await zk.delete('/app/x');
      const refused = await one('import', file);
      assert.is(refused.code, 1);
      assert.match(refused.err, /^\/app is there already.*nothing was written.*\n$/);
      assert.is(await zk.exists('/app/x'), undefined);
      assert.match(
        (await one('import', file, '--skip')).err,
        '1 created, 0 overwritten, 0 same, 1 skipped',
      );
      assert.match((await one('import', file, '--overwrite')).err, '1 overwritten, 1 same');
      assert.is(new TextDecoder().decode(await zk.getData('/app')), 'one');
      writeFileSync(file, readFileSync(file, 'utf8').slice(0, -20));
      const damaged = await one('import', file);
      assert.match(damaged.err, /is no export of a subtree: it is no JSON, or was cut off/);
    });

    test('an import that has to stop says what it has written', async (t) => {
      const { zk, one, folder } = await world(t);
      const file = join(folder, 'app.json');
      const open = ['world:anyone:cdrwa'];
      const nodes = [
        { path: '', data: null, acl: open },
        ...Array.from({ length: 120 }, (_, at) => ({ path: `/n${at}`, data: 'x', acl: open })),
        { path: '/shut', data: null, acl: ['world:anyone:r'] },
        { path: '/shut/below', data: null, acl: open },
      ];
      writeFileSync(
        file,
        JSON.stringify({ format: 'vivarium-subtree', version: 1, path: '/a', nodes }),
      );
      const { code, err } = await one('import', file);
      assert.is(code, 4);
      assert.match(err, /^import stopped at \/a\/shut\/below: .*\n$/);
      assert.match(err, '; 100 of 123 nodes were written: up to /a/n98. ');
      assert.is((await zk.children('/a')).children.length, 99);
    });

    test('an export that fails leaves no file', async (t) => {
      const { zk, one, folder } = await world(t);
      await zk.create('/app');
      await zk.create('/app/shut', null, {
        acl: [{ perms: 31, id: { scheme: 'digest', id: 'nobody:x' } }],
      });
      const file = join(folder, 'app.json');
      assert.is((await one('export', '/app', file)).code, 4);
      assert.equal([existsSync(file), existsSync(`${file}.part`)], [false, false]);
    });
  },
  LIMIT,
);

const ANYONE = { perms: 31, id: { scheme: 'world', id: 'anyone' } };

suite(
  'vivarium shell, looking on',
  (test) => {
    test('streams changes until Ctrl-C', async (t) => {
      const { zk, connectString } = await world(t);
      await zk.create('/a');
      const shell = shellHere(connectString, { words: ['--json', 'watch', '-R', '/a'] });
      // Until the watch is there changes are not told, so there is one after the other.
      for (let number = 0; shell.out.length === 0; number++) await zk.create(`/a/n${number}`);
      await zk.set('/a', 'x');
      while (!shell.out.some((line) => line.includes('NodeDataChanged'))) await zk.exists('/a');
      shell.interrupt();
      assert.is(await shell.code, 0);
      const events = shell.out.map((line) => JSON.parse(line));
      assert.equal([events[0].event, events.at(-1).path], ['NodeCreated', '/a']);
      assert.match(events[0].zxid, /^0x[0-9a-f]+$/);
    });

    test('shows who holds a lock, who leads, and who is a member', async (t) => {
      const { zk, one } = await world(t);
      const mode = 'ephemeralSequential' as const;
      const id = zk.session!.id.toString(16).padStart(16, '0');
      const own = `_c_${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12)}-0000-000000000001`;
      await zk.create('/lock');
      const first = await zk.create(`/lock/${own}-lock-`, 'me', { mode });
      await zk.create('/lock/681c17270f2f4ca59843dac499d76089__lock__', null, { mode });
      await zk.create('/lock/other');
      const { queue, others } = JSON.parse((await one('lock', '/lock', '--json')).out);
      assert.is(others, 1);
      assert.equal(
        queue.map((each: Record<string, unknown>) => [each.holds, each.madeBy, each.fencingToken]),
        [
          [true, 'vivarium', String(first.stat.czxid)],
          [false, 'kazoo', String(first.stat.czxid + 1n)],
        ],
      );
      const text = (await one('lock', '/lock')).out.split('\n');
      assert.is(text[0], '/lock: 1 holder, 1 waiting');
      assert.match(text[1]!, /^ {2}1\. holder +exclusive +token \d+ .* vivarium .*"me"$/);
      await zk.create('/empty');
      assert.is((await one('leader', '/empty')).out, '/empty: nobody\n');
      await zk.create('/group');
      await zk.create('/group/worker17', '10.0.0.7', { mode: 'ephemeral' });
      const { members } = JSON.parse((await one('members', '/group', '--json')).out);
      assert.equal(
        [members[0].id, members[0].data, members[0].ephemeral],
        ['worker17', '10.0.0.7', true],
      );
    });

    test('shows all servers, those that are down too', async (t) => {
      const { connectString, zk } = await world(t);
      await zk.create('/newest');
      const both = `${connectString},127.0.0.1:1`;
      const words = ['top', '--once', '--interval', '10', '--json'];
      const { code, out } = await ran(both, { words });
      assert.is(code, 0);
      const [up, down] = JSON.parse(out).servers;
      assert.equal([up.role, up.lag, down.role, down.zxid], ['standalone', 0, 'down', null]);
      assert.ok(up.connections >= 1 && up.requestsPerSecond >= 0, JSON.stringify(up));
      assert.is(up.zxid, `0x${zk.lastZxidSeen.toString(16)}`);
      const none = await ran('127.0.0.1:1', { words: ['top', '--once', '--interval', '1'] });
      assert.is(none.code, 3);
      assert.is((await ran(connectString, { words: ['top'] })).code, 2);
    });
  },
  LIMIT,
);
