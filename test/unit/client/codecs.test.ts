import { bytes, json, text } from '@vivarium/core';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('codecs', (test) => {
  const even = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value: unknown) =>
        typeof value === 'number' && value % 2 === 0
          ? { value }
          : { issues: [{ message: 'not even' }] },
    },
  } as const;
  const raw = (value: string) => new TextEncoder().encode(value);

  test('give back what they were given', () => {
    assert.equal(bytes.decode(bytes.encode(Uint8Array.of(1, 2))), Uint8Array.of(1, 2));
    assert.is(text.decode(text.encode('grün 😀')), 'grün 😀');
    assert.equal(json().decode(json().encode({ a: [null, 1] })), { a: [null, 1] });
    assert.is(json(even).decode(json(even).encode(4)), 4);
  });

  test('refuse what they cannot take', () => {
    assert.throws(() => text.decode(Uint8Array.of(0xff)));
    assert.throws(() => json().decode(raw('{')));
    assert.throws(() => json().encode(undefined));
    assert.throws(() => json(even).encode(3), /not even/);
    assert.throws(() => json(even).decode(raw('3')), /not even/);
    const slow = {
      '~standard': { ...even['~standard'], validate: async () => ({ value: 1 }) },
    } as const;
    assert.throws(() => json(slow).encode(1), /asynchronously/);
  });
});
