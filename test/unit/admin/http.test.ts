import { answerHttp } from '@vivarium/core/internal/admin/http';
import * as assert from 'uvu/assert';
import { adminContext, downContext, peerView } from '../../support/admin-context.js';
import { suite } from '../../support/suite.js';

function get(target: string, context = adminContext()) {
  return answerHttp({ method: 'GET', target }, context);
}

suite('HTTP for administrators', (test) => {
  test('/health is about the process, /ready about serving', () => {
    assert.is(get('/health', downContext()).status, 200);
    assert.is(get('/ready', downContext()).status, 503);
    assert.is(get('/ready').status, 200);
    assert.is(get('/ready', adminContext(peerView({ serving: false }))).status, 503);
  });

  test('/commands lists the commands that GET may ask, and /commands/x runs one', () => {
    const index = get('/commands').body;
    assert.match(index, '<a href="/commands/ruok">ruok</a>');
    assert.not.match(index, 'stat_reset');
    const answer = get('/commands/ruok');
    assert.is(answer.contentType, 'application/json');
    assert.is(answer.body, '{\n  "command" : "ruok",\n  "error" : null\n}\n');
  });

  test('query parameters reach the command, the first of a kind', () => {
    const target = '/commands/set_trace_mask?traceMask=%37&traceMask=8';
    const answer = answerHttp({ method: 'POST', target }, adminContext());
    assert.is(answer.traceMask, 7n);
  });

  test('GET never changes state: what does is refused with the method it needs', () => {
    const answer = get('/commands/stat_reset');
    assert.is(answer.status, 405);
    assert.is(answer.allow, 'POST');
    assert.is(answer.command, undefined);
    const post = answerHttp({ method: 'POST', target: '/commands/stat_reset' }, adminContext());
    assert.equal(post.command, { name: 'reset-server-stats' });
  });

  test('other methods and other paths are refused', () => {
    assert.is(
      answerHttp({ method: 'DELETE', target: '/commands/ruok' }, adminContext()).status,
      405,
    );
    assert.is(answerHttp({ method: 'POST', target: '/health' }, adminContext()).status, 405);
    assert.is(answerHttp({ method: 'POST', target: '/commands' }, adminContext()).status, 405);
    for (const path of ['/', '/x', '/health/x', '/commands/ruok/x', '//commands', '/%ff', '']) {
      assert.is(get(path).status, 404, path);
    }
  });

  test('what is not enabled is refused, naming the key that turns it on', () => {
    const closed = adminContext(peerView(), { commandsEnabled: false, metricsEnabled: false });
    for (const [path, key] of [
      ['/commands/ruok', 'vivarium.commands'],
      ['/commands', 'vivarium.commands'],
      ['/metrics', 'vivarium.metrics'],
    ] as const) {
      const answer = get(path, closed);
      assert.is(answer.status, 403);
      assert.match(answer.body, `${key}=true`);
    }
    assert.is(get('/health', closed).status, 200);
    assert.is(get('/ready', closed).status, 200);
  });

  test('/metrics is Prometheus text', () => {
    assert.match(get('/metrics').contentType, 'version=0.0.4');
    assert.match(get('/metrics').body, '# TYPE znode_count gauge');
  });

  test('HEAD is answered as GET', () => {
    const head = answerHttp({ method: 'HEAD', target: '/commands/ruok' }, adminContext());
    assert.is(head.status, 200);
  });
});
