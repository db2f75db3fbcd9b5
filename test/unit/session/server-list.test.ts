import { eventTypes } from '@vivarium/core/internal/wire/events';
import { opcodes } from '@vivarium/core/internal/wire/operations';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { SessionRig, write } from './rig.js';

const list = (rig: SessionRig, ...servers: number[]) => rig.step({ type: 'servers', servers });
const servers = (rig: SessionRig) => rig.of('open').map(({ server }) => server);
const payloads = (rig: SessionRig) => rig.sent().map(({ opcode }) => opcode);

suite('a session whose list of servers changes', (test) => {
  test('moves in the same session, with its watches, when its server is gone', () => {
    const rig = new SessionRig({ serverCount: 2 }).attach(7n);
    rig.request('a', { watch: { path: '/a', kind: 'data' } });
    rig.answer(rig.sent().at(-1)!.xid, { zxid: 5n });
    rig.take();
    list(rig, 1, 2);
    assert.equal(rig.states(), ['not-connected suspended'], 'nothing was owed: it goes at once');
    assert.is(rig.of('disconnect').length, 1);
    rig.untilDialed();
    assert.equal(servers(rig), [1]);
    rig.opened();
    assert.is(rig.greeting().sessionId, 7n);
    rig.take();
    rig.welcome(7n);
    assert.equal(payloads(rig), [opcodes.setWatches]);
    assert.ok(rig.session.watches.has('data', '/a'));
    assert.equal(rig.of('session-ended'), []);
  });

  test('first hears the answers to what it has sent, and holds back what comes meanwhile', () => {
    const rig = new SessionRig({ serverCount: 2 }).attach();
    rig.request('before', write);
    const { xid } = rig.sent().at(-1)!;
    rig.take();
    list(rig, 1);
    rig.request('later', write);
    rig.request('first', { ...write, ahead: true });
    rig.request('unwanted', write);
    rig.step({ type: 'cancel', token: 'unwanted' });
    assert.equal([rig.of('send'), rig.of('disconnect')], [[], []]);
    assert.equal([rig.session.queued, rig.session.inFlight], [3, 1]);
    rig.event(eventTypes.nodeDataChanged, '/a');
    assert.equal(rig.of('disconnect'), []);
    rig.answer(xid);
    assert.equal(
      rig.of('reply').map(({ token }) => token),
      ['before'],
    );
    assert.is(rig.of('disconnect').length, 1);
    assert.equal(rig.of('failed'), []);
    rig.untilDialed();
    rig.opened();
    rig.take();
    rig.welcome();
    assert.equal(payloads(rig), [opcodes.setData, opcodes.setData]);
    const [first, later] = rig.sent();
    rig.answer(first!.xid);
    rig.answer(later!.xid);
    assert.equal(
      rig.of('reply').map(({ token }) => token),
      ['first', 'later'],
    );
  });

  test('does not wait for ever for a server that answers pings alone', () => {
    const rig = new SessionRig({ serverCount: 2 }).attach();
    rig.request('write', write);
    rig.request('read');
    rig.take();
    list(rig, 1);
    rig.request('held', write);
    rig.pass(1_999);
    assert.equal(rig.of('disconnect'), []);
    rig.pass(1);
    assert.is(rig.of('disconnect').length, 1);
    assert.equal(
      rig.of('failed').map(({ token, outcome }) => `${token} ${outcome}`),
      ['write unknown'],
    );
    rig.untilDialed();
    rig.opened();
    rig.take();
    rig.welcome();
    assert.equal(
      payloads(rig),
      [opcodes.getData, opcodes.setData],
      'the read again, then the held',
    );
  });

  test('goes on where it is when its server comes back into the list in time', () => {
    const rig = new SessionRig({ serverCount: 2 }).attach();
    rig.request('asked', write);
    rig.take();
    list(rig, 1);
    rig.request('held', write);
    list(rig, 0);
    assert.equal(payloads(rig), [opcodes.setData], 'what was held back is sent');
    const [held] = rig.sent();
    rig.answer(held!.xid - 1);
    rig.answer(held!.xid);
    assert.is(rig.of('reply').length, 2);
    assert.equal([rig.of('disconnect'), rig.of('open')], [[], []]);
  });

  test('sends what it held back before it closes', () => {
    const rig = new SessionRig({ serverCount: 2 }).attach();
    rig.request('asked', write);
    rig.take();
    list(rig, 1);
    rig.request('held', write);
    rig.step({ type: 'close' });
    assert.equal(payloads(rig), [opcodes.setData, opcodes.closeSession]);
    assert.equal(rig.of('failed'), []);
  });

  test('stays with a server that is still named', () => {
    const rig = new SessionRig({ serverCount: 2 }).attach();
    rig.take();
    list(rig, 1, 0, 2);
    rig.request('a');
    assert.equal(payloads(rig), [opcodes.getData]);
    assert.equal(rig.of('disconnect'), []);
  });

  test('gives an attempt at a server up that is not named any more, and tries one that is', () => {
    for (const isOpen of [false, true]) {
      const rig = new SessionRig({ serverCount: 2 });
      if (isOpen) rig.opened();
      rig.take();
      list(rig, 2, 1);
      assert.is(rig.of('disconnect').length, 1);
      assert.equal(servers(rig), [2], 'at once');
    }
    const rig = new SessionRig({ serverCount: 2 });
    rig.take();
    list(rig, 0, 2);
    assert.equal(rig.effects, [], 'one that is named goes on');
  });

  test('waits no longer for servers that have stayed away when there are others', () => {
    const rig = new SessionRig({ serverCount: 2 });
    for (let i = 0; i < 20; i++) {
      rig.closed();
      rig.untilDialed();
    }
    rig.closed();
    rig.take();
    const before = rig.now;
    list(rig, 2, 3);
    rig.untilDialed();
    assert.ok(rig.now - before <= 100, `${rig.now - before}`);
    assert.equal(servers(rig), [2]);
  });

  test('is not diverged any more when there is a server that it knows nothing of', () => {
    const rig = new SessionRig().attach();
    for (let i = 0; i < 40 && rig.states().at(-1) !== 'not-connected diverged'; i++) {
      rig.closed();
      rig.untilDialed();
      rig.opened();
      // A probe is answered, a greeting is not.
      if (rig.greeting().sessionId === 1n) {
        rig.welcome(0n, 0);
        rig.opened();
      }
    }
    assert.is(rig.states().at(-1), 'not-connected diverged');
    list(rig, 0, 1);
    assert.is.not(rig.states().at(-1), 'not-connected diverged');
  });

  test('does nothing once it is being closed', () => {
    const rig = new SessionRig({ serverCount: 2 }).attach();
    rig.step({ type: 'close' });
    rig.take();
    list(rig, 1);
    assert.equal(rig.effects, []);
    rig.pass(5_000);
    list(rig, 0);
    assert.equal(rig.of('open'), []);
  });
});
