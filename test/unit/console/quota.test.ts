import * as assert from 'uvu/assert';
import type * as Module from '../../../core/console/node/quota.js';
import { consoleModule } from '../../support/console-module.js';
import { suite } from '../../support/suite.js';

const load = () => consoleModule<typeof Module>('node/quota.ts');

suite('a quota that is typed', (test) => {
  test('has whole numbers, or nothing for no limit', async () => {
    const { limitIn } = await load();
    assert.is(limitIn(''), undefined);
    assert.is(limitIn('  '), undefined);
    assert.is(limitIn('0'), 0);
    assert.is(limitIn('1,000,000'), 1_000_000);
    for (const text of ['-1', '1.5', 'many', '1e3', '99999999999999999999']) {
      assert.throws(() => limitIn(text), /is no limit: give a whole number/, text);
    }
  });

  test('may be for any node but those that are ZooKeeper’s own', async () => {
    const { mayHaveQuota } = await load();
    assert.equal(['/a', '/zookeeperish', '/', '/zookeeper', '/zookeeper/quota'].map(mayHaveQuota), [
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
