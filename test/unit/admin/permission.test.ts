import { adminCommands } from '@vivarium/core/internal/admin/commands';
import { denial } from '@vivarium/core/internal/admin/permission';
import { defaultConfig } from '@vivarium/core/internal/config/config';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const LINE = `ops:scrypt:2:1:1:${'A'.repeat(22)}:${'B'.repeat(43)}`;
const loopback = defaultConfig({ clientPortAddress: '127.0.0.1' });
const open = defaultConfig({ clientPortAddress: '10.0.0.1', commandsEnabled: true });
const guarded = defaultConfig({ clientPortAddress: '127.0.0.1', administrators: [LINE] });

suite('who may run a command', (test) => {
  test('what changes nothing and shows what all may see is for anybody', () => {
    for (const config of [loopback, open, guarded]) {
      assert.is(denial('stats', 'anybody', undefined, config), undefined);
    }
  });

  test('figures are reset by anybody on a loopback address, unless there are administrators', () => {
    assert.is(denial('stat_reset', 'operator', undefined, loopback), undefined);
    assert.is(denial('stat_reset', 'operator', undefined, open)?.status, 403);
    assert.is(denial('stat_reset', 'operator', undefined, guarded)?.status, 401);
    assert.is(denial('stat_reset', 'operator', 'ops', open), undefined);
  });

  test('the rest is for administrators everywhere, and says how to make one', () => {
    for (const config of [loopback, open]) {
      const { status, error } = denial('close_session', 'administrator', undefined, config)!;
      assert.is(status, 403);
      assert.match(error, 'vivarium admin-user NAME');
    }
    assert.is(denial('close_session', 'administrator', undefined, guarded)?.status, 401);
    assert.is(denial('close_session', 'administrator', 'ops', guarded), undefined);
  });

  test('every command that needs POST is for operators or administrators, and no other', () => {
    for (const { name, method, needs } of adminCommands) {
      assert.is(needs === 'anybody', method === 'GET', name);
    }
  });
});
