import { runCommand } from '@vivarium/core/internal/admin/commands';
import type { SessionPage } from '@vivarium/core/internal/peer/view';
import * as assert from 'uvu/assert';
import { adminContext, peerView, sessionDetail } from '../../support/admin-context.js';
import { quorumView } from '../../support/quorum-view.js';
import { suite } from '../../support/suite.js';

const ID = '0x100004bbaa30000';

function list(query: Record<string, string>, view = peerView()) {
  return runCommand('sessions', 'GET', new Map(Object.entries(query)), adminContext(view)).body;
}

function close(
  query: Record<string, string>,
  view = peerView(),
  identity: string | undefined = 'ops',
) {
  const asked = new Map(Object.entries(query));
  return runCommand('close_session', 'POST', asked, adminContext(view), identity);
}

suite('the list of sessions', (test) => {
  test('says of each who and where its client is, and what it holds', () => {
    assert.equal(list({}), {
      total: 1,
      has_more: false,
      sessions: [
        {
          id: ID,
          timeout: 40_000,
          server_id: 0,
          address: '127.0.0.1:50542',
          last_heard_ms_ago: 250,
          ephemerals: 1,
          watches: 2,
          local: false,
          closing: false,
        },
      ],
      command: 'sessions',
      error: null,
    });
  });

  test('of a session of another server says null where it does not know', () => {
    const elsewhere = {
      ...sessionDetail,
      serverId: undefined,
      address: undefined,
      lastHeardAt: undefined,
      watches: undefined,
    };
    const page: SessionPage = { total: 1, hasMore: false, sessions: [elsewhere] };
    const { sessions } = list({}, peerView({ sessionPage: () => page }));
    const [row] = sessions as Record<string, unknown>[];
    for (const key of ['server_id', 'address', 'last_heard_ms_ago', 'watches']) {
      assert.is(row![key], null, key);
    }
  });

  test('asks for the page that the query names, ids in either form', () => {
    const asked: unknown[][] = [];
    const view = peerView({
      sessionPage: (...page) => {
        asked.push(page);
        return { total: 0, hasMore: false, sessions: [] };
      },
    });
    list({}, view);
    list({ after: ID, limit: '7' }, view);
    list({ after: '-5' }, view);
    list({ after: '0xffffffffffffffff' }, view);
    assert.equal(asked, [
      [undefined, 100],
      [0x100004bbaa30000n, 7],
      [-5n, 100],
      [-1n, 100],
    ]);
  });

  test('refuses what is no id and no limit, and says what would be one', () => {
    for (const after of ['', '0x', 'x', '0x12345678901234567', '99999999999999999999']) {
      assert.match(String(list({ after }).error), 'after takes a session id');
    }
    for (const limit of ['0', '501', '-1', 'all', '1e2']) {
      assert.match(String(list({ limit }).error), 'from 1 to 500');
    }
  });
});

suite('closing a session', (test) => {
  test('is an order to the server', () => {
    const { body, command } = close({ id: ID });
    assert.equal(command, { name: 'close-session', session: 0x100004bbaa30000n });
    assert.equal(body, { session: ID, closing: true, command: 'close_session', error: null });
  });

  test('is for administrators, whatever the address', () => {
    const { status, body, command } = runCommand(
      'close_session',
      'POST',
      new Map([['id', ID]]),
      adminContext(),
    );
    assert.is(status, 403);
    assert.match(String(body.error), 'vivarium admin-user');
    assert.is(command, undefined);
  });

  test('says what is wrong with the id, or that there is no such session', () => {
    assert.match(String(close({}).body.error), 'needs the session');
    assert.match(String(close({ id: 'x' }).body.error), 'not "x"');
    const { body, command } = close({ id: '0x7' });
    assert.match(String(body.error), 'no session 0x7');
    assert.is(command, undefined);
  });

  test('of another server is for the leader', () => {
    const elsewhere = { ...sessionDetail, serverId: undefined };
    const view = peerView({ quorum: quorumView(), findSession: () => elsewhere });
    const { body, command } = close({ id: ID }, view);
    assert.match(String(body.error), 'Ask the leader, server 2');
    assert.is(command, undefined);
    const own = peerView({ quorum: quorumView(), findSession: () => sessionDetail });
    assert.is(close({ id: ID }, own).command?.name, 'close-session');
  });
});
