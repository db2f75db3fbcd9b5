import { patienceOf } from '@vivarium/recipes/internal/shared/patience';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { scripted } from './scripted-client.js';

suite('patience', (test) => {
  test('has a limit that a timer can keep, or none', () => {
    const { zk } = scripted({});
    for (const timeoutMs of [-1, Number.NaN, 2 ** 31, Number.POSITIVE_INFINITY]) {
      assert.throws(() => patienceOf(zk, '/x', { timeoutMs }), /timeoutMs is .*BAD_ARGUMENTS/);
    }
    for (const timeoutMs of [0, 2 ** 31 - 1, undefined]) patienceOf(zk, '/x', { timeoutMs }).end();
  });
});
