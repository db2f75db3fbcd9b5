import { inHashOrder, javaHost } from '@vivarium/core/internal/config/java-forms';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('a host as Java writes it', (test) => {
  test('is written out when it is an address', () => {
    for (const [host, expected] of [
      ['::1', '0:0:0:0:0:0:0:1'],
      ['::', '0:0:0:0:0:0:0:0'],
      ['2001:DB8::0010', '2001:db8:0:0:0:0:0:10'],
      ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
      ['64:ff9b::1.2.3.4', '64:ff9b:0:0:0:0:102:304'],
      ['::ffff:1.2.3.4', '1.2.3.4'],
      ['::FFFF:102:304', '1.2.3.4'],
      ['10.0.0.1', '10.0.0.1'],
      ['127.1', '127.0.0.1'],
      ['1.2.770', '1.2.3.2'],
      ['4294967295', '255.255.255.255'],
    ] as const) {
      assert.is(javaHost(host), expected, host);
    }
  });

  test('stays when it is a name, a scope decides, or it is no address at all', () => {
    for (const host of ['LocalHost', 'zk1.example', 'fe80::1%eth0', '1::2::3', '1:2', 'a:b:c']) {
      assert.is(javaHost(host), host);
    }
    for (const host of [
      '1.2.3.256',
      '4294967296',
      '1:2:3:4:5:6:7:8:9',
      '1:2:3:4:5:6:7::8',
      '::g',
    ]) {
      assert.is(javaHost(host), host);
    }
  });
});

suite('the order of a hash map of numbers', (test) => {
  test('is theirs while they are small and few', () => {
    assert.equal(inHashOrder([1, 2, 3, 15]), [1, 2, 3, 15]);
  });

  test('is that of their buckets, of which there are 16', () => {
    assert.equal(inHashOrder([10, 20, 30, 255]), [20, 10, 30, 255]);
    assert.equal(inHashOrder([2, 16, 100]), [16, 2, 100]);
  });

  test('with twice as many buckets once three quarters of them would be filled', () => {
    const ids = [...Array(11).keys(), 20];
    assert.equal(inHashOrder(ids), [0, 1, 2, 3, 4, 20, 5, 6, 7, 8, 9, 10]);
    assert.equal(inHashOrder([...ids, 21]), [...ids, 21]);
  });

  test('of large ones depends on their upper halves too', () => {
    assert.equal(inHashOrder([0x1_0000, 0x2_0000, 0]), [0, 0x1_0000, 0x2_0000]);
    assert.equal(inHashOrder([0x1_0001, 1]), [0x1_0001, 1]);
  });
});
