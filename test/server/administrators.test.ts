import { writeAdministrator } from '@vivarium/core/internal/config/administrator';
import { makeAdministrator } from '@vivarium/core/internal/node/administrators';
import * as assert from 'uvu/assert';
import { echoServer } from '../support/echo-server.js';
import { basic, httpAsk } from '../support/http-ask.js';
import { runCommand } from '../support/run-command.js';
import { suite } from '../support/suite.js';

const PASSWORD = 'a password of some length';

function post(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'POST',
) {
  return httpAsk(port, path, { method, headers });
}

const lineOf = async (name: string) => writeAdministrator(await makeAdministrator(name, PASSWORD));

suite('an administrator by HTTP', (test) => {
  test('is asked for name and password, and then obeyed, which the log says', async (t) => {
    const server = await echoServer(t, { administrators: [await lineOf('ops')] });
    const nobody = await post(server.port, '/commands/stat_reset');
    assert.is(nobody.status, 401);
    assert.match(nobody.headers['www-authenticate'] ?? '', 'Basic realm="Vivarium"');
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
    const { code, out, err } = await runCommand(['admin-user', 'ops']);
    assert.is(code, 0);
    const password = /^password of ops: (\S{24})\n$/.exec(err)?.[1];
    const line = /^vivarium\.administrators=(\S+)\n$/.exec(out)?.[1];
    assert.ok(password !== undefined && line !== undefined, `${err}${out}`);
    const { port } = await echoServer(t, { administrators: [line] });
    const { status } = await post(port, '/commands/stat_reset', basic('ops', password));
    assert.is(status, 200);
  });

  test('takes a password from standard input, and says it to nobody', async () => {
    const words = ['admin-user', 'ops', '--stdin'];
    const { code, out, err } = await runCommand(words, { lines: [PASSWORD] });
    assert.is(code, 0);
    assert.match(out, /^vivarium\.administrators=ops:scrypt:/);
    assert.not.match(out + err, PASSWORD);
  });

  test('refuses short passwords, none, and names that cannot be', async () => {
    for (const [words, lines, message] of [
      [['ops', '--stdin'], ['short'], 'at least 12'],
      [['ops', '--stdin'], [], 'no password'],
      [['a:b'], [], 'cannot be called'],
      [[], [], 'Name one'],
    ] as const) {
      const { code, out, err } = await runCommand(['admin-user', ...words], { lines });
      assert.is(code, 2);
      assert.match(err, message);
      assert.is(out, '');
    }
  });
});
