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

/** A client of the leader. */
async function led() {
  const rig = new EnsembleRig();
  rig.start();
  await rig.until('somebody leads', () => rig.leader !== undefined);
  await rig.time.advance(500);
  const leader = rig.leader!;
  const others = [1, 2, 3].filter((id) => id !== leader);
  const client = await NetworkClient.session(rig, leader, { timeOut: TIMEOUT_MS });
  return { rig, leader, others, client };
}

function isEnding(rig: EnsembleRig): boolean {
  return rig.events.some(({ event }) => event === 'session.expired');
}

suite('an end of a session that is not decided yet', (test) => {
  // Found by the simulator: it was asked of the leader that had ended the session, and confirmed
  // before that end was decided, so that the client took its session for one that lives.
  for (const isBehindAnother of [false, true]) {
    const where = isBehindAnother ? ', behind another request' : '';
    test(`leaves a sync behind it without an answer${where}`, async () => {
      const { rig, leader, others, client } = await led();
      await rig.time.advance(TIMEOUT_MS - 50);
      // What the leader decides is not decided, as long as nobody hears of it.
      for (const id of others) rig.network.sever(`s${leader}:2181`, `s${id}:2181`, true);
      await rig.until('the session is to end', () => isEnding(rig));
      if (isBehindAnother) client.say('delete', { path: '/none', version: -1 });
      const answer = client.errorOf('sync', { path: '/' }).catch(() => 'closed');
      await rig.time.advance(1);
      for (const id of others) rig.network.sever(`s${leader}:2181`, `s${id}:2181`, false);
      assert.is(await answer, 'closed');
    });
  }

  // Its end would be lost with the leader, and the session live on at the next one.
  test('is not told to who comes back to a follower', async () => {
    const { rig, leader, others, client } = await led();
    client.vanish();
    rig.servers[leader - 1]!.diskStepMicros = [300_000, 300_000];
    await rig.until('the session is to end', () => isEnding(rig));
    const back = new NetworkClient(rig, others[0]!);
    const greeted = back.resume(client);
    await rig.time.advance(200);
    assert.is(back.welcome, undefined);
    assert.is(await greeted, 'refused');
  });
});
