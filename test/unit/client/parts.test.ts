import { bytes, isZkError, json, text, ZkError } from '@vivarium/core';
import { parseConnectString, serverName } from '@vivarium/core/internal/client/connect-string';
import { errorOfCode } from '@vivarium/core/internal/client/errors';
import { sleepAwareClock } from '@vivarium/core/internal/client/sleep-aware-clock';
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

suite('codecs', (test) => {
  const even = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value: unknown) =>
        typeof value === 'number' && value % 2 === 0
          ? { value }
          : { issues: [{ message: 'not even' }] },
    },
  } as const;
  const raw = (value: string) => new TextEncoder().encode(value);

  test('give back what they were given', () => {
    assert.equal(bytes.decode(bytes.encode(Uint8Array.of(1, 2))), Uint8Array.of(1, 2));
    assert.is(text.decode(text.encode('grün 😀')), 'grün 😀');
    assert.equal(json().decode(json().encode({ a: [null, 1] })), { a: [null, 1] });
    assert.is(json(even).decode(json(even).encode(4)), 4);
  });

  test('refuse what they cannot take', () => {
    assert.throws(() => text.decode(Uint8Array.of(0xff)));
    assert.throws(() => json().decode(raw('{')));
    assert.throws(() => json().encode(undefined));
    assert.throws(() => json(even).encode(3), /not even/);
    assert.throws(() => json(even).decode(raw('3')), /not even/);
    const slow = {
      '~standard': { ...even['~standard'], validate: async () => ({ value: 1 }) },
    } as const;
    assert.throws(() => json(slow).encode(1), /asynchronously/);
  });
});

suite('an error', (test) => {
  test('says what, on what, why, and whether it happened', () => {
    const error = new ZkError('CONNECTION_LOSS', { operation: 'setData', path: '/a' });
    assert.instance(error, Error);
    assert.is(error.name, 'CONNECTION_LOSS');
    assert.equal([error.code, error.outcome], [-4, 'unknown']);
    assert.match(error.message, /^setData \/a: .+ \(CONNECTION_LOSS\)$/);
  });

  test('is recognised by its name', () => {
    const error: unknown = new ZkError('NO_NODE');
    assert.ok(isZkError(error));
    assert.ok(isZkError(error, 'NODE_EXISTS', 'NO_NODE'));
    assert.not(isZkError(error, 'NODE_EXISTS'));
    assert.not(isZkError(new Error('NO_NODE'), 'NO_NODE'));
  });

  test('of a code that nobody knows may have happened', () => {
    const error = errorOfCode(-77, { operation: 'create' });
    assert.equal([error.name, error.outcome], ['SYSTEM_ERROR', 'unknown']);
    assert.match(error.message, /-77/);
  });
});

suite('the clock of a client', (test) => {
  const clockAt = () => {
    const host = { mono: 0, wall: 1_000_000 };
    const clock = sleepAwareClock({
      now: () => host.mono,
      wallNow: () => host.wall,
      setTimer: () => () => {},
      soon() {},
      randomBytes: (count) => new Uint8Array(count),
      open: () => assert.unreachable() as never,
    });
    const pass = (mono: number, wall = mono) => {
      host.mono += mono;
      host.wall += wall;
      return clock.now();
    };
    return { clock, pass };
  };

  test('counts the time a machine slept', () => {
    const { pass } = clockAt();
    assert.is(pass(1_000), 1_000);
    assert.is(pass(10, 60_000), 61_000);
    assert.is(pass(1_000), 62_000);
  });

  test('does not fall when the wall clock is set back, nor drift with it', () => {
    const { pass } = clockAt();
    assert.is(pass(1_000, -3_600_000), 1_000);
    assert.is(pass(1_000), 2_000);
    for (let i = 0; i < 1_000; i++) pass(10, 11);
    assert.is(pass(0), 12_000);
  });
});
