import { HoldRecord } from '@vivarium/recipes/internal/examples/stage/hold-record';
import * as assert from 'uvu/assert';
import { suite } from '../../../support/suite.js';

/** Somebody was certain of one hold at these moments. */
function certain(
  record: HoldRecord,
  who: string,
  moments: readonly bigint[],
  { hold = 0, what = '', weight = 1 } = {},
): void {
  for (const at of moments) record.add(who, { hold, what, weight, at });
}

const demand = (record: HoldRecord, limit: number) => () => record.demandNeverMoreThan(limit);

suite('the record of who was certain of what', (test) => {
  test('lets one after the other pass', () => {
    const record = new HoldRecord();
    certain(record, 'Ada', [1n, 2n, 3n]);
    certain(record, 'Ben', [4n, 5n]);
    certain(record, 'Ada', [6n], { hold: 1 });
    record.demandNeverMoreThan(1);
  });

  test('finds two at one moment, also where neither was looked at just then', () => {
    const record = new HoldRecord();
    certain(record, 'Ada', [1n, 9n]);
    certain(record, 'Ben', [4n, 5n]);
    assert.throws(demand(record, 1), /Ada and Ben were certain: 2, not 1/);
    record.demandNeverMoreThan(2);
  });

  test('finds it whoever began first, and where one moment is shared', () => {
    const record = new HoldRecord();
    certain(record, 'Ben', [4n, 5n]);
    certain(record, 'Ada', [1n, 4n]);
    assert.throws(demand(record, 1), /at one moment/);
  });

  test('adds weights, and keeps things apart', () => {
    const record = new HoldRecord();
    certain(record, 'Ada', [1n, 5n], { what: 'a', weight: 10 });
    certain(record, 'Ben', [2n, 3n], { what: 'b', weight: 10 });
    record.demandNeverMoreThan(10);
    certain(record, 'Cleo', [3n], { what: 'a' });
    assert.throws(demand(record, 10), /Ada and Cleo were certain of a: 11, not 10/);
  });

  test('is no proof when nobody ever held anything', () => {
    assert.throws(demand(new HoldRecord(), 1), /nobody ever held/);
  });
});
