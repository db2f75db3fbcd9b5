import { concatBytes, fromHex, hex, utf8 } from '@vivarium/core/internal/base/bytes';
import { zxidOf } from '@vivarium/core/internal/base/ids';
import {
  DOUBTED_ZXID,
  NO_ZXID,
  NOBODY,
  type Notification,
  readHandshake,
  readNotification,
  writeHandshake,
  writeNotification,
} from '@vivarium/core/internal/wire/election';
import { MalformedError } from '@vivarium/core/internal/wire/reader';
import { Writer } from '@vivarium/core/internal/wire/writer';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const isMalformed = (what: RegExp) => (error: unknown) =>
  error instanceof MalformedError && what.test(error.message);

/* Taken from the election port of Apache ZooKeeper 3.9.5; those of 3.8.0 are the same. */
const apache = {
  v1: 'ffffffffffff0000 0000000000000002 0000000f 3132372e302e302e313a3233313232',
  v2:
    'ffffffffffff0001 0000000000000002 0000001f ' +
    '3132372e302e302e313a32333132327c3132372e302e302e323a3233313233',
  looking:
    '000000e6 00000000 0000000000000002 0000000000000000 0000000000000001 0000000000000000 ' +
    '00000002 000000ba',
  observer:
    '000000e3 00000000 8000000000000000 8000000000000000 0000000000000001 8000000000000000 ' +
    '00000002 000000b7',
};
const config = (role: string) =>
  'server.1=127.0.0.1:23111:23121:participant;127.0.0.1:23101\n' +
  `server.2=127.0.0.1:23112:23122:${role};127.0.0.1:23102\n` +
  'server.3=127.0.0.1:23114:23124:participant;127.0.0.1:23103\nversion=0';

const looking: Notification = {
  state: 'looking',
  leader: 2,
  zxid: 0n,
  round: 1,
  peerEpoch: 0,
  version: 2,
  config: config('participant'),
};
const observing: Notification = {
  ...looking,
  leader: NOBODY,
  zxid: NO_ZXID,
  peerEpoch: NOBODY,
  config: config('observer'),
};

suite('the handshake of the election port', (test) => {
  for (const [name, addresses] of [
    ['v1', ['127.0.0.1:23122']],
    ['v2', ['127.0.0.1:23122', '127.0.0.2:23123']],
  ] as const) {
    const bytes = fromHex(apache[name]);
    test(`is Apache's to the byte, ${name}`, () => {
      assert.is(hex(writeHandshake(2, addresses)), hex(bytes));
      assert.equal(readHandshake(bytes), {
        handshake: { serverId: 2, address: addresses.join('|') },
        length: bytes.length,
      });
    });

    test(`is there when its last byte is, ${name}`, () => {
      for (let size = 0; size < bytes.length; size++) {
        assert.is(readHandshake(bytes.subarray(0, size)), undefined);
      }
      assert.is(readHandshake(concatBytes([bytes, bytes]))!.length, bytes.length);
    });
  }

  test('of old servers is a bare id', () => {
    const bytes = fromHex('0000000000000003 00000028');
    assert.equal(readHandshake(bytes), { handshake: { serverId: 3, address: '' }, length: 8 });
  });

  test('with an id that no server has is read as one that no server has', () => {
    const anonymous = readHandshake(fromHex('7fffffffffffffff'))!.handshake.serverId;
    assert.not.ok(Number.isSafeInteger(anonymous));
    const http = readHandshake(utf8('GET / HTTP/1.1\r\n'))!.handshake.serverId;
    assert.not.ok(Number.isSafeInteger(http));
    const negative = fromHex('ffffffffffff0000 ffffffffffffffff 00000001 30');
    assert.is(readHandshake(negative)!.handshake.serverId, -1);
  });

  test('of an unknown version is refused at once', () => {
    for (const first of ['fffffffffffffffe', 'ffffffffffff0002', '8000000000000000']) {
      assert.throws(() => readHandshake(fromHex(first)), isMalformed(/no version/));
    }
  });

  test('with an address of no length, or of too much, is refused before it has come', () => {
    const prefix = 'ffffffffffff0000 0000000000000002';
    for (const length of ['00000000', 'ffffffff', '00000801', '7fffffff']) {
      const bytes = fromHex(`${prefix} ${length}`);
      assert.throws(() => readHandshake(bytes), isMalformed(/between 1 and 2048/));
    }
    assert.is(readHandshake(fromHex(`${prefix} 00000800`)), undefined);
    const longest = concatBytes([fromHex(`${prefix} 00000800`), new Uint8Array(2048).fill(0x41)]);
    assert.is(readHandshake(longest)!.length, 20 + 2048);
  });

  test('with an address in another charset is read all the same (ZOOKEEPER-4787)', () => {
    /* "127.0.0.1:3888" as EBCDIC has it. */
    const address = fromHex('f1f2f74bf04bf04bf17af3f8f8f8');
    const bytes = concatBytes([fromHex('ffffffffffff0000 0000000000000002 0000000e'), address]);
    assert.is(readHandshake(bytes)!.handshake.serverId, 2);
  });
});

suite('a notification', (test) => {
  for (const [name, notification] of [
    ['looking', looking],
    ['observer', observing],
  ] as const) {
    test(`is Apache's to the byte: ${name}`, () => {
      const frame = concatBytes([fromHex(apache[name]), utf8(notification.config)]);
      assert.is(hex(writeNotification(notification)), hex(frame));
      assert.equal(readNotification(frame.subarray(4)), notification);
    });
  }

  test('comes back as it went, whatever it tells', () => {
    for (const notification of [
      { ...looking, state: 'following', zxid: zxidOf(7, 0xffff_ffff), peerEpoch: 8, round: 12 },
      { ...looking, state: 'leading', zxid: zxidOf(0x7fff_ffff, 1), peerEpoch: 0x7fff_ffff },
      { ...looking, state: 'observing', config: '' },
      { ...looking, zxid: DOUBTED_ZXID, peerEpoch: -1, round: -1 },
      { ...looking, config: 'server.1=größe:1:2', round: Number.MAX_SAFE_INTEGER },
    ] as const) {
      assert.equal(readNotification(writeNotification(notification).subarray(4)), notification);
    }
  });

  /** A body made of numbers. */
  const bodyOf = (parts: {
    state?: number;
    zxid?: bigint;
    round?: bigint;
    epoch?: bigint;
    rest?: string;
  }): Uint8Array => {
    const to = new Writer();
    to.int(parts.state ?? 0);
    to.long(2n);
    to.long(parts.zxid ?? zxidOf(3, 9));
    to.long(parts.round ?? 5n);
    if (parts.epoch !== undefined) to.long(parts.epoch);
    return concatBytes([to.copy(), fromHex(parts.rest ?? '')]);
  };

  test('of 28 bytes has the epoch of its zxid', () => {
    const { peerEpoch, version, round, config } = readNotification(bodyOf({}));
    assert.equal(
      { peerEpoch, version, round, config },
      {
        peerEpoch: 3,
        version: 0,
        round: 5,
        config: '',
      },
    );
  });

  test('of 40 bytes has an epoch, and a version that is not read', () => {
    const { peerEpoch, version } = readNotification(bodyOf({ epoch: 4n, rest: '00000001' }));
    assert.equal({ peerEpoch, version }, { peerEpoch: 4, version: 0 });
  });

  test('of 44 bytes and more has no configuration before version 2', () => {
    for (const [digits, version] of [
      ['00000000', 0],
      ['00000001', 1],
    ] as const) {
      const read = readNotification(bodyOf({ epoch: 4n, rest: `${digits} 0000ffff` }));
      assert.is(read.version, version);
      assert.is(read.config, '');
    }
  });

  test('of a later version is read as far as it is known', () => {
    const rest = '00000003 00000002 4142 999999';
    const read = readNotification(bodyOf({ epoch: 4n, rest }));
    assert.is(read.version, 3);
    assert.is(read.config, 'AB');
  });

  test('of any other size is refused', () => {
    for (let size = 0; size < 44; size++) {
      if (size === 28 || size === 40) continue;
      assert.throws(() => readNotification(new Uint8Array(size)), isMalformed(/known forms/));
    }
    assert.is(readNotification(new Uint8Array(44)).state, 'looking');
  });

  test('whose configuration is longer than the message is refused (ZOOKEEPER-3769)', () => {
    for (const length of ['00000003', '7fffffff', '80000000', 'ffffffff', 'fffffffe']) {
      const bytes = bodyOf({ epoch: 4n, rest: `00000002 ${length} 4142` });
      assert.throws(() => readNotification(bytes), isMalformed(/./));
    }
  });

  test('of no state, zxid, round, epoch or version that there is, is refused', () => {
    const rest = '00000002 00000000';
    for (const [parts, what] of [
      [{ state: 4 }, /state/],
      [{ state: -1 }, /state/],
      [{ zxid: -2n }, /zxid/],
      [{ zxid: NO_ZXID + 1n }, /zxid/],
      [{ round: -2n }, /round/],
      [{ round: 1n << 53n }, /round/],
      [{ round: (1n << 63n) - 1n }, /round/],
      [{ epoch: -2n }, /epoch/],
      [{ epoch: NO_ZXID }, /epoch/],
      [{ epoch: 1n << 31n }, /epoch/],
      [{ rest: 'ffffffff 00000000' }, /version/],
    ] as const) {
      const bytes = bodyOf({ epoch: 4n, rest, ...parts });
      assert.throws(() => readNotification(bytes), isMalformed(what), JSON.stringify(String(what)));
    }
  });
});
