import { getEventListeners } from 'node:events';
import { forgetAbort, tellOfAbort } from '@vivarium/core/internal/client/abort-listeners';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('requests that share a signal', (test) => {
  test('have one listener, and are told in their order', () => {
    const { signal, abort } = controller();
    const told: number[] = [];
    const requests = Array.from({ length: 1000 }, (_, i) => () => told.push(i));
    for (const request of requests) tellOfAbort(signal, request);
    assert.is(getEventListeners(signal, 'abort').length, 1);
    forgetAbort(signal, requests[1]!);
    abort();
    assert.equal(told.slice(0, 3), [0, 2, 3]);
    assert.is(told.length, 999);
  });

  test('leave nothing at it when they are done', () => {
    const { signal } = controller();
    const [first, second] = [() => {}, () => {}];
    tellOfAbort(signal, first);
    tellOfAbort(signal, second);
    forgetAbort(signal, first);
    assert.is(getEventListeners(signal, 'abort').length, 1);
    forgetAbort(signal, second);
    assert.is(getEventListeners(signal, 'abort').length, 0);
    forgetAbort(signal, second);
    tellOfAbort(signal, first);
    assert.is(getEventListeners(signal, 'abort').length, 1);
  });

  test('may come and go while they are told', () => {
    const { signal, abort } = controller();
    const told: string[] = [];
    const second = () => told.push('second');
    tellOfAbort(signal, () => {
      told.push('first');
      forgetAbort(signal, second);
    });
    tellOfAbort(signal, second);
    abort();
    assert.equal(told, ['first', 'second']);
  });
});

function controller(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const made = new AbortController();
  return { signal: made.signal, abort: () => made.abort() };
}
