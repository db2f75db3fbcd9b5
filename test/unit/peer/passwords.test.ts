import { createHmac } from 'node:crypto';
import { fromHex, hex } from '@vivarium/core/internal/base/bytes';
import type { Host } from '@vivarium/core/internal/base/host';
import { apachePassword, firstSessionId, Passwords } from '@vivarium/core/internal/peer/passwords';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';

const host: Host = {
  randomBytes: (count) => new Uint8Array(count),
  sha1: (bytes) => bytes,
  hmacSha256: (key, bytes) => new Uint8Array(createHmac('sha256', key).update(bytes).digest()),
  log: () => {},
};
const APACHES = 0x1000123456780000n;
const OURS = 0x1000123456780001n;

function passwords(secret: number): Passwords {
  return new Passwords(host, Uint8Array.of(secret), (session) => session === APACHES);
}

suite('session passwords', (test) => {
  test('are keyed with the secret of the folder', () => {
    const password = passwords(1).of(OURS);
    assert.is(password.length, 16);
    assert.ok(passwords(1).isRight(OURS, password));
    assert.not.ok(passwords(2).isRight(OURS, password));
    assert.not.ok(passwords(1).isRight(OURS, apachePassword(OURS)));
  });

  test('of sessions that an Apache server made stay as Apache computes them', () => {
    assert.is(hex(passwords(1).of(APACHES)), 'fae18b1fff04a3066806fbaee07225b6');
    assert.ok(passwords(1).isRight(APACHES, fromHex('fae18b1fff04a3066806fbaee07225b6')));
  });

  test('that we gave are right also when the session was read from an Apache server', () => {
    const ours = new Passwords(host, Uint8Array.of(1), () => false).of(APACHES);
    assert.ok(passwords(1).isRight(APACHES, ours));
    assert.not.ok(passwords(2).isRight(APACHES, ours));
  });

  test('are never right for no session, or when none is given', () => {
    assert.not.ok(passwords(1).isRight(0n, passwords(1).of(0n)));
    assert.not.ok(passwords(1).isRight(OURS, null));
    assert.not.ok(passwords(1).isRight(OURS, new Uint8Array(0)));
  });
});

suite("Apache's session passwords", (test) => {
  const vectors: readonly (readonly [bigint, string])[] = [
    [0x1n, '054cc74a37327db215e702e20c73f005'],
    [0x100000000000000n, 'f22acd4a97e69d6d20a49bb638eadb38'],
    [0x1000123456780000n, 'fae18b1fff04a3066806fbaee07225b6'],
    [0x10001a2b3c40000n, 'fe1290e3b37b25e80c491d70b42acb60'],
  ];
  for (const [session, password] of vectors) {
    test(`are ${password} for 0x${session.toString(16)}`, () => {
      assert.is(hex(apachePassword(session)), password);
    });
  }

  test('know only the lower 48 bits of an id, as there', () => {
    assert.is(hex(apachePassword(-1n)), hex(apachePassword(0xffff_ffff_ffffn)));
  });
});

suite('the first session id', (test) => {
  test('is the server, 40 bits of the clock, and two bytes to count in', () => {
    const wall = 0x18b_cfe5_6800;
    assert.is(firstSessionId(wall, 1), 0x01_8bcfe56800_0000n);
    assert.is(firstSessionId(wall + 1, 1) - firstSessionId(wall, 1), 0x1_0000n);
  });

  test('has the sign bit for servers from 128 on', () => {
    const id = firstSessionId(0x18b_cfe5_6800, 200);
    assert.ok(id < 0n);
    assert.is(BigInt.asUintN(64, id) >> 56n, 200n);
  });
});
