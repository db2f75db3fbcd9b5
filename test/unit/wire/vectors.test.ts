import { fromHex, hex } from '@vivarium/core/internal/base/bytes';
import {
  readConnectRequest,
  readConnectResponse,
  writeConnectRequest,
  writeConnectResponse,
} from '@vivarium/core/internal/wire/connect';
import { readMultiRequest, writeMultiRequest } from '@vivarium/core/internal/wire/multi';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { OPEN_ACL } from '@vivarium/core/internal/wire/permissions';
import { Reader } from '@vivarium/core/internal/wire/reader';
import {
  CreateRequest,
  ReplyHeader,
  RequestHeader,
  WatcherEvent,
} from '@vivarium/core/internal/wire/records';
import { encode } from '@vivarium/core/internal/wire/types';
import { Writer } from '@vivarium/core/internal/wire/writer';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const zeros = new Uint8Array(16);
const compact = (text: string) => text.replaceAll(' ', '');

function written(write: (to: Writer) => void): string {
  const to = new Writer();
  write(to);
  return hex(to.copy());
}

/* All bytes here were taken from ZooKeeper's own classes. */
suite('the bytes of ZooKeeper', (test) => {
  const asked =
    '00000000 0000000000000000 00007530 0000000000000000 00000010 00000000000000000000000000000000';
  const request = {
    protocolVersion: 0,
    lastZxidSeen: 0n,
    timeOut: 30_000,
    sessionId: 0n,
    passwd: zeros,
  };

  for (const [readOnly, last] of [
    [undefined, ''],
    [false, '00'],
    [true, '01'],
  ] as const) {
    test(`are those of a connect request, readOnly ${readOnly}`, () => {
      const bytes = compact(asked) + last;
      assert.is(
        written((to) => writeConnectRequest(to, { ...request, readOnly })),
        bytes,
      );
      assert.equal(readConnectRequest(new Reader(fromHex(bytes))), { ...request, readOnly });
    });

    test(`are those of a connect response, readOnly ${readOnly}`, () => {
      const bytes = `${compact('00000000 00007530 0100000000000000 00000010')}${hex(zeros)}${last}`;
      const sessionId = 0x0100_0000_0000_0000n;
      const reply = { protocolVersion: 0, timeOut: 30_000, sessionId, passwd: zeros, readOnly };
      assert.is(
        written((to) => writeConnectResponse(to, reply)),
        bytes,
      );
      assert.equal(readConnectResponse(new Reader(fromHex(bytes))), reply);
    });
  }

  test('are those of a create with its header', () => {
    const create = { path: '/a', data: fromHex('0102'), acl: OPEN_ACL, flags: 0 };
    const bytes = written((to) => {
      RequestHeader.write(to, { xid: 1, type: opcodes.create });
      CreateRequest.write(to, create);
    });
    const expected =
      '00000001 00000001 00000002 2f61 00000002 0102 00000001 0000001f 00000005 776f726c64 ' +
      '00000006 616e796f6e65 00000000';
    assert.is(bytes, compact(expected));
    assert.equal(CreateRequest.read(new Reader(fromHex(bytes), 8)), create);
  });

  test('are those of a reply header and of a watch event', () => {
    const header = { xid: 1, zxid: 5n, err: 0 };
    assert.is(hex(encode(ReplyHeader, header)), compact('00000001 0000000000000005 00000000'));
    const event = { type: 3, state: 3, path: '/a' };
    assert.is(hex(encode(WatcherEvent, event)), compact('00000003 00000003 00000002 2f61'));
  });

  test('are those of a multi', () => {
    const bytes = compact(
      '0000000d 00 ffffffff 00000002 2f61 00000000 00000005 00 ffffffff 00000002 2f61 ' +
        '00000001 09 ffffffff ffffffff 01 ffffffff',
    );
    const ops = [
      { op: 'check', path: '/a', version: 0 },
      { op: 'setData', path: '/a', data: fromHex('09'), version: -1 },
    ] as const;
    assert.is(
      written((to) => writeMultiRequest(to, ops)),
      bytes,
    );
    assert.equal(readMultiRequest(new Reader(fromHex(bytes))), ops);
  });
});
