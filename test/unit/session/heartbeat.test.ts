import { eventTypes } from '@vivarium/core/internal/wire/events';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { SessionRig, write } from './rig.js';

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

  test('a connection busy with writes needs no ping, one that only hears events does', () => {
    const rig = new SessionRig().attach();
    rig.take();
    for (let i = 0; i < 10; i++) {
      rig.pass(500);
      rig.request('a', write);
      rig.answer(rig.sent().at(-1)!.xid);
    }
    assert.not(rig.sent().some(({ xid }) => xid === -2));
    for (let i = 0; i < 5; i++) {
      rig.pass(500);
      rig.event(eventTypes.nodeDataChanged, '/a');
    }
    assert.ok(rig.sent().some(({ xid }) => xid === -2));
  });

  test('answers to reads do not vouch for the session: it is pinged all the same', () => {
    const rig = new SessionRig().attach();
    rig.take();
    const certain = rig.session.tenure.certainUntil;
    for (let i = 0; i < 10; i++) {
      rig.pass(500);
      rig.request('a', { onLoss: 'resend' });
      const read = rig.sent().findLast(({ xid }) => xid > 0)!;
      rig.answer(read.xid);
    }
    assert.is(rig.session.tenure.certainUntil, certain);
    assert.ok(rig.sent().some(({ xid }) => xid === -2));
  });

  // Found by the simulator: the removal of a watch is not sent again, and was taken for a write.
  test('nor does an answer to a read that is not sent again', () => {
    const rig = new SessionRig().attach();
    const certain = rig.session.tenure.certainUntil;
    rig.pass(1_000);
    rig.request('a', { opcode: opcodes.removeWatches, onLoss: 'fail' });
    rig.answer(rig.sent().at(-1)!.xid);
    assert.is(rig.session.tenure.certainUntil, certain);
    rig.request('a', write);
    rig.answer(rig.sent().at(-1)!.xid);
    assert.ok(rig.session.tenure.certainUntil > certain);
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

  test('a credential is no sign of life: it neither replaces a ping nor makes us certain', () => {
    const rig = new SessionRig().attach();
    const { lastAckSentAt } = rig.session.progress;
    rig.take();
    rig.pass(1_500);
    const credential = { scheme: 'digest', auth: Uint8Array.of(1) };
    rig.step({ type: 'auth', token: 'a', ...credential, required: false });
    rig.answer(-4, { zxid: 0n });
    assert.is(rig.session.progress.lastAckSentAt, lastAckSentAt);
    rig.pass(500);
    assert.equal(
      rig.sent().map(({ xid }) => xid),
      [-4, -2],
    );
  });

  test('who is told that the session is over is not made certain of it', () => {
    const rig = new SessionRig().attach();
    const { lastAckSentAt } = rig.session.progress;
    rig.pass(1_000);
    rig.take();
    rig.request('a');
    rig.answer(rig.sent()[0]!.xid, { err: -112 });
    assert.is(rig.session.progress.lastAckSentAt, lastAckSentAt);
  });
});
