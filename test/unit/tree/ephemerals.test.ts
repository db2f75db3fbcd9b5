import { Ephemerals } from '@vivarium/core/internal/tree/ephemerals';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('ephemerals', (test) => {
  test('paths belong to their session until they are removed', () => {
    const ephemerals = new Ephemerals();
    ephemerals.add(1n, '/a');
    ephemerals.add(1n, '/b');
    ephemerals.add(1n, '/a');
    ephemerals.add(-5n, '/c');
    assert.is(ephemerals.size, 3);
    assert.equal([...ephemerals.pathsOf(1n)], ['/a', '/b']);
    ephemerals.remove(2n, '/a');
    ephemerals.remove(1n, '/c');
    assert.is(ephemerals.size, 3);
    ephemerals.remove(1n, '/a');
    ephemerals.remove(1n, '/b');
    assert.is(ephemerals.size, 1);
    assert.equal([...ephemerals.sessions()], [-5n]);
    assert.is(ephemerals.pathsOf(1n).size, 0);
  });
});
