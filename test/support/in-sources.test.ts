import * as assert from 'uvu/assert';
import { inSources } from './in-sources.js';
import { suite } from './suite.js';

suite('places in sources', (test) => {
  test('a stack tells the line of the source that threw', () => {
    const { stack } = inSources(new Error('here'));
    const [first, place] = stack!.split('\n');
    assert.is(first, 'Error: here');
    assert.match(place!, /\/test\/support\/in-sources\.test\.ts:7:33\)?$/);
  });

  test('what has no map keeps its place', () => {
    const error = new Error('elsewhere');
    error.stack = 'Error: elsewhere\n    at file:///nowhere/at-all.js:3:4';
    assert.is(inSources(error).stack, 'Error: elsewhere\n    at file:///nowhere/at-all.js:3:4');
  });
});
