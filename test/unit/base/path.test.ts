import {
  childOf,
  isValidPath,
  nameOf,
  parentOf,
  pathProblem,
  sequenceSuffix,
} from '@vivarium/core/internal/base/path';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('a path', (test) => {
  for (const path of ['/', '/a', '/a/b', '/...', '/a.b/.c', '/ü/日本/ ', '/\uffef']) {
    test(`${JSON.stringify(path)} is valid`, () => assert.is(pathProblem(path), undefined));
  }

  const wrong: readonly (readonly [path: string, problem: string])[] = [
    ['', 'cannot be empty'],
    ['a', 'must start with /'],
    ['/a/', 'must not end with /'],
    ['//', 'must not end with /'],
    ['//a', 'an empty name'],
    ['/a//b', 'an empty name'],
    ['/.', 'a relative name'],
    ['/..', 'a relative name'],
    ['/a/./b', 'a relative name'],
    ['/a/../b', 'a relative name'],
    ['/a\0b', 'U+0000'],
    ['/\u001f', 'U+001F'],
    ['/\u007f', 'U+007F'],
    ['/\u009f', 'U+009F'],
    ['/\ud800', 'U+D800'],
    ['/\u{1f600}', 'U+D83D'],
    ['/\uf8ff', 'U+F8FF'],
    ['/\ufff0', 'U+FFF0'],
  ];
  for (const [path, problem] of wrong) {
    test(`${JSON.stringify(path)} is refused: ${problem}`, () => {
      assert.not.ok(isValidPath(path));
      assert.match(pathProblem(path)!, problem);
    });
  }

  test('has a parent and a name, and the root is its own parent', () => {
    assert.equal([parentOf('/a/b'), nameOf('/a/b')], ['/a', 'b']);
    assert.equal([parentOf('/a'), nameOf('/a')], ['/', 'a']);
    assert.equal([parentOf('/'), nameOf('/')], ['/', '']);
    assert.equal([childOf('/', 'a'), childOf('/a', 'b')], ['/a', '/a/b']);
  });

  test('of a sequential node ends with ten digits, and after the largest with a sign', () => {
    assert.is(sequenceSuffix(0), '0000000000');
    assert.is(sequenceSuffix(2_147_483_647), '2147483647');
    assert.is(sequenceSuffix(-2_147_483_648), '-2147483648');
  });
});
