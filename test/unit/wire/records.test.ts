import { operations } from '@vivarium/core/internal/wire/operations';
import { MalformedError, Reader } from '@vivarium/core/internal/wire/reader';
import * as records from '@vivarium/core/internal/wire/records';
import * as txns from '@vivarium/core/internal/wire/txns';
import { encode, type RecordType, record } from '@vivarium/core/internal/wire/types';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

type AnyRecord = RecordType<Record<string, unknown>>;

const all = Object.values({ ...records, ...txns }).filter(
  (value): value is AnyRecord & typeof value =>
    typeof value === 'object' && 'fields' in value && 'read' in value,
) as unknown as readonly AnyRecord[];

/** A value of a jute type, by its name; `n` makes it differ from others. */
function sample(type: { readonly name: string }, n: number): unknown {
  const { name } = type;
  const inner = name === 'aclListOrNull' ? 'Acl' : /^vector(?:OrNull)?<(.*)>$/.exec(name)?.[1];
  if (inner !== undefined) return [sample(typeOf(inner), n), sample(typeOf(inner), n + 1)];
  if ('fields' in type) {
    const fields = Object.entries((type as AnyRecord).fields);
    return Object.fromEntries(fields.map(([key, field], i) => [key, sample(field, n + i)]));
  }
  switch (name) {
    case 'byte':
      return n & 255;
    case 'boolean':
      return n % 2 === 1;
    case 'int':
      return -n;
    case 'long':
      return -(BigInt(n) << 40n) - 1n;
    case 'time':
      return 1_700_000_000_000 + n;
    case 'bufferOrNull':
      return Uint8Array.of(n, 0, 255);
    default:
      return `text ${n} äß€`;
  }
}

function typeOf(name: string): { readonly name: string } {
  return all.find((one) => one.name === name) ?? { name };
}

/** The same record, read and written through its fields alone. */
const byFields = (type: AnyRecord): AnyRecord => record(type.name, type.fields) as AnyRecord;

suite('the records of the protocol', (test) => {
  test('are all here', () => {
    assert.ok(all.length > 40, `${all.length}`);
    const used = Object.values(operations).flatMap(({ request, response }) => [request, response]);
    for (const type of used) {
      if (type !== null && 'fields' in type) assert.ok(all.includes(type as never), type.name);
    }
  });

  for (const type of all) {
    test(`${type.name} is read as it was written, and refused when it is cut`, () => {
      const value = sample(type, 7) as Record<string, unknown>;
      const bytes = encode(type, value);
      const reader = new Reader(bytes);
      assert.equal(type.read(reader), value);
      assert.is(reader.remaining, 0);
      assert.equal(encode(byFields(type), value), bytes);
      assert.equal(byFields(type).read(new Reader(bytes)), value);
      for (let length = 0; length < bytes.length; length++) {
        assert.throws(() => type.read(new Reader(bytes, 0, length)), isMalformed);
      }
    });
  }
});

function isMalformed(error: unknown): boolean {
  return error instanceof MalformedError;
}
