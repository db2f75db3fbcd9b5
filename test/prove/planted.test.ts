import { acquireLock } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { recipePlants } from './plants/in-recipes.js';
import { textWith } from './plants/rewritten.js';

suite('a bug planted in the recipes', (test) => {
  test('fits what is built of them', () => {
    for (const { name, edits } of recipePlants) {
      assert.ok(edits.length > 0);
      for (const edit of edits) assert.ok(textWith(name, edit).includes(edit[2]));
    }
  });

  test('is in a package of its own, which works but for the bug', async () => {
    const [plant] = recipePlants;
    const other = await plant!.recipes!();
    assert.type(other.acquireLock, 'function');
    assert.is.not(other.acquireLock, acquireLock);
  });

  test('that fits nowhere, or twice, is told of', () => {
    for (const from of ['no such words', 'const']) {
      const put = () => textWith('a bug', ['shared/queue.js', from, 'x']);
      assert.throws(put, /'a bug' does not fit any more: shared\/queue\.js/);
    }
  });
});
