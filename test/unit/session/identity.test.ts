import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { SessionRig } from './rig.js';

const tokens = (effects: readonly { readonly token: string }[]) =>
  effects.map(({ token }) => token);

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
