import { isZkError } from '@vivarium/core';
import { parseConnectString, serverName } from '@vivarium/core/internal/client/connect-string';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

suite('a connect string', (test) => {
  const right: readonly [string | string[], string[], string][] = [
    ['localhost', ['localhost:2181'], ''],
    ['a:1,b:2', ['a:1', 'b:2'], ''],
    [' a:1 , b ', ['a:1', 'b:2181'], ''],
    ['a:1,b:2/app/x', ['a:1', 'b:2'], '/app/x'],
    ['a/', ['a:2181'], ''],
    ['a/x,y', ['a:2181'], '/x,y'],
    ['[::1]:5,[fe80::1]', ['[::1]:5', '[fe80::1]:2181'], ''],
    ['tcp://a:1/app', ['a:1'], '/app'],
    ['tcp://a:1,tcp://b/app', ['a:1', 'b:2181'], '/app'],
    ['ws://a:80/zk,ws://b:81', ['ws://a:80/zk', 'ws://b:81'], ''],
    ['ws://a', ['ws://a:2181'], ''],
    ['wss://a/zk?x=1#/app', ['wss://a:443/zk?x=1'], '/app'],
    [['a:1', 'b:2/app'], ['a:1', 'b:2'], '/app'],
  ];
  for (const [given, servers, chroot] of right) {
    test(`${String(given)} is read`, () => {
      const read = parseConnectString(given);
      assert.equal(read.servers.map(serverName), servers);
      assert.is(read.chroot, chroot);
    });
  }
  for (const wrong of [
    '',
    ',',
    'a,',
    ':1',
    'a:0',
    'a:65536',
    'a:x',
    'a b',
    '::1',
    '[::1',
    'http://a',
    'ftp://a',
    'a/x/',
    'a//x',
    'a/../b',
    'a:1:2',
    'user@a',
    'ws://',
    'ws://a#x',
  ]) {
    test(`"${wrong}" is refused, and quoted`, () => {
      try {
        parseConnectString(wrong);
        assert.unreachable('it was taken');
      } catch (error) {
        assert.ok(isZkError(error, 'BAD_ARGUMENTS'), String(error));
        assert.ok((error as Error).message.includes(`"${wrong}"`));
      }
    });
  }
});
