import { findCommand, runCommand } from '@vivarium/core/internal/admin/commands';
import * as assert from 'uvu/assert';
import { adminContext, peerView } from '../../support/admin-context.js';
import { suite } from '../../support/suite.js';

function asked(
  name: string,
  query: Record<string, string> = {},
  identity: string | undefined = 'ops',
  context = adminContext(peerView()),
) {
  const method = findCommand(name)!.method;
  return runCommand(name, method, new Map(Object.entries(query)), context, identity);
}

suite('questions about the past', (test) => {
  test('are handed on as they are meant', () => {
    assert.equal(asked('log_span').past, { type: 'span' });
    const query = {
      from: '0x100000005',
      path: '/a',
      below: 'true',
      session: '0x100004bbaa30000',
      types: 'create2,delete',
      limit: '7',
      full: 'true',
    };
    assert.equal(asked('transactions', query).past, {
      type: 'transactions',
      limit: 7,
      inFull: true,
      withBelow: true,
      from: { zxid: 0x100000005n },
      path: '/a',
      session: 0x100004bbaa30000n,
      types: ['create2', 'delete'],
    });
    assert.equal(asked('node_at', { time: '17', path: '/a' }).past, {
      type: 'node',
      at: { time: 17 },
      path: '/a',
      skip: 0,
      limit: 100,
    });
    assert.equal(asked('change', { zxid: '7', path: '/a' }).past, {
      type: 'change',
      zxid: 7n,
      path: '/a',
    });
    assert.equal(asked('differences', { from: '1', to: '0x2', after: '3' }).past, {
      type: 'differences',
      from: { zxid: 1n },
      to: { zxid: 2n },
      path: '/',
      limit: 100,
      after: 3,
    });
  });

  test('with a value that means nothing are refused, with what was given', () => {
    for (const [name, query, words] of [
      ['transactions', { limit: '501' }, /limit takes a whole number from 1 to 500, not "501"/],
      ['transactions', { from: '-1' }, /from takes a zxid/],
      ['transactions', { time: 'soon' }, /time takes milliseconds since 1970, not "soon"/],
      ['transactions', { path: 'a' }, /"a" is no path: a path must start with/],
      ['transactions', { session: 'x' }, /session takes an id/],
      ['transactions', { below: 'yes' }, /below is true or false, not "yes"/],
      ['node_at', {}, /node_at needs zxid/],
      ['node_at', { zxid: '0x8000000000000000' }, /zxid takes a zxid/],
      ['change', { zxid: '1' }, /change needs path/],
      ['differences', { from: '1' }, /differences needs to/],
    ] as const) {
      const { body, past } = asked(name, query);
      assert.is(past, undefined);
      assert.match(String(body.error), words);
    }
  });

  test('that need a tree need POST, and an administrator where there are any', () => {
    const line = 'ops:scrypt:16384:8:1:c2FsdHNhbHRzYWx0:aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNo';
    const guarded = adminContext(peerView(), { administrators: [line] });
    const local = adminContext(peerView());
    const open = adminContext(peerView(), {
      clientPortAddress: '10.0.0.1',
      commandsEnabled: true,
    });
    for (const name of ['node_at', 'change', 'differences']) {
      const query = { zxid: '1', path: '/', from: '1', to: '2' };
      const asWords = new Map(Object.entries(query));
      assert.is(runCommand(name, 'GET', asWords, local, 'ops').status, 405);
      const run = (context: typeof local, identity?: string) => {
        return runCommand(name, 'POST', asWords, context, identity);
      };
      assert.is(run(guarded).status, 401);
      assert.is(run(guarded).past, undefined);
      assert.ok(run(guarded, 'ops').past !== undefined);
      assert.is(run(open).status, 403);
      assert.ok(run(local).past !== undefined);
    }
    for (const name of ['log_span', 'transactions']) {
      assert.ok(runCommand(name, 'GET', new Map(), guarded).past !== undefined);
    }
  });

  test('are refused where the data is in memory, and trees where the config says so', () => {
    const context = adminContext(peerView());
    const inMemory = { ...context, facts: { ...context.facts, dataDir: '' } };
    for (const name of ['log_span', 'transactions', 'node_at']) {
      const { body } = asked(name, { zxid: '1' }, 'ops', inMemory);
      assert.match(String(body.error), /keeps its data in memory/);
    }
    const off = adminContext(peerView(), { pastTreesMaxBytes: 0 });
    const { status, body } = asked('node_at', { zxid: '1' }, 'ops', off);
    assert.is(status, 503);
    assert.match(String(body.error), /pastTreesMaxBytes is 0/);
    assert.ok(asked('transactions', {}, 'ops', off).past !== undefined);
  });
});
