import { isZkError, ZkError } from '@vivarium/core';
import { errorOfCode } from '@vivarium/core/internal/client/errors';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('an error', (test) => {
  test('says what, on what, why, and whether it happened', () => {
    const error = new ZkError('CONNECTION_LOSS', { operation: 'setData', path: '/a' });
    assert.instance(error, Error);
    assert.is(error.name, 'CONNECTION_LOSS');
    assert.equal([error.code, error.outcome], [-4, 'unknown']);
    assert.match(error.message, /^setData \/a: .+ \(CONNECTION_LOSS\)$/);
  });

  test('is recognised by its name', () => {
    const error: unknown = new ZkError('NO_NODE');
    assert.ok(isZkError(error));
    assert.ok(isZkError(error, 'NODE_EXISTS', 'NO_NODE'));
    assert.not(isZkError(error, 'NODE_EXISTS'));
    assert.not(isZkError(new Error('NO_NODE'), 'NO_NODE'));
  });

  test('of a code that nobody knows may have happened', () => {
    const error = errorOfCode(-77, { operation: 'create' });
    assert.equal([error.name, error.outcome], ['SYSTEM_ERROR', 'unknown']);
    assert.match(error.message, /-77/);
  });
});
