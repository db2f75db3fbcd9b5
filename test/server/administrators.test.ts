import { request } from 'node:http';
import { writeAdministrator } from '@vivarium/core/internal/config/administrator';
import { makeAdministrator } from '@vivarium/core/internal/node/administrators';
import { runCommandLine } from '@vivarium/core/internal/node/cli/command-line';
import type { World } from '@vivarium/core/internal/node/cli/world';
import * as assert from 'uvu/assert';
import { echoServer } from '../support/echo-server.js';
import { suite } from '../support/suite.js';

const PASSWORD = 'a password of some length';

/** What a command says, and the lines that it is given. */
function fakeWorld(lines: readonly string[] = []) {
  const said = { out: '', err: '' };
  const world: World = {
    stdout: {
      write: (text) => {
        said.out += text;
      },
    },
    stderr: {
      write: (text) => {
        said.err += text;
      },
    },
    async *lines() {
      yield* lines;
    },
    loadBoot: () => Promise.reject(new Error('no server is started')),
    env: {},
    isWatched: false,
    onStopRequest: () => () => {},
    onInterrupt: () => () => {},
    launch: () => {
      throw new Error('no process is launched');
    },
    exit() {},
  };
  return { world, said };
}

interface Said {
  readonly status: number;
  readonly body: string;
  readonly challenge: string | undefined;
}

function post(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'POST',
): Promise<Said> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, host: '127.0.0.1', path, method, headers, agent: false });
    asked.on('error', reject);
    asked.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => {
        const challenge = response.headers['www-authenticate'];
        resolve({ status: response.statusCode ?? 0, body, challenge });
      });
    });
    asked.end();
  });
}

function basic(name: string, password: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}` };
}

const lineOf = async (name: string) => writeAdministrator(await makeAdministrator(name, PASSWORD));

suite('an administrator by HTTP', (test) => {
  test('is asked for name and password, and then obeyed, which the log says', async (t) => {
    const server = await echoServer(t, { administrators: [await lineOf('ops')] });
    const nobody = await post(server.port, '/commands/stat_reset');
    assert.is(nobody.status, 401);
    assert.match(nobody.challenge ?? '', 'Basic realm="Vivarium"');
    const ops = await post(server.port, '/commands/stat_reset', basic('ops', PASSWORD));
    assert.is(ops.status, 200, ops.body);
    const order = server.events.find(({ event }) => event === 'admin.order');
    assert.is(order?.fields?.user, 'ops');
    assert.is(order?.fields?.order, 'reset-server-stats');
    assert.is(order?.fields?.address, '127.0.0.1');
    const all = JSON.stringify(server.events, (_key, value) => String(value));
    assert.not.match(all, PASSWORD);
  });

  test('is named in the log with what was ordered, in full', async (t) => {
    const server = await echoServer(t, { administrators: [await lineOf('ops')] });
    const path = '/commands/set_trace_mask?traceMask=7';
    assert.is((await post(server.port, path, basic('ops', PASSWORD))).status, 200);
    const order = server.events.find(({ event }) => event === 'admin.order');
    assert.is(order?.message, 'ops from 127.0.0.1 has ordered: trace mask 7');
  });

  test('with a wrong password gets nothing, not even what is for anybody', async (t) => {
    const server = await echoServer(t, { administrators: [await lineOf('ops')] });
    const wrong = await post(server.port, '/health', basic('ops', 'guess'), 'GET');
    assert.is(wrong.status, 401);
    assert.is((await post(server.port, '/health', {}, 'GET')).status, 200);
    assert.ok(server.events.some(({ event }) => event === 'http.login-refused'));
  });

  test('cannot be played by a page of another origin, whatever its browser remembers', async (t) => {
    const server = await echoServer(t, { administrators: [await lineOf('ops')] });
    const headers = { ...basic('ops', PASSWORD), Origin: 'https://evil.example' };
    const { status, body } = await post(server.port, '/commands/stat_reset', headers);
    assert.is(status, 403);
    assert.match(body, 'evil.example');
    assert.not.ok(server.events.some(({ event }) => event === 'admin.order'));
  });

  test('changes nothing by GET', async (t) => {
    const server = await echoServer(t, { administrators: [await lineOf('ops')] });
    const got = await post(server.port, '/commands/stat_reset', basic('ops', PASSWORD), 'GET');
    assert.is(got.status, 405);
    assert.not.ok(server.events.some(({ event }) => event === 'admin.order'));
  });
});

suite('vivarium admin-user', (test) => {
  test('makes a line that lets in whoever has the password it tells', async (t) => {
    const { world, said } = fakeWorld();
    assert.is(await runCommandLine(['admin-user', 'ops'], world), 0);
    const password = /^password of ops: (\S{24})\n$/.exec(said.err)?.[1];
    const line = /^vivarium\.administrators=(\S+)\n$/.exec(said.out)?.[1];
    assert.ok(password !== undefined && line !== undefined, `${said.err}${said.out}`);
    const { port } = await echoServer(t, { administrators: [line] });
    const { status } = await post(port, '/commands/stat_reset', basic('ops', password));
    assert.is(status, 200);
  });

  test('takes a password from standard input, and says it to nobody', async () => {
    const { world, said } = fakeWorld([PASSWORD]);
    assert.is(await runCommandLine(['admin-user', 'ops', '--stdin'], world), 0);
    assert.match(said.out, /^vivarium\.administrators=ops:scrypt:/);
    assert.not.match(said.out + said.err, PASSWORD);
  });

  test('refuses short passwords, none, and names that cannot be', async () => {
    for (const [words, lines, message] of [
      [['ops', '--stdin'], ['short'], 'at least 12'],
      [['ops', '--stdin'], [], 'no password'],
      [['a:b'], [], 'cannot be called'],
      [[], [], 'Name one'],
    ] as const) {
      const { world, said } = fakeWorld(lines);
      assert.is(await runCommandLine(['admin-user', ...words], world), 2);
      assert.match(said.err, message);
      assert.is(said.out, '');
    }
  });
});
