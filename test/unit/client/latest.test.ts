import { latest } from '@vivarium/core';
import { Observable, of, Subject } from 'rxjs';
import * as assert from 'uvu/assert';
import { errorOf } from '../../compliance/observe.js';
import { suite } from '../../support/suite.js';

suite('the latest of a stream', (test) => {
  test('skips what came and went while the loop was at work, and ends with the stream', async () => {
    const source = new Subject<number>();
    const seen: number[] = [];
    const loop = (async () => {
      for await (const value of latest(source)) {
        seen.push(value);
        if (value === 1) for (const next of [2, 3, 4]) source.next(next);
        if (value === 4) source.complete();
      }
    })();
    source.next(1);
    await loop;
    assert.equal(seen, [1, 4]);
    assert.not(source.observed);
  });

  test('is subscribed while a loop runs, and no longer', async () => {
    let subscribers = 0;
    const source = new Observable<number>((subscriber) => {
      subscribers++;
      subscriber.next(7);
      return () => {
        subscribers--;
      };
    });
    const values = latest(source);
    assert.is(subscribers, 0);
    for await (const value of values) {
      assert.is(value, 7);
      assert.is(subscribers, 1);
      break;
    }
    assert.is(subscribers, 0);
    const failing = (async () => {
      for await (const _ of values) throw new Error('mine');
    })();
    assert.is(((await errorOf(failing)) as Error).message, 'mine');
    assert.is(subscribers, 0);
  });

  test('has its last value before its error, and the error once', async () => {
    const source = new Subject<number>();
    const iterator = latest(source)[Symbol.asyncIterator]();
    source.next(1);
    source.error(new Error('broken'));
    assert.equal(await iterator.next(), { done: false, value: 1 });
    assert.is(((await errorOf(iterator.next())) as Error).message, 'broken');
    assert.equal(await iterator.next(), { done: true, value: undefined });
  });

  test('answers all who ask at once, in order, also when it ends', async () => {
    const source = new Subject<string>();
    const iterator = latest(source)[Symbol.asyncIterator]();
    const asked = [iterator.next(), iterator.next(), iterator.next()];
    source.next('a');
    source.next('b');
    assert.equal(await iterator.return!(), { done: true, value: undefined });
    assert.equal(
      (await Promise.all(asked)).map(({ value }) => value),
      ['a', 'b', undefined],
    );
    assert.equal(await iterator.next(), { done: true, value: undefined });
  });

  test('is all there is of a stream that is over at once', async () => {
    const seen: number[] = [];
    for await (const value of latest(of(1, 2, 3))) seen.push(value);
    assert.equal(seen, [3]);
  });
});
