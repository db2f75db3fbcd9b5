import { PingRelay } from '@vivarium/core/internal/session/ping-relay';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import * as assert from 'uvu/assert';
import { framed } from '../../support/framed.js';
import { suite } from '../../support/suite.js';
import { answerFrame, welcomeFrame } from './rig.js';

const TIMEOUT_MS = 6_000;
const MAX_STALL_MS = 20_000;
const NOTHING = new Uint8Array(0);

const greeting = framed((to) => to.raw(new Uint8Array(45)));
const frameOf = (xid: number, opcode: number) =>
  framed((to) => {
    to.int(xid);
    to.int(opcode);
  });
const PING = frameOf(-2, opcodes.ping);
const PONG = answerFrame(-2, 9n, 0, NOTHING);
const joined = (...pieces: readonly Uint8Array[]) => Uint8Array.from(Buffer.concat(pieces));

/** A relay whose client has a session since the time 0. */
function attached(maxStallMs = MAX_STALL_MS): PingRelay {
  const relay = new PingRelay(maxStallMs);
  relay.sent(greeting, 0);
  relay.received(welcomeFrame(7n, TIMEOUT_MS, false), 0);
  return relay;
}

/** When the relay pings while the client is silent and every ping is answered at once. */
function pingTimes(relay: PingRelay, until: number): number[] {
  const times: number[] = [];
  while (relay.wakeAt <= until) {
    const now = relay.wakeAt;
    const ping = relay.beat(now);
    if (ping === undefined) continue;
    assert.equal(ping, PING);
    times.push(now);
    assert.equal(relay.received(PONG, now), [], 'its answer is not for the client');
  }
  return times;
}

suite('pings beside a client', (test) => {
  test('begin a little after its own were due, and go on in its rhythm', () => {
    assert.equal(pingTimes(attached(), 9_000), [2_500, 4_500, 6_500, 8_500]);
  });

  test('do not come between those of a client that sends', () => {
    const relay = attached();
    for (let now = 2_000; now < 60_000; now += 2_000) {
      assert.is(relay.beat(now), undefined);
      relay.sent(PING, now);
      assert.is(relay.beat(now + 1_999), undefined);
    }
  });

  test('stop when nothing has come from the client for the longest stall', () => {
    const relay = attached();
    const times = pingTimes(relay, 1_000_000);
    assert.ok(times.at(-1)! <= MAX_STALL_MS && times.at(-1)! > MAX_STALL_MS - 2_000, times.join());
    assert.is(relay.wakeAt, Number.POSITIVE_INFINITY);
    relay.sent(PING, 100_000);
    assert.is(relay.wakeAt, 102_500, 'and begin again when it goes on');
  });

  test('are not sent by a thread that was stopped itself for longer than that', () => {
    const relay = attached();
    assert.is(relay.beat(MAX_STALL_MS + 1), undefined);
    assert.is(relay.beat(MAX_STALL_MS + 5_000), undefined);
  });

  test('need a session', () => {
    const relay = new PingRelay(MAX_STALL_MS);
    assert.is(relay.wakeAt, Number.POSITIVE_INFINITY);
    relay.sent(greeting, 0);
    assert.is(relay.wakeAt, Number.POSITIVE_INFINITY);
    const bytes = welcomeFrame(0n, 0, false);
    assert.equal(relay.received(bytes, 0), [bytes]);
    assert.is(relay.wakeAt, Number.POSITIVE_INFINITY);
    assert.is(relay.beat(60_000), undefined);
  });

  test('come at least every ten seconds, however long the session lives', () => {
    const relay = new PingRelay(100_000);
    relay.sent(greeting, 0);
    relay.received(welcomeFrame(7n, 120_000, false), 0);
    assert.equal(pingTimes(relay, 33_000), [12_500, 22_500, 32_500]);
  });

  test('keep their answers from the client, who gets those to its own', () => {
    const relay = attached();
    relay.sent(joined(frameOf(1, opcodes.getData), PING), 1_000);
    relay.beat(3_500);
    relay.sent(PING, 3_600);
    const answer = answerFrame(1, 5n, 0, Uint8Array.of(1, 2, 3));
    const event = answerFrame(-1, 5n, 0, NOTHING);
    const heard = relay.received(joined(answer, PONG, event, PONG, PONG, event), 4_000);
    assert.equal(joined(...heard), joined(answer, PONG, event, PONG, event));
  });

  test('tell of the newest that was answered, whoever sent it', () => {
    const relay = attached();
    assert.is(relay.answered, undefined);
    relay.sent(PING, 1_000);
    relay.received(PONG, 1_100);
    assert.equal(relay.answered, { sentAt: 1_000, answeredAt: 1_100 });
    relay.beat(3_500);
    assert.equal(relay.answered, { sentAt: 1_000, answeredAt: 1_100 });
    relay.beat(5_500);
    relay.received(PONG, 5_600);
    assert.equal(relay.answered, { sentAt: 3_500, answeredAt: 5_600 }, 'the older of two');
  });

  test('are found in a stream however it is cut', () => {
    const big = answerFrame(2, 6n, 0, new Uint8Array(300).fill(7));
    const before = [welcomeFrame(7n, TIMEOUT_MS, false), answerFrame(1, 5n, 0, NOTHING)];
    const stream = joined(...before, PONG, big, PONG, PONG, answerFrame(3, 7n, 0, NOTHING));
    const wanted = joined(...before, big, PONG, answerFrame(3, 7n, 0, NOTHING));
    for (let size = 1; size <= stream.length; size++) {
      const relay = new PingRelay(MAX_STALL_MS);
      relay.sent(greeting, 0);
      const heard: Uint8Array[] = [];
      for (let at = 0; at < stream.length; at += size) {
        heard.push(...relay.received(stream.slice(at, at + size), 1));
      }
      // Without pings of its own all is passed on, whatever the pieces.
      assert.equal(joined(...heard), stream, `pieces of ${size}`);
      const ours = attached();
      ours.beat(2_500);
      ours.beat(4_500);
      ours.sent(PING, 4_600);
      const rest = stream.slice(before[0]!.length);
      const kept: Uint8Array[] = [before[0]!];
      for (let at = 0; at < rest.length; at += size) {
        kept.push(...ours.received(rest.slice(at, at + size), 5_000));
      }
      assert.equal(joined(...kept), wanted, `pieces of ${size}`);
    }
  });

  test('leave a stream that cannot be read as it is', () => {
    const relay = attached();
    relay.beat(2_500);
    const wrong = joined(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4), PONG);
    assert.equal(joined(...relay.received(wrong, 3_000)), wrong);
    assert.equal(joined(...relay.received(PONG, 3_000)), PONG);
    assert.is(relay.beat(60_000), undefined);
  });
});
