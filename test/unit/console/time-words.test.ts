import * as assert from 'uvu/assert';
import type * as Past from '../../../core/console/time/past.js';
import type * as Module from '../../../core/console/time/words.js';
import { consoleModule } from '../../support/console-module.js';
import { suite } from '../../support/suite.js';

const load = () => consoleModule<typeof Module>('time/words.ts');

function row(type: string, parts: readonly Past.Part[], more: Partial<Past.Transaction> = {}) {
  return {
    ...{ zxid: '0x5', time: 1, session: '0x1', cxid: 2, type, error: null, error_name: null },
    ...{ parts, part_count: parts.length, ...more },
  };
}

suite('transactions in words', (test) => {
  test('say what was done, to which node, and what more there is to know', async () => {
    const { toldOf, toneOf } = await load();
    for (const [transaction, verb, path, more, tone] of [
      [
        row('create2', [{ type: 'create2', path: '/a', data: { length: 3 }, ephemeral: true }]),
        ...['created', '/a', 'ephemeral, 3 B', 'created'],
      ],
      [
        row('setData', [{ type: 'setData', path: '/a', version: 7, data: { length: 0 } }]),
        ...['data changed', '/a', 'version 7, 0 B', 'changed'],
      ],
      [
        row('setACL', [{ type: 'setACL', path: '/a', version: 1 }]),
        ...['ACL changed', '/a', 'version 1', 'changed'],
      ],
      [row('delete', [{ type: 'delete', path: '/a' }]), 'deleted', '/a', '', 'deleted'],
      [
        row('createSession', [], { timeout: 4000 }),
        ...['session began', undefined, 'timeout 4 s', 'sessions'],
      ],
      [
        row('closeSession', [{ type: 'delete', path: '/a' }]),
        ...['session ended', undefined, '1 ephemeral node went', 'sessions'],
      ],
      [
        row('error', [], { error: -110, error_name: 'NODE_EXISTS' }),
        ...['request failed', undefined, 'NODE_EXISTS (-110)', 'failed'],
      ],
    ] as const) {
      assert.equal(toldOf(transaction, '/'), { verb, path, more });
      assert.is(toneOf(transaction, '/'), tone);
    }
  });

  test('tell of a multi the part that concerns the path', async () => {
    const { toldOf } = await load();
    const multi = row('multi', [
      { type: 'setData', path: '/other', version: 1 },
      { type: 'delete', path: '/a/b' },
      { type: 'check', path: '/a', version: 2 },
    ]);
    assert.is(toldOf(multi, '/a').verb, 'multi: checked');
    assert.is(toldOf(multi, '/a/b').verb, 'multi: deleted');
    assert.equal(toldOf(multi, '/else'), {
      verb: 'multi: data changed',
      path: '/other',
      more: 'and 2 more',
    });
  });
});

suite('moments as they are typed', (test) => {
  test('are zxids, or times of the own clock', async () => {
    const { momentOf, isTime } = await consoleModule<typeof Past>('time/past.ts');
    assert.is(momentOf(' 0x1A '), '0x1a');
    const time = momentOf('2026-11-30 08:15:02');
    assert.is(time, String(new Date(2026, 10, 30, 8, 15, 2).getTime()));
    assert.ok(isTime(time ?? '') && !isTime('0x1a'));
    for (const text of ['', 'yesterday', '0x', '12', '2026-13-45', '0x11111111111111111']) {
      assert.is(momentOf(text), undefined, text);
    }
  });
});
