import { eventTypes } from '@vivarium/core/internal/wire/events';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import { SetWatches } from '@vivarium/core/internal/wire/records';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { answerFrame, requestOf, SessionRig, write } from './rig.js';

const NOTHING = new Uint8Array(0);
const tokens = (effects: readonly { readonly token: string }[]) =>
  effects.map(({ token }) => token);

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

  test('an event that came before a cut hides none of the same multi that did not', () => {
    const rig = new SessionRig().attach();
    for (const token of ['a', 'b']) {
      rig.step({ type: 'request', request: watching(token, 'data') });
      rig.answer(rig.sent().at(-1)!.xid, { zxid: 11n });
    }
    rig.event(eventTypes.nodeDataChanged, '/a', 12n);
    rig.closed();
    rig.untilDialed();
    rig.take();
    rig.attach();
    const again = rig.sent().find(({ opcode }) => opcode === opcodes.setWatches);
    const { relativeZxid, dataWatches } = SetWatches.read(again!.body);
    assert.equal([relativeZxid, dataWatches], [11n, ['/b']]);
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
