import { runCommand } from '@vivarium/core/internal/admin/commands';
import * as assert from 'uvu/assert';
import { adminContext, downContext, peerView } from '../../support/admin-context.js';
import { suite } from '../../support/suite.js';

function snapshot(query: Record<string, string> = {}, context = adminContext()) {
  return runCommand('snapshot', 'POST', new Map(Object.entries(query)), context, 'ops');
}

suite('the admin command snapshot', (test) => {
  test('streams the tree of the last transaction, with its digest where that is known', () => {
    const { backup, command } = snapshot({ streaming: 'true' });
    assert.equal(backup, { zxid: 3n, digest: 30n });
    assert.is(command, undefined);
    const without = adminContext(peerView(), { digestEnabled: false });
    assert.equal(snapshot({}, without).backup, { zxid: 3n, digest: undefined });
  });

  test('takes one into the data folder with streaming=false', () => {
    const { command, backup } = snapshot({ streaming: 'false' });
    assert.equal(command, { name: 'take-snapshot' });
    assert.is(backup, undefined);
  });

  test('refuses what it cannot do, and says why', () => {
    assert.match(String(snapshot({ streaming: 'yes' }).body.error), 'true or false, not "yes"');
    const off = snapshot({}, adminContext(peerView(), { snapshotCommandEnabled: false }));
    assert.is(off.status, 503);
    assert.match(String(off.body.error), 'admin.snapshot.enabled');
    const context = adminContext();
    const inMemory = { ...context, facts: { ...context.facts, dataDir: '' } };
    assert.match(String(snapshot({}, inMemory).body.error), 'keeps its data in memory');
    assert.is(snapshot({}, downContext()).backup, undefined);
  });

  test('is for administrators alone, and restore says what to do instead', () => {
    const nobody = runCommand('snapshot', 'POST', new Map(), adminContext());
    assert.is(nobody.status, 403);
    assert.is(nobody.backup, undefined);
    const { body } = runCommand('restore', 'POST', new Map(), adminContext(), 'ops');
    assert.match(String(body.error), 'vivarium restore');
  });
});
