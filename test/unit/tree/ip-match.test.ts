import { ipMatches, isIpPattern } from '@vivarium/core/internal/tree/ip-match';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const matching: readonly [address: string, pattern: string, matches: boolean][] = [
  ['10.1.2.3', '10.1.2.3', true],
  ['10.1.2.3', '10.1.2.4', false],
  ['10.1.2.3', '10.1.2.3/32', true],
  ['10.1.2.3', '0.0.0.0/0', true],
  ['10.1.2.3', '10.0.0.0/8', true],
  ['10.1.2.3', '10.1.2.0/30', true],
  ['10.1.2.4', '10.1.2.0/30', false],
  ['10.129.0.1', '10.128.0.0/9', true],
  ['10.127.0.1', '10.128.0.0/9', false],
  ['192.168.1.130', '192.168.1.129/31', false],
  ['192.168.1.131', '192.168.1.129/30', true],
  ['::1', '::1', true],
  ['0:0:0:0:0:0:0:1', '::1', true],
  ['fe80::1%eth0', 'fe80::/10', true],
  ['2001:db8:1::5', '2001:DB8::/32', true],
  ['2001:db9::5', '2001:db8::/32', false],
  ['2001:db8:0:8000::', '2001:db8::/49', false],
  ['2001:db8:0:7fff::', '2001:db8::/49', true],
  ['::1', '0.0.0.0/0', false],
  ['10.1.2.3', '::/0', false],
  ['not an address', '0.0.0.0/0', false],
];

suite('ip match', (test) => {
  test('an address matches the ranges that hold it', () => {
    for (const [address, pattern, matches] of matching) {
      assert.is(ipMatches(address, pattern), matches, `${address} in ${pattern}`);
    }
  });

  test('only addresses with a possible prefix length are patterns', () => {
    for (const good of ['1.2.3.4', '1.2.3.4/0', '1.2.3.4/32', '::', '::/128', '1:2:3:4:5:6:7:8']) {
      assert.ok(isIpPattern(good), good);
    }
    const bad = [
      '',
      'x',
      '1.2.3',
      '1.2.3.4.5',
      '1.2.3.256',
      '1.2.3.4/33',
      '1.2.3.4/',
      '1.2.3.4/-1',
    ];
    bad.push(
      '1.2.3.4/8/8',
      '1..3.4',
      ':::',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '::1::',
      '12345::',
    );
    bad.push('g::', '::/129', '1:2:3:4:5:6:7::8', '1:2:3:4:5:6:7:8::');
    for (const pattern of bad) assert.not(isIpPattern(pattern), pattern);
  });
});
