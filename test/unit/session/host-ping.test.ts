import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { SessionRig } from './rig.js';

const ping = (rig: SessionRig, sentAt: number, answeredAt = sentAt, attempt = rig.attempt) =>
  rig.step({ type: 'host-ping', attempt, sentAt, answeredAt });

suite('a session whose host has pinged', (test) => {
  test('outlasts a standstill in which its server was answered all along', () => {
    const rig = new SessionRig().attach();
    rig.take();
    rig.now += 60_000;
    ping(rig, rig.now - 1_500, rig.now - 1_400);
    assert.is(rig.session.tenure.certainUntil, rig.now - 1_500 + 4_000);
    assert.equal([rig.of('disconnect'), rig.states()], [[], []]);
    rig.pass(1_000);
    assert.equal(rig.of('disconnect'), []);
    const control = new SessionRig().attach();
    control.now += 60_000;
    control.pass(1_000);
    assert.is(control.of('disconnect').length, 1, 'without the pings it is given up');
  });

  test('is not kept by an old answer from being given up', () => {
    const rig = new SessionRig().attach();
    rig.take();
    const sentAt = rig.now;
    rig.now += 60_000;
    for (let i = 0; i < 20 && rig.of('disconnect').length === 0; i++) {
      ping(rig, sentAt, sentAt + 1);
      rig.now += 20;
    }
    assert.is(rig.of('disconnect').length, 1);
  });

  test('never becomes less certain by it, nor by what another connection was answered', () => {
    const rig = new SessionRig().attach();
    rig.now += 3_000;
    ping(rig, rig.now);
    const { certainUntil } = rig.session.tenure;
    ping(rig, rig.now - 2_000);
    ping(rig, rig.now + 1_000, rig.now + 1_000, rig.attempt + 1);
    assert.is(rig.session.tenure.certainUntil, certainUntil);
  });

  test('is no more certain by one that only answers reads', () => {
    const rig = new SessionRig({ readOnly: true });
    rig.opened();
    rig.welcome(7n, 6_000, true);
    rig.now += 1_000;
    ping(rig, rig.now);
    assert.is(rig.session.tenure.certainUntil, Number.NEGATIVE_INFINITY);
  });
});
