import { adminCommands, findCommand, runCommand } from '@vivarium/core/internal/admin/commands';
import { renderJson } from '@vivarium/core/internal/admin/values';
import * as assert from 'uvu/assert';
import { adminContext, downContext } from '../../support/admin-context.js';
import { suite } from '../../support/suite.js';

const NO_QUERY = new Map<string, string>();
const MASK = new Map([['traceMask', '1']]);

function body(name: string, context = adminContext()) {
  return runCommand(name, 'GET', NO_QUERY, context).body;
}

suite("admin commands answer with ZooKeeper's keys", (test) => {
  test('configuration, in the very text that ZooKeeper writes', () => {
    assert.is(
      renderJson(body('configuration')),
      `{
  "client_port" : 23510,
  "data_dir" : "/d/version-2",
  "data_log_dir" : "/l/version-2",
  "tick_time" : 2000,
  "max_client_cnxns" : 60,
  "min_session_timeout" : 4000,
  "max_session_timeout" : 40000,
  "server_id" : 0,
  "client_port_listen_backlog" : -1,
  "command" : "configuration",
  "error" : null
}
`,
    );
  });

  test('session ids are written as whole numbers, beyond what a double holds', () => {
    const text = renderJson(body('watches'));
    assert.match(text, '"72057919291719680" : [ "/p", "/" ]');
    assert.match(renderJson(body('watches_by_path')), '"/p" : [ 72057919291719680 ]');
  });

  test('connections and dump', () => {
    const connections = renderJson(body('connections'));
    assert.match(connections, '"remote_socket_address" : "127.0.0.1:50542"');
    assert.match(connections, '"session_id" : 72057919291719680');
    assert.match(connections, '"secure_connections" : [ ]');
    const dump = renderJson(body('dump'));
    assert.match(dump, '"5001000" : [ 72057919291719680 ]');
    assert.match(dump, '"72057919291719680" : [ "/e1" ]');
  });

  test('server_stats and stats', () => {
    const { server_stats: stats, client_response: response } = body('server_stats');
    assert.is((stats as Record<string, unknown>).server_state, 'standalone');
    assert.equal(response, { last_buffer_size: 88, min_buffer_size: 22, max_buffer_size: 93 });
    assert.match(renderJson(body('stats')), '"avg_latency" : 1.8');
    assert.match(renderJson(body('stats')), '"connections" : [ {');
  });

  test('last_snapshot, watch_summary, hash', () => {
    assert.is(body('last_snapshot').zxid, '0');
    assert.is(body('last_snapshot').timestamp, 1_795_533_415);
    assert.is(body('watch_summary').num_total_watches, 2);
    assert.match(renderJson(body('hash')), '"digest" : -5');
  });

  test('what only an ensemble has is answered as ZooKeeper does standalone', () => {
    assert.equal(body('leader'), { command: 'leader', error: 'server is not initialized' });
    assert.equal(body('voting_view').current_config, {});
    assert.equal(body('observers').observers, []);
    assert.is(body('zabstate').voting, false);
  });

  test('every command answers with its name and an error, by each of its names', () => {
    for (const { name, aliases, method } of adminCommands) {
      for (const alias of [name, ...aliases]) {
        const { status, body: answered } = runCommand(
          alias,
          method,
          NO_QUERY,
          adminContext(),
          'ops',
        );
        assert.is(status, 200, alias);
        assert.is(answered.command, name);
        assert.ok('error' in answered, alias);
      }
    }
  });

  test('names and aliases are unique', () => {
    const names = adminCommands.flatMap(({ name, aliases }) => [name, ...aliases]);
    assert.is(new Set(names).size, names.length);
    assert.is(findCommand('constructor'), undefined);
  });
});

suite('admin commands that cannot be run', (test) => {
  test('an unknown one is named', () => {
    const { status, body: answered } = runCommand('nope', 'GET', NO_QUERY, adminContext());
    assert.is(status, 200);
    assert.equal(answered, { command: 'nope', error: 'Unknown command: nope' });
  });

  test('without a serving server those that need one say so, the others answer', () => {
    for (const { name, method, needsServer } of adminCommands) {
      const answered = runCommand(name, method, MASK, downContext(), 'ops').body;
      const error = 'This ZooKeeper instance is not currently serving requests';
      assert.is(answered.error, needsServer ? error : null, name);
    }
  });

  test('GET never resets anything', () => {
    for (const { name, method } of adminCommands) {
      const answered = runCommand(name, 'GET', MASK, adminContext(), 'ops');
      assert.is(answered.command, undefined, name);
      assert.is(answered.traceMask, undefined, name);
      assert.is(answered.status, method === 'GET' ? 200 : 405, name);
    }
  });

  test('POST resets, and sets a trace mask that is a long', () => {
    const reset = runCommand('srst', 'POST', NO_QUERY, adminContext());
    assert.equal(reset.command, { name: 'reset-server-stats' });
    const mask = (text: string) =>
      runCommand('stmk', 'POST', new Map([['traceMask', text]]), adminContext());
    assert.is(mask('-7').traceMask, -7n);
    assert.match(String(mask('1x').body.error), 'got 1x');
    const none = runCommand('stmk', 'POST', NO_QUERY, adminContext());
    assert.is(none.body.error, 'setTraceMask requires long traceMask argument');
  });
});
