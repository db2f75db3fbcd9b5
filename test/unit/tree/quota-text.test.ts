import { formatQuotaText, parseQuotaText } from '@vivarium/core/internal/tree/quota-text';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('quota text', (test) => {
  test('both forms of the text are read', () => {
    assert.equal(
      [...parseQuotaText('count=5,bytes=-1')],
      [
        ['count', 5],
        ['bytes', -1],
      ],
    );
    const hard = parseQuotaText('count=5,bytes=6=;byteHardLimit=7;countHardLimit=8');
    assert.equal(Object.fromEntries(hard), {
      count: 5,
      bytes: 6,
      byteHardLimit: 7,
      countHardLimit: 8,
    });
    assert.equal(
      [...parseQuotaText('count=,bytes=3')],
      [
        ['count', -1],
        ['bytes', 3],
      ],
    );
  });

  test('what cannot be read is left out', () => {
    for (const text of ['', ',', '=', 'count', 'count=x', '=5', ';;;', 'count=1.5', 'count=0x5']) {
      assert.is(parseQuotaText(text).size, 0, text);
    }
    assert.equal([...parseQuotaText('junk,bytes=4')], [['bytes', 4]]);
  });

  test('the text is written as ZooKeeper writes it', () => {
    const hard = new Map([
      ['countHardLimit', 8],
      ['byteHardLimit', 7],
      ['bytes', 6],
      ['count', 5],
    ]);
    assert.is(formatQuotaText(hard), 'count=5,bytes=6=;byteHardLimit=7;countHardLimit=8');
    assert.is(formatQuotaText(new Map([['count', 2]])), 'count=2,bytes=-1');
  });
});
