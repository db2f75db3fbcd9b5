import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { EnsembleRig } from './ensemble-rig.js';
import { NetworkClient } from './network-client.js';

const TIMEOUT_MS = 600;

async function served(): Promise<{ readonly rig: EnsembleRig; readonly client: NetworkClient }> {
  const rig = new EnsembleRig();
  rig.start();
  await rig.until('somebody leads', () => rig.leader !== undefined);
  await rig.time.advance(500);
  const follower = [1, 2, 3].find((id) => id !== rig.leader)!;
  const client = await NetworkClient.session(rig, follower, { timeOut: TIMEOUT_MS });
  // What the leader decides from now on does not come to the follower in time.
  rig.network.sever(`s${rig.leader}:2181`, `s${follower}:2181`, true);
  return { rig, client };
}

suite('the word of a follower that a session lives', (test) => {
  // Found by the simulator: the leader had ended the session of a client that was stopped, by the
  // follower's last report, and the follower answered the client before it heard of the end.
  test('is not given to who was silent for as long as the session lasts', async () => {
    const { rig, client } = await served();
    await rig.time.advance(TIMEOUT_MS);
    client.say('exists', { path: '/', watch: false });
    await client.untilClosed(100);
  });

  test('is given to who was silent for less', async () => {
    const { rig, client } = await served();
    await rig.time.advance(TIMEOUT_MS / 2);
    assert.is(await client.errorOf('exists', { path: '/', watch: false }), 'OK');
  });
});
