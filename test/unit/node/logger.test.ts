import type { LogEvent } from '@vivarium/core/internal/base/log-event';
import { createLogger } from '@vivarium/core/internal/node/logger';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

function collector(isTTY: boolean) {
  const lines: string[] = [];
  return { lines, stream: { isTTY, write: (line: string) => lines.push(line) } };
}

const event: LogEvent = {
  level: 'warn',
  event: 'disk.slow',
  message: 'a flush took 2 s',
  fields: { zxid: 2n ** 60n, tookMs: 2000 },
};

suite('the log', (test) => {
  test('is JSON, with exact numbers, where no person reads it', () => {
    const { lines, stream } = collector(false);
    createLogger({ level: 'info', stream })(event);
    const { time, ...rest } = JSON.parse(lines[0]!);
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000);
    assert.equal(rest, {
      level: 'warn',
      event: 'disk.slow',
      message: 'a flush took 2 s',
      zxid: '1152921504606846976',
      tookMs: 2000,
    });
  });

  test('is a readable line on a terminal', () => {
    const { lines, stream } = collector(true);
    createLogger({ level: 'info', stream, colors: false })(event);
    assert.match(lines[0]!, /^\d\d:\d\d:\d\d warn {2}a flush took 2 s\n$/);
  });

  test('leaves out what is below its level', () => {
    const { lines, stream } = collector(true);
    createLogger({ level: 'error', stream })(event);
    assert.equal(lines, []);
  });

  test('cannot be made to begin a line or to move the cursor', () => {
    const { lines, stream } = collector(true);
    const log = createLogger({ level: 'info', stream, colors: false });
    log({ ...event, message: 'a\n12:00:00 info \x1b[2J' });
    assert.is(lines[0]!.split('\n').length, 2);
    assert.not.match(lines[0]!, '\x1b');
  });
});
