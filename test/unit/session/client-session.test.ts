import { eventTypes } from '@vivarium/core/internal/wire/events';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { SetWatches } from '@vivarium/core/internal/wire/records';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { answerFrame, requestOf, SessionRig, write } from './rig.js';

const NOTHING = new Uint8Array(0);
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
    assert.is(rig.session.tenure.certainUntil, rig.now + 3_000 - 500);
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

suite('requests and answers', (test) => {
  test('answers and events are told in wire order', () => {
    const rig = new SessionRig().attach();
    rig.request('a');
    rig.request('b');
    const [a, b] = rig.sent().slice(-2);
    rig.take();
    const event = Uint8Array.of(0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0x2f, 0x61);
    const pieces = [
      answerFrame(-1, 5n, 0, event),
      answerFrame(a!.xid, 5n, 0, NOTHING),
      answerFrame(b!.xid, 5n, -101, NOTHING),
    ];
    const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    for (const byte of all) rig.bytes(Uint8Array.of(byte));
    assert.equal(
      rig.effects.map(({ type }) => type),
      ['event', 'reply', 'refused'],
    );
    assert.is(rig.session.progress.lastZxidSeen, 5n);
  });

  test('requests of one step leave in one piece', () => {
    const rig = new SessionRig().attach();
    rig.take();
    rig.step(
      ...['a', 'b', 'c'].map((token) => ({ type: 'request', request: requestOf(token) }) as const),
    );
    assert.is(rig.of('send').length, 1);
    assert.is(rig.sent().length, 3);
  });

  test('an answer out of order ends the connection', () => {
    const rig = new SessionRig().attach();
    rig.request('a', write);
    rig.answer(99);
    assert.is(rig.of('disconnect').length, 1);
    assert.equal(tokens(rig.of('failed')), ['a']);
    assert.is(rig.of('failed')[0]!.outcome, 'unknown');
  });

  test('an answer above the limit fails its own request only', () => {
    const rig = new SessionRig().attach();
    rig.request('a');
    rig.request('b');
    const [a, b] = rig.sent().slice(-2);
    rig.answer(a!.xid, { body: new Uint8Array(20_000) });
    rig.answer(b!.xid);
    assert.is(rig.of('failed')[0]!.name, 'MARSHALLING_ERROR');
    assert.equal(tokens(rig.of('reply')), ['b']);
  });

  test('nobody is told of a request that was cancelled', () => {
    const rig = new SessionRig().attach();
    rig.request('a');
    rig.step({ type: 'cancel', token: 'a' });
    rig.answer(rig.sent().at(-1)!.xid);
    assert.is(rig.of('reply').length, 0);
    rig.closed();
    rig.request('b');
    rig.step({ type: 'cancel', token: 'b' });
    rig.take();
    rig.untilDialed();
    rig.attach();
    assert.not(rig.sent().some(({ opcode }) => opcode === opcodes.getData));
  });

  test('a lost connection: reads are sent again first and in order, writes fail as unknown', () => {
    const rig = new SessionRig().attach();
    rig.request('read 1');
    rig.request('write', write);
    rig.request('read 2');
    rig.closed();
    assert.equal(tokens(rig.of('failed')), ['write']);
    const { name, outcome } = rig.of('failed')[0]!;
    assert.equal([name, outcome], ['CONNECTION_LOSS', 'unknown']);
    rig.request('waiting', write);
    rig.request('urgent', { ...write, ahead: true });
    rig.untilDialed();
    rig.take();
    rig.attach();
    const sent = rig.sent().filter(({ opcode }) => opcode > 0 && opcode < 100);
    const last = sent.slice(-4).map(({ body }) => body.string());
    assert.equal(last, ['/urgent', '/read 1', '/read 2', '/waiting']);
    assert.is(rig.of('failed').length, 0);
  });

  test('numbers of requests go on over connections', () => {
    const rig = new SessionRig().attach();
    rig.request('a');
    const before = rig.sent().at(-1)!.xid;
    rig.closed();
    rig.untilDialed();
    rig.attach();
    assert.is(rig.sent().at(-1)!.xid, before + 1);
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
      if (wiped.greeting().lastZxidSeen === 0n) wiped.welcome(0n, 0);
      else wiped.closed();
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

  test('a read-only server is told as such, and its session is not offered to others', () => {
    const rig = new SessionRig({ readOnly: true });
    rig.opened();
    assert.is(rig.greeting().readOnly, true);
    rig.welcome(7n, 6_000, true);
    assert.is(rig.states().at(-1), 'connected readOnly');
    rig.closed();
    rig.untilDialed();
    rig.opened();
    assert.is(rig.greeting().sessionId, 0n);
    rig.welcome(8n);
    assert.equal(
      rig.of('session-ended').map(({ id }) => id),
      [7n],
    );
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

suite('heartbeats', (test) => {
  test('an idle connection is pinged, and each answer moves the certain time', () => {
    const rig = new SessionRig().attach();
    rig.take();
    rig.pass(2_000);
    assert.equal(
      rig.sent().map(({ xid, opcode }) => [xid, opcode]),
      [[-2, opcodes.ping]],
    );
    const pingedAt = rig.now;
    rig.pass(500);
    rig.answer(-2, { zxid: 3n });
    assert.is(rig.session.progress.lastAckSentAt, pingedAt);
    assert.is(rig.session.progress.lastZxidSeen, 3n);
  });

  test('a busy connection needs no ping, one that only hears events does', () => {
    const rig = new SessionRig().attach();
    rig.take();
    for (let i = 0; i < 10; i++) {
      rig.pass(500);
      rig.request('a');
      rig.answer(rig.sent().at(-1)!.xid);
    }
    assert.not(rig.sent().some(({ xid }) => xid === -2));
    for (let i = 0; i < 5; i++) {
      rig.pass(500);
      rig.event(eventTypes.nodeDataChanged, '/a');
    }
    assert.ok(rig.sent().some(({ xid }) => xid === -2));
  });

  test('a server that is silent for two thirds of the timeout is left, events or not', () => {
    const rig = new SessionRig().attach();
    for (let i = 0; i < 39; i++) {
      rig.pass(100);
      rig.event(eventTypes.nodeDataChanged, '/a');
    }
    assert.is(rig.states().at(-1), 'connected');
    rig.pass(100);
    assert.is(rig.states().at(-1), 'not-connected suspended');
  });

  test('after a stall of our own the socket is read before the server is given up', () => {
    const rig = new SessionRig().attach();
    rig.now += 4_500;
    rig.step();
    assert.is(rig.states().at(-1), 'connected');
    rig.answer(-2);
    rig.pass(200);
    assert.is(rig.states().at(-1), 'connected');
    rig.now += 4_500;
    rig.step();
    rig.pass(100);
    assert.is(rig.states().at(-1), 'not-connected suspended');
  });
});

suite('watches', (test) => {
  const watching = (token: string, kind: 'data' | 'child', opcode = opcodes.getData) => ({
    ...requestOf(token, { opcode, watch: { path: `/${token}`, kind } }),
  });

  test('confirmed watches are set again, those used up are not', () => {
    const rig = new SessionRig().attach();
    for (const [token, err] of [
      ['a', 0],
      ['b', 0],
      ['gone', -101],
    ] as const) {
      rig.step({ type: 'request', request: watching(token, 'data') });
      rig.answer(rig.sent().at(-1)!.xid, { zxid: 11n, err });
    }
    rig.step({ type: 'request', request: watching('none', 'data', opcodes.exists) });
    rig.answer(rig.sent().at(-1)!.xid, { zxid: 12n, err: -101 });
    rig.step({ type: 'request', request: watching('unanswered', 'data') });
    rig.event(eventTypes.nodeDataChanged, '/b');
    rig.closed();
    rig.untilDialed();
    rig.take();
    rig.attach();
    const again = rig.sent().filter(({ opcode }) => opcode === opcodes.setWatches);
    assert.is(again.length, 1);
    const { relativeZxid, dataWatches, existWatches } = SetWatches.read(again[0]!.body);
    assert.equal([relativeZxid, dataWatches, existWatches], [12n, ['/a'], ['/none']]);
    assert.is(rig.of('rearmed').length, 0);
    rig.answer(-8);
    assert.equal(rig.of('rearmed'), [{ type: 'rearmed', complete: true }]);
  });

  test('a refusal to set them again is told, and they are forgotten', () => {
    const rig = new SessionRig().attach();
    rig.step({ type: 'request', request: watching('a', 'data') });
    rig.answer(rig.sent().at(-1)!.xid);
    rig.closed();
    rig.untilDialed();
    rig.attach();
    rig.take();
    rig.answer(-8, { err: -102 });
    assert.equal(rig.of('rearmed'), [{ type: 'rearmed', complete: false }]);
    assert.is(rig.session.watches.size, 0);
  });
});

suite('credentials', (test) => {
  const auth = (token: string, required = false) =>
    ({ type: 'auth', token, scheme: 'digest', auth: Uint8Array.of(1), required }) as const;

  test('they go with every connection, before anything else', () => {
    const rig = new SessionRig();
    rig.step(auth('a'));
    rig.request('read');
    rig.take();
    rig.attach();
    assert.equal(
      rig
        .sent()
        .slice(-2)
        .map(({ xid }) => xid),
      [-4, 1],
    );
    rig.answer(-4, { zxid: 0n });
    assert.equal(tokens(rig.of('reply')), ['a']);
    rig.closed();
    rig.untilDialed();
    rig.take();
    rig.attach();
    assert.is(rig.sent().filter(({ xid }) => xid === -4).length, 1);
    rig.answer(-4, { zxid: 0n });
    assert.is(rig.of('reply').length, 0);
  });

  test('a new one that is refused is told and forgotten', () => {
    const rig = new SessionRig().attach();
    rig.step(auth('a'));
    rig.answer(-4, { zxid: 0n, err: -115 });
    assert.is(rig.of('refused')[0]!.code, -115);
    rig.untilDialed();
    rig.take();
    rig.attach();
    assert.not(rig.sent().some(({ xid }) => xid === -4));
    assert.is(rig.states().at(-1), 'connected');
  });

  test('one that is required, or was accepted before, closes the client when refused', () => {
    const required = new SessionRig().attach();
    required.step(auth('a', true));
    required.answer(-4, { zxid: 0n, err: -115 });
    assert.is(required.states().at(-1), 'closed authFailed');
    const accepted = new SessionRig().attach();
    accepted.step(auth('a'));
    accepted.answer(-4, { zxid: 0n });
    accepted.closed();
    accepted.untilDialed();
    accepted.attach();
    accepted.answer(-4, { zxid: 0n, err: -115 });
    assert.is(accepted.states().at(-1), 'closed authFailed');
  });
});
