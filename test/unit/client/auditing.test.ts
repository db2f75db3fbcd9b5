/** What no event tells: that a node may not be read any more (scenario 66). */
import { isZkError, permissions, text } from '@vivarium/core';
import { startLocal } from '@vivarium/core/local';
import * as assert from 'uvu/assert';
import { record } from '../../compliance/observe.js';
import { suite } from '../../support/suite.js';

const AUDIT_MS = 2_000;
const [OWNER, ANYONE] = [
  { perms: permissions.all, id: { scheme: 'auth', id: '' } },
  { perms: permissions.read, id: { scheme: 'world', id: 'anyone' } },
];

suite('a stream of a node that may not be read for a while', (test) => {
  test('ends when it audits, and is silent when it does not', async (t) => {
    const local = await startLocal({ time: 'virtual' });
    t.cleanup(() => local.stop());
    const client = async (options = {}) => {
      const zk = await local.connect(options);
      t.cleanup(() => local.until(zk.close()));
      return zk;
    };
    const owner = await client({ auth: [{ scheme: 'digest', auth: 'owner:secret' }] });
    const [plain, audits] = [await client(), await client({ auditMs: AUDIT_MS })];
    await local.until(owner.create('/a', '1', { acl: [OWNER, ANYONE] }));
    const silent = record(t, plain.data$('/a', { codec: text }));
    const audited = record(t, audits.data$('/a', { codec: text }));
    await local.until(Promise.all([plain.sync(), audits.sync()]));
    assert.equal([silent.values, audited.values], [['1'], ['1']]);
    await local.advance(10 * AUDIT_MS);
    assert.equal(audited.values, ['1'], 'an audit that finds nothing new tells nothing');

    await local.until(owner.setAcl('/a', [OWNER]));
    await local.until(owner.set('/a', '2'));
    await local.advance(2 * AUDIT_MS);
    assert.equal([silent.values, silent.errors], [['1'], []]);
    assert.ok(isZkError(audited.errors[0], 'NO_AUTH'));

    await local.until(owner.setAcl('/a', [OWNER, ANYONE]));
    const again = record(t, audits.data$('/a', { codec: text }));
    await local.until(audits.sync());
    assert.equal(again.values, ['2']);
    await local.until(owner.set('/a', '3'));
    await local.advance(2 * AUDIT_MS);
    assert.equal(again.values, ['2', '3']);
    assert.equal([silent.values, silent.errors], [['1'], []], 'the watch was spent in silence');
  });
});
