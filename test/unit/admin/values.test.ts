import { javaDate } from '@vivarium/core/internal/admin/java-date';
import { Double, javaDouble, renderJson } from '@vivarium/core/internal/admin/values';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('values as Java writes them', (test) => {
  test('doubles', () => {
    const cases: readonly (readonly [number, string])[] = [
      [0, '0.0'],
      [-0, '-0.0'],
      [1.8, '1.8'],
      [42, '42.0'],
      [0.001, '0.001'],
      [9_999_999, '9999999.0'],
      [10_000_000, '1.0E7'],
      [67_108_880, '6.710888E7'],
      [0.0005, '5.0E-4'],
      [1_795_533_376, '1.795533376E9'],
      [Number.NaN, 'NaN'],
      [Number.NEGATIVE_INFINITY, '-Infinity'],
    ];
    for (const [value, text] of cases) assert.is(javaDouble(value), text);
  });

  test('dates', () => {
    assert.is(javaDate(0), 'Thu Jan 01 00:00:00 UTC 1970');
    assert.is(javaDate(1_795_533_576_999), 'Tue Nov 24 15:19:36 UTC 2026');
  });

  test('dates agree with the calendar over four centuries', () => {
    for (let day = -30_000; day < 120_000; day += 37) {
      const wall = day * 86_400_000 + 3_723_004;
      const words = new Date(wall).toUTCString().replace(',', '').split(' ');
      const [weekday, dayOfMonth, month, year, clock] = words;
      assert.is(javaDate(wall), `${weekday} ${month} ${dayOfMonth} ${clock} UTC ${year}`);
    }
  });

  test('JSON: nesting, empty things, text that needs escapes, long integers', () => {
    const value = { a: [], b: {}, c: [{ d: 1n << 63n }, 'x"y'], e: new Double(2), f: null };
    assert.is(
      renderJson(value),
      '{\n  "a" : [ ],\n  "b" : { },\n  "c" : [ {\n    "d" : 9223372036854775808\n  }, "x\\"y" ],\n' +
        '  "e" : 2.0,\n  "f" : null\n}\n',
    );
    assert.equal(JSON.parse(renderJson({ a: [[1], [{ b: 'c' }]], g: true })), {
      a: [[1], [{ b: 'c' }]],
      g: true,
    });
  });
});
