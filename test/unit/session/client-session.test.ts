import { opcodes } from '@vivarium/core/internal/wire/operations';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { SessionRig, write } from './rig.js';

const tokens = (effects: readonly { readonly token: string }[]) =>
  effects.map(({ token }) => token);

suite('connecting', (test) => {
  test('a first greeting asks for a new session', () => {
    const rig = new SessionRig();
    assert.equal(rig.states(), ['connecting']);
    rig.opened();
    const { sessionId, lastZxidSeen, timeOut, readOnly } = rig.greeting();
    assert.equal([sessionId, lastZxidSeen, timeOut, readOnly], [0n, 0n, 6_000, false]);
    rig.welcome(7n);
    assert.equal(rig.states(), ['connecting', 'connected']);
    assert.is(rig.of('session-began')[0]!.id, 7n);
    assert.is(rig.session.tenure.key!.id, 7n);
  });

  test('the timeout in force is the one the server names', () => {
    const rig = new SessionRig();
    rig.opened();
    rig.welcome(7n, 3_000);
    assert.is(rig.session.tenure.timeoutMs, 3_000);
    assert.is(rig.session.tenure.certainUntil, rig.now + 3_000 - 1_000);
  });

  test('a session of any length can be certain for a while', () => {
    for (const [timeoutMs, certainMs] of [
      [1_200, 800],
      [500, 250],
      [200, 100],
    ] as const) {
      const rig = new SessionRig();
      rig.opened();
      rig.welcome(7n, timeoutMs);
      assert.is(rig.session.tenure.certainUntil, rig.now + certainMs);
    }
  });

  test('a server that does not answer is given up, and the next one tried', () => {
    const rig = new SessionRig({ serverCount: 2 });
    assert.is(rig.of('open').at(-1)!.server, 0);
    rig.pass(3_000);
    rig.untilDialed();
    assert.is(rig.of('open').at(-1)!.server, 1);
    rig.opened();
    rig.pass(3_000);
    assert.ok(rig.of('disconnect').length >= 2);
  });

  test('attempts grow rarer while all servers stay away, and never stop', () => {
    const rig = new SessionRig({ serverCount: 2 });
    const times: number[] = [];
    for (let i = 0; i < 30; i++) {
      rig.closed();
      rig.untilDialed();
      times.push(rig.now);
    }
    const gaps = times.map((at, i) => at - (times[i - 1] ?? 1_000));
    assert.ok(gaps[0]! <= 100);
    assert.ok(Math.max(...gaps) <= 2_000);
    assert.ok(gaps.at(-1)! >= 1_000);
  });

  test('a server that takes in and then answers nothing is tried ever more rarely, too', () => {
    const rig = new SessionRig().attach();
    rig.request('poison');
    const gaps: number[] = [];
    for (let i = 0; i < 10; i++) {
      const cutAt = rig.now;
      rig.closed();
      rig.untilDialed();
      gaps.push(rig.now - cutAt);
      rig.attach();
    }
    assert.ok(gaps.at(-1)! >= 1_000, gaps.join());
    rig.answer(rig.sent().at(-1)!.xid);
    rig.take();
    rig.closed();
    const cutAt = rig.now;
    rig.untilDialed();
    assert.ok(rig.now - cutAt <= 100);
  });

  test('while its session can be saved, it dials often and waits little', () => {
    const rig = new SessionRig().attach();
    const { saveableUntil } = rig.session.tenure;
    assert.is(saveableUntil, rig.now + 6_000);
    rig.request('of use');
    rig.answer(rig.sent().at(-1)!.xid);
    rig.closed();
    const from = rig.now;
    rig.untilDialed();
    assert.ok(rig.now - from <= 100);
    let dialedAt = rig.now;
    const gaps: number[] = [];
    while (dialedAt < saveableUntil) {
      rig.untilDialed();
      gaps.push(rig.now - dialedAt);
      dialedAt = rig.now;
    }
    gaps.pop();
    // 500 ms for the connection to open, then a sixteenth of the timeout at most.
    assert.ok(gaps.length >= 4 && gaps.every((ms) => ms >= 500 && ms <= 875), gaps.join());
    rig.untilDialed();
    assert.ok(rig.now - dialedAt >= 4_000);
  });

  test('whoever opens a connection in time has the full time to greet', () => {
    const rig = new SessionRig().attach();
    rig.closed();
    rig.untilDialed();
    const dialedAt = rig.now;
    rig.pass(400);
    rig.opened();
    rig.take();
    rig.pass(3_500);
    assert.is(rig.of('disconnect').length, 0);
    rig.pass(100);
    assert.is(rig.of('disconnect').length, 1);
    assert.is(rig.now - dialedAt, 4_000);
  });

  test('bytes that are no handshake end the connection', () => {
    const rig = new SessionRig();
    rig.opened();
    rig.bytes(Uint8Array.of(0, 0, 0, 2, 1, 2));
    assert.is(rig.of('disconnect').length, 1);
    assert.is(rig.session.tenure.key, undefined);
  });

  test('news of an old connection are not taken for those of the new one', () => {
    const rig = new SessionRig().attach();
    const old = rig.attempt;
    rig.closed();
    rig.untilDialed();
    rig.step({ type: 'transport-closed', attempt: old, reason: 'late' });
    rig.step({ type: 'transport-bytes', attempt: old, bytes: Uint8Array.of(1) });
    rig.opened();
    rig.welcome();
    assert.is(rig.states().at(-1), 'connected');
  });
});

suite('the session', (test) => {
  test('a new connection offers it, with what was seen', () => {
    const rig = new SessionRig().attach(7n);
    rig.request('a');
    rig.answer(rig.sent().at(-1)!.xid, { zxid: 42n });
    rig.closed();
    assert.is(rig.states().at(-1), 'not-connected suspended');
    rig.untilDialed();
    rig.opened();
    const { sessionId, lastZxidSeen, passwd } = rig.greeting();
    assert.equal([sessionId, lastZxidSeen], [7n, 42n]);
    assert.equal(passwd, new Uint8Array(16).fill(9));
    rig.welcome(7n);
    assert.is(rig.of('session-began').length, 1);
  });

  test('when a server says that it is over, a new one begins, and what was seen stays', () => {
    const rig = new SessionRig().attach(7n);
    rig.request('a');
    rig.answer(rig.sent().at(-1)!.xid, { zxid: 42n });
    rig.closed();
    rig.request('write', write);
    rig.request('read');
    rig.request('bound read', { session: 7n });
    rig.untilDialed();
    rig.opened();
    rig.take();
    rig.welcome(0n, 0);
    assert.equal(rig.states(), ['not-connected lost', 'connecting']);
    assert.equal(rig.of('session-ended'), [{ type: 'session-ended', id: 7n, reason: 'expired' }]);
    assert.equal(tokens(rig.of('failed')), ['write', 'bound read']);
    for (const { name, outcome } of rig.of('failed')) {
      assert.equal([name, outcome], ['SESSION_EXPIRED', 'refused']);
    }
    rig.opened();
    const { sessionId, lastZxidSeen } = rig.greeting();
    assert.equal([sessionId, lastZxidSeen], [0n, 42n]);
    rig.take();
    rig.welcome(8n);
    assert.is(rig.sent().at(-1)!.body.string(), '/read');
    rig.request('bound', { session: 7n });
    assert.equal(tokens(rig.of('failed')), ['bound']);
  });

  test('it is presumed lost before the server can have ended it, and may come back', () => {
    const rig = new SessionRig().attach();
    const answeredAt = rig.now;
    rig.closed();
    rig.pass(4_999);
    assert.is(rig.states().at(-1), 'not-connected suspended');
    rig.pass(1);
    assert.is(rig.now, answeredAt + 5_000);
    assert.is(rig.states().at(-1), 'not-connected presumedLost');
    assert.is(rig.of('session-ended').length, 0);
    rig.untilDialed();
    rig.attach();
    assert.is(rig.states().at(-1), 'connected');
    assert.ok(rig.session.tenure.certainUntil > rig.now);
  });

  test('by the other policy it is closed once a server can be reached, before a new one', () => {
    const rig = new SessionRig({ onPresumedLost: 'newSession' }).attach(7n);
    rig.closed();
    rig.request('write', write);
    rig.pass(5_000);
    assert.equal(rig.states().slice(-3), [
      'not-connected presumedLost',
      'not-connected lost',
      'connecting',
    ]);
    assert.equal(tokens(rig.of('failed')), ['write']);
    rig.closed();
    rig.untilDialed();
    rig.opened();
    assert.is(rig.greeting().sessionId, 7n);
    rig.take();
    rig.welcome(7n);
    assert.equal(
      rig.sent().map(({ opcode }) => opcode),
      [opcodes.closeSession],
    );
    assert.is(rig.of('session-began').length, 0);
    rig.closed();
    rig.untilDialed();
    rig.opened();
    assert.is(rig.greeting().sessionId, 0n);
    rig.welcome(8n);
    assert.is(rig.session.tenure.key!.id, 8n);
  });

  test('servers behind what was seen are told apart from servers without a quorum', () => {
    const wiped = new SessionRig({ serverCount: 2 }).attach();
    wiped.request('a');
    wiped.answer(wiped.sent().at(-1)!.xid, { zxid: 42n });
    wiped.closed();
    for (let i = 0; i < 40 && !wiped.states().at(-1)!.includes('diverged'); i++) {
      wiped.untilDialed();
      wiped.opened();
      if (wiped.greeting().lastZxidSeen === 0n) {
        wiped.welcome(0n, 0);
        wiped.opened();
        assert.is(wiped.greeting().lastZxidSeen, 42n);
      }
      wiped.closed();
    }
    assert.is(wiped.states().at(-1), 'not-connected diverged');
    assert.is(wiped.session.tenure.key!.id, 7n);

    const leaderless = new SessionRig({ serverCount: 2 }).attach();
    leaderless.closed();
    for (let i = 0; i < 40; i++) {
      leaderless.untilDialed();
      leaderless.opened();
      leaderless.closed();
    }
    assert.is(leaderless.states().at(-1), 'not-connected presumedLost');
  });

  test('a server that serves again is not taken for one that is behind', () => {
    const rig = new SessionRig().attach();
    rig.closed();
    for (let i = 0; i < 20; i++) {
      rig.untilDialed();
      rig.opened();
      rig.closed();
    }
    rig.untilDialed();
    rig.opened();
    assert.is(rig.greeting().sessionId, 1n);
    rig.take();
    rig.welcome(0n, 0);
    assert.is(rig.of('open').length, 1);
    rig.opened();
    assert.is(rig.greeting().sessionId, 7n);
    rig.welcome(7n);
    assert.equal(rig.states(), ['connected']);
  });

  test('a read-only server is told as such, and its session is not offered to others', () => {
    const rig = new SessionRig({ readOnly: true });
    rig.opened();
    assert.is(rig.greeting().readOnly, true);
    rig.welcome(7n, 6_000, true);
    assert.is(rig.states().at(-1), 'connected readOnly');
    assert.is(rig.session.tenure.certainUntil, Number.NEGATIVE_INFINITY);
    rig.closed();
    assert.is(rig.states().at(-1), 'not-connected presumedLost');
    rig.untilDialed();
    rig.opened();
    assert.is(rig.greeting().sessionId, 0n);
    rig.welcome(8n);
    assert.equal(
      rig.of('session-ended').map(({ id }) => id),
      [7n],
    );
  });

  test('a read-only server vouches for no session, and takes none away', () => {
    const rig = new SessionRig({ readOnly: true }).attach();
    const { certainUntil } = rig.session.tenure;
    rig.closed();
    rig.untilDialed();
    rig.opened();
    rig.welcome(7n, 6_000, true);
    assert.is(rig.states().at(-1), 'connected readOnly');
    rig.take();
    for (let i = 0; i < 10; i++) {
      rig.pass(1_000);
      rig.request(`a${i}`);
      for (const { xid } of rig.sent()) rig.answer(xid);
      rig.take();
    }
    assert.is(rig.session.tenure.certainUntil, certainUntil);
    assert.ok(rig.now > certainUntil);
    rig.closed();
    assert.is(rig.states().at(-1), 'not-connected presumedLost');
    rig.untilDialed();
    rig.opened();
    assert.is(rig.greeting().sessionId, 7n);
    rig.welcome(7n);
    assert.is(rig.states().at(-1), 'connected');
    assert.ok(rig.session.tenure.certainUntil > rig.now);
    const local = new SessionRig({ readOnly: true });
    local.opened();
    local.welcome(9n, 6_000, true);
    assert.is(local.session.tenure.certainUntil, Number.NEGATIVE_INFINITY);
  });

  test('close asks the server, tells what was sent before, and is final', () => {
    const rig = new SessionRig().attach();
    rig.request('a', write);
    rig.step({ type: 'close' });
    const [a, close] = rig.sent().slice(-2);
    assert.is(close!.opcode, opcodes.closeSession);
    rig.request('late', write);
    rig.answer(a!.xid);
    rig.answer(close!.xid);
    assert.equal(tokens(rig.of('reply')), ['a']);
    assert.equal(tokens(rig.of('failed')), ['late']);
    assert.is(rig.states().at(-1), 'closed');
    assert.is(rig.session.wakeAt, Number.POSITIVE_INFINITY);
    rig.request('later');
    assert.equal(tokens(rig.of('failed')), ['late', 'later']);
  });

  test('close waits a second for the server, and not at all without a connection', () => {
    const rig = new SessionRig().attach();
    rig.request('a', write);
    rig.step({ type: 'close' });
    rig.pass(1_000);
    assert.is(rig.states().at(-1), 'closed');
    assert.is(rig.of('failed')[0]!.outcome, 'unknown');
    const away = new SessionRig().attach();
    away.closed();
    away.request('b');
    away.step({ type: 'close' });
    assert.is(away.states().at(-1), 'closed');
    assert.is(away.of('failed')[0]!.outcome, 'refused');
  });
});
