import { utf8 } from '@vivarium/core/internal/base/bytes';
import { sniff } from '@vivarium/core/internal/wire/sniff';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const words = new Set(['ruok', 'srvr']);

suite('the first bytes of a connection', (test) => {
  const rows: readonly (readonly [what: string, bytes: Uint8Array, type: string])[] = [
    ['a connect request', Uint8Array.of(0, 0, 0, 45), 'jute'],
    ['its first byte alone', Uint8Array.of(0), 'jute'],
    ['a length beyond 16 MiB', Uint8Array.of(1, 0, 0, 0), 'jute'],
    ['a word', utf8('ruok'), 'four-letter-word'],
    ['four letters that are no word', utf8('abcd'), 'jute'],
    ['GET', utf8('GET / HTTP/1.1'), 'http'],
    ['POST', utf8('POST /'), 'http'],
    ['OPTIONS', utf8('OPTIONS *'), 'http'],
    ['TLS', Uint8Array.of(0x16, 3, 1, 2), 'tls'],
    ["telnet's interrupt", Uint8Array.of(0xff, 0xf4, 0xff, 0xfd), 'telnet-interrupt'],
  ];
  for (const [what, bytes, type] of rows) {
    test(`tell ${what} as ${type}`, () => assert.is(sniff(bytes, words)?.type, type));
  }

  test('decide nothing while there are fewer than four', () => {
    for (const start of ['r', 'ru', 'ruo', 'G', 'GET']) {
      assert.is(sniff(utf8(start), words), undefined, start);
    }
    assert.is(sniff(new Uint8Array(0), words), undefined);
  });
});
