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

  test('what was cancelled while there is no server is not kept', () => {
    const rig = new SessionRig();
    rig.request('kept');
    for (let i = 0; i < 1_000; i++) {
      rig.request(`${i}`, i % 2 === 0 ? write : {});
      rig.step({ type: 'cancel', token: `${i}` });
    }
    assert.ok(rig.session.queued <= 2, `${rig.session.queued} requests wait`);
    rig.take();
    rig.attach();
    assert.equal(
      rig
        .sent()
        .slice(-1)
        .map(({ body }) => body.string()),
      ['/kept'],
    );
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

  test('a read that meets the end of its session is asked again in the next one', () => {
    const rig = new SessionRig().attach(7n);
    rig.request('read');
    rig.request('write', write);
    rig.request('bound', { session: 7n });
    rig.request('unwanted');
    rig.request('later');
    const [read, wrote, bound, unwanted, later] = rig.sent().slice(-5);
    for (const { xid } of [read!, wrote!, bound!, unwanted!]) rig.answer(xid, { err: -112 });
    rig.step({ type: 'cancel', token: 'unwanted' });
    assert.equal(tokens(rig.of('refused')), ['write']);
    assert.is(rig.of('disconnect').length, 0);
    rig.answer(later!.xid, { err: -112 });
    assert.is(rig.of('disconnect').length, 1);
    rig.untilDialed();
    rig.opened();
    rig.welcome(0n, 0);
    assert.equal(tokens(rig.of('failed')), ['bound']);
    rig.take();
    rig.attach(8n);
    assert.equal(
      rig
        .sent()
        .slice(-2)
        .map(({ body }) => body.string()),
      ['/read', '/later'],
    );
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

  test('those that a lost connection left unset are asked about from where they were', () => {
    const rig = new SessionRig().attach();
    const long = [...'abc'].map((letter) => letter.repeat(30_000));
    for (const token of long) {
      rig.step({ type: 'request', request: watching(token, 'data') });
      rig.answer(rig.sent().at(-1)!.xid, { zxid: 10n });
    }
    const asked = () => {
      rig.untilDialed();
      rig.take();
      rig.attach();
      return rig
        .sent()
        .filter(({ opcode }) => opcode === opcodes.setWatches)
        .map(({ body }) => SetWatches.read(body).relativeZxid);
    };
    rig.closed();
    assert.equal(asked(), [10n, 10n, 10n]);
    // The first answer shows a zxid at which the paths of the others may have changed.
    rig.answer(-8, { zxid: 20n });
    rig.closed();
    assert.is(rig.session.progress.lastZxidSeen, 20n);
    assert.equal(asked(), [10n, 10n, 10n]);
    for (let i = 0; i < 3; i++) rig.answer(-8, { zxid: 21n });
    rig.closed();
    assert.equal(asked(), [21n, 21n, 21n]);
  });

  test('what an event has told of is seen, and asked about again: there may have been more', () => {
    const rig = new SessionRig().attach();
    for (const token of ['a', 'b']) {
      rig.step({ type: 'request', request: watching(token, 'data') });
      rig.answer(rig.sent().at(-1)!.xid, { zxid: 10n });
    }
    rig.event(3, '/a', 15n);
    rig.closed();
    assert.is(rig.session.progress.lastZxidSeen, 15n);
    rig.untilDialed();
    rig.take();
    rig.opened();
    assert.is(rig.greeting().lastZxidSeen, 15n, 'no server that has not got so far will do');
    rig.welcome();
    const [again] = rig.sent().filter(({ opcode }) => opcode === opcodes.setWatches);
    const { relativeZxid, dataWatches } = SetWatches.read(again!.body);
    assert.equal([relativeZxid, dataWatches], [14n, ['/b']]);
  });

  test('a session that ends while they are set again leaves them to the next one', () => {
    const rig = new SessionRig().attach(7n);
    rig.step({ type: 'request', request: watching('a', 'data') });
    rig.answer(rig.sent().at(-1)!.xid, { zxid: 10n });
    rig.closed();
    rig.untilDialed();
    rig.attach(7n);
    rig.take();
    rig.answer(-8, { zxid: 20n, err: -112 });
    assert.equal([rig.of('rearmed').length, rig.of('disconnect').length], [0, 1]);
    rig.untilDialed();
    rig.opened();
    rig.welcome(0n, 0);
    rig.take();
    rig.attach(8n);
    const [again] = rig.sent().filter(({ opcode }) => opcode === opcodes.setWatches);
    const { relativeZxid, dataWatches } = SetWatches.read(again!.body);
    assert.equal([relativeZxid, dataWatches], [10n, ['/a']]);
  });

  test('those whose callers will not hear that they were set are told of', () => {
    const rig = new SessionRig().attach();
    rig.step({ type: 'request', request: watching('aborted', 'data') });
    rig.step({ type: 'request', request: watching('missing', 'data', opcodes.exists) });
    rig.step({ type: 'request', request: watching('gone', 'data') });
    rig.step({ type: 'request', request: watching('huge', 'child') });
    const [aborted, missing, gone, huge] = rig.sent().slice(-4);
    for (const token of ['aborted', 'missing', 'gone']) rig.step({ type: 'cancel', token });
    rig.answer(aborted!.xid);
    rig.answer(missing!.xid, { err: -101 });
    rig.answer(gone!.xid, { err: -101 });
    rig.answer(huge!.xid, { body: new Uint8Array(20_000) });
    assert.equal(
      rig.of('watch-left').map(({ kind, path }) => `${kind} ${path}`),
      ['data /aborted', 'exist /missing', 'child /huge'],
    );
  });

  test('a removal takes also those of reads that were on their way before it', () => {
    const rig = new SessionRig().attach();
    rig.step({ type: 'request', request: watching('a', 'data') });
    const unwatch = { path: '/a', kinds: ['data', 'exist'] } as const;
    rig.request('removal', { opcode: opcodes.removeWatches, unwatch });
    rig.step({ type: 'request', request: watching('b', 'data') });
    const [a, removal, b] = rig.sent().slice(-3);
    rig.answer(a!.xid);
    assert.is(rig.session.watches.size, 1);
    rig.answer(removal!.xid);
    assert.is(rig.session.watches.size, 0);
    rig.answer(b!.xid);
    assert.ok(rig.session.watches.has('data', '/b'));
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
