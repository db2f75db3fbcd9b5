import * as assert from 'uvu/assert';
import type * as Module from '../../../core/console/tree/search.js';
import { consoleModule } from '../../support/console-module.js';
import { suite } from '../../support/suite.js';

suite('a search in data', (test) => {
  test('shows what stands around the text, on one line', async () => {
    const { aroundIn } = await consoleModule<typeof Module>('tree/search.ts');
    assert.is(aroundIn('a Needle', 'needle'), 'a Needle');
    assert.is(aroundIn('nothing', 'needle'), undefined);
    assert.is(aroundIn('a\n  needle\tb', 'needle'), 'a needle b');
    const long = aroundIn(`${'x'.repeat(100)}needle${'y'.repeat(100)}`, 'needle');
    assert.is(long, `…${'x'.repeat(24)}needle${'y'.repeat(24)}…`);
  });
});
