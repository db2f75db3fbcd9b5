import type { LogEvent } from '@vivarium/core/internal/base/log-event';
import { quietLog } from '@vivarium/core/internal/node/quiet-log';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('a log that strangers cannot flood', (test) => {
  test('writes one event of a name a second, and how many it left out', () => {
    let now = 0;
    const messages: string[] = [];
    const log = quietLog(
      ({ message }) => messages.push(message),
      () => now,
    );
    const say = (event: string): void => {
      const said: LogEvent = { level: 'warn', event, message: event };
      log(said);
    };
    for (let i = 0; i < 5; i++) say('connection.refused');
    say('http.refused');
    say('session.expired');
    say('session.expired');
    now = 1_000;
    say('connection.refused');
    now = 2_000;
    say('connection.refused');
    assert.equal(messages, [
      'connection.refused',
      'http.refused',
      'session.expired',
      'session.expired',
      'connection.refused (and 4 more like it before)',
      'connection.refused',
    ]);
  });
});
