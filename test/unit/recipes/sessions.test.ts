import { getEventListeners } from 'node:events';
import { sessionEnd } from '@vivarium/recipes/internal/shared/sessions';
import * as assert from 'uvu/assert';
import { errorOf } from '../../compliance/observe.js';
import { suite } from '../../support/suite.js';
import { scripted, session } from './scripted-client.js';

suite('waiting for the end of a session', (test) => {
  test('leaves no listener behind, whichever way it ends', async () => {
    const ending = new AbortController();
    const mortal = { ...session, ended: ending.signal };
    const { zk } = scripted({});
    const patient = new AbortController();
    const first = sessionEnd(zk, mortal, patient.signal);
    const giveUp = new AbortController();
    const second = errorOf(sessionEnd(zk, mortal, giveUp.signal));
    giveUp.abort('enough');
    assert.is(await second, 'enough');
    ending.abort();
    await first;
    for (const { signal } of [patient, giveUp]) {
      assert.equal(getEventListeners(signal, 'abort'), []);
    }
  });
});
