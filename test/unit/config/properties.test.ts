import { readProperties } from '@vivarium/core/internal/config/properties';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

function pairs(text: string): string[] {
  return readProperties(text).properties.map(({ line, key, value }) => `${line}|${key}|${value}`);
}

suite('the Java properties format', (test) => {
  test('a key ends at =, : or blanks, and blanks around the separator go', () => {
    assert.equal(pairs('a=1\nb: 2\nc 3\nd  =  4\n\te\t:\t5'), [
      '1|a|1',
      '2|b|2',
      '3|c|3',
      '4|d|4',
      '5|e|5',
    ]);
  });

  test('only the first separator separates', () => {
    assert.equal(pairs('server.1=h:1:2;3\na = = b\nc : = d'), [
      '1|server.1|h:1:2;3',
      '2|a|= b',
      '3|c|= d',
    ]);
  });

  test('comments and blank lines count as lines but hold nothing', () => {
    assert.equal(pairs('# a=1\n\n  ! b=2\n\f\nc=3 # not a comment'), ['5|c|3 # not a comment']);
  });

  test('a backslash at the end continues a line without the blanks that follow', () => {
    assert.equal(pairs('a=1,\\\n   2,\\\n\t3\nb=4'), ['1|a|1,2,3', '4|b|4']);
  });

  test('two backslashes at the end are a backslash, and comments are not continued', () => {
    assert.equal(pairs('a=c:\\\\\nb=2\n# x \\\nc=3'), ['1|a|c:\\', '2|b|2', '4|c|3']);
  });

  test('a continuation may begin like a comment', () => {
    assert.equal(pairs('a=1\\\n#2'), ['1|a|1#2']);
  });

  test('escapes become what they stand for, in keys too', () => {
    assert.equal(pairs('a\\=b\\ c=\\t\\u00e9\\q\\\\'), ['1|a=b c|\té' + 'q\\']);
  });

  test('a key without separator has an empty value; all line ends are understood', () => {
    assert.equal(pairs('a\r\nb=\rc'), ['1|a|', '2|b|', '3|c|']);
  });

  test('a broken \\u escape is a fault with its line, and the rest is read', () => {
    const { properties, faults } = readProperties('a=\\u12x4\nb=1');
    assert.is(faults.length, 1);
    assert.is(faults[0]?.line, 1);
    assert.is(properties.length, 1);
  });

  test('trailing blanks of a value stay, as in Java', () => {
    assert.equal(pairs('a=1  '), ['1|a|1  ']);
  });
});
