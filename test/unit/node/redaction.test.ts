import type { LogEvent } from '@vivarium/core/internal/base/log-event';
import { defaultConfig } from '@vivarium/core/internal/config/config';
import { secretsOf } from '@vivarium/core/internal/config/secrets';
import { createLogger, serverLogger } from '@vivarium/core/internal/node/logger';
import { redactor } from '@vivarium/core/internal/node/redaction';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const HASH = 'q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k';
const ADMINISTRATOR = `ops:scrypt:16384:8:1:AAAAAAAAAAAAAAAAAAAAAA:${HASH}`;

function event(message: string, fields: LogEvent['fields'] = {}): LogEvent {
  return { level: 'info', event: 'a.test', message, fields };
}

/** What a server with some options would write, at its chattiest. */
function written(options: Parameters<typeof defaultConfig>[0], one: LogEvent): string {
  let text = '';
  const config = defaultConfig({ logLevel: 'debug', ...options });
  serverLogger(config, { write: (line) => (text += line) })(one);
  return text;
}

suite('redaction of the log', (test) => {
  test('leaves alone what is none of its business', () => {
    const redact = redactor(['a secret of ours']);
    const innocent = event('session 0x1 of 127.0.0.1:2000 timed out', {
      session: 1n,
      path: '/basic/node',
      isTrusted: true,
      missing: undefined,
    });
    assert.equal(redact(innocent), innocent);
    const bare: LogEvent = { level: 'warn', event: 'a.test', message: 'no fields' };
    assert.equal(redact(bare), bare);
  });

  test('takes out the secrets of the config, wherever they are', () => {
    const superDigest = 'super:xQJmxLMiHGwaqBvst5y6rkB6HQs=';
    const secrets = secretsOf({ superDigest, administrators: [ADMINISTRATOR, 'not one'] });
    assert.equal(secrets, [HASH, 'AAAAAAAAAAAAAAAAAAAAAA', 'xQJmxLMiHGwaqBvst5y6rkB6HQs=']);
    const redact = redactor(secrets);
    const { message, fields } = redact(event(`was ${HASH}, ${HASH}`, { line: ADMINISTRATOR }));
    assert.is(message, 'was …, …');
    assert.equal(fields, { line: 'ops:scrypt:16384:8:1:…:…' });
  });

  test('takes out fields by their names, whatever is in them', () => {
    const { fields } = redactor([])(
      event('', { password: 'x', sessionPasswd: 5n, authorization: 'y', user: 'ops', secret: '' }),
    );
    const hidden = { password: '…', sessionPasswd: '…', authorization: '…', secret: '…' };
    assert.equal(fields, { ...hidden, user: 'ops' });
  });

  test('takes out credentials by their shape', () => {
    const clean = (text: string) => redactor([])(event(text)).message;
    assert.is(
      clean('asked with Authorization: Basic b3BzOnBhc3M='),
      'asked with Authorization: Basic …',
    );
    assert.is(clean('bearer abc.def-ghi was refused'), 'bearer … was refused');
    assert.is(clean('from http://ops:hunter2@host:1/x'), 'from http://ops:…@host:1/x');
    assert.is(clean('at http://127.0.0.1:2181/ and a@b'), 'at http://127.0.0.1:2181/ and a@b');
  });

  test('does not take a short secret for a part of every word', () => {
    assert.is(redactor(['a'])(event('a banana')).message, 'a banana');
  });

  test('stands before both forms of a server’s log', () => {
    const told = event(`hash ${HASH}`, { password: 'hunter2' });
    const administrators = [ADMINISTRATOR];
    for (const logFormat of ['json', 'text'] as const) {
      const line = written({ administrators, logFormat }, told);
      assert.match(line, 'hash …');
      assert.not.match(line, HASH);
      assert.not.match(line, 'hunter2');
    }
  });
});

suite('the form of the log', (test) => {
  test('is what the config says, and otherwise what suits the reader', () => {
    const json = /^\{"time":/;
    const text = /^\d\d:\d\d:\d\d info {2}told$/m;
    assert.match(written({ logFormat: 'json' }, event('told')), json);
    assert.match(written({ logFormat: 'text' }, event('told')), text);
    assert.match(written({}, event('told')), json);
    let terminal = '';
    const stream = { isTTY: true, write: (line: string) => (terminal += line) };
    createLogger({ level: 'info', stream, colors: false })(event('told'));
    assert.match(terminal, text);
    serverLogger(defaultConfig({ logFormat: 'json' }), stream)(event('told'));
    assert.match(terminal.split('\n')[1]!, json);
  });
});
