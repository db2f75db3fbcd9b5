import { sessionPage } from '@vivarium/core/internal/peer/session-page';
import { SessionIds, Sessions } from '@vivarium/core/internal/peer/sessions';
import { Ephemerals } from '@vivarium/core/internal/tree/ephemerals';
import { WatchTable } from '@vivarium/core/internal/tree/watches';
import { createModes } from '@vivarium/core/internal/wire/create-modes';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { EnsembleRig } from './ensemble-rig.js';
import { NetworkClient } from './network-client.js';

const EPHEMERAL = createModes.ephemeral.flag;

async function ensemble(localSessionsEnabled = false): Promise<EnsembleRig> {
  const rig = new EnsembleRig({ config: { localSessionsEnabled } });
  rig.start();
  await rig.until('all serve', () => rig.servers.every(({ view }) => view?.serving));
  return rig;
}

function rolesOf(rig: EnsembleRig): { readonly leader: number; readonly follower: number } {
  const leader = rig.leader!;
  return { leader, follower: (leader % rig.servers.length) + 1 };
}

const viewOf = (rig: EnsembleRig, server: number) => rig.servers[server - 1]!.view!;

suite('the sessions that a server tells of', (test) => {
  test('are those of the whole ensemble, in the order of ids, page by page', async () => {
    const rig = await ensemble();
    const clients: NetworkClient[] = [];
    for (const server of [1, 2, 3, 1, 2]) clients.push(await NetworkClient.session(rig, server));
    const ids = clients.map(({ session }) => session).sort((a, b) => (a < b ? -1 : 1));
    const { leader } = rolesOf(rig);
    const first = viewOf(rig, leader).sessionPage(undefined, 2);
    assert.is(first.total, 5);
    assert.ok(first.hasMore);
    assert.equal(
      first.sessions.map(({ id }) => id),
      ids.slice(0, 2),
    );
    const rest = viewOf(rig, leader).sessionPage(ids[1], 100);
    assert.not.ok(rest.hasMore);
    assert.equal(
      rest.sessions.map(({ id }) => id),
      ids.slice(2),
    );
  });

  test('are known closely where their clients are, and to the leader by their server', async () => {
    const rig = await ensemble();
    const { leader, follower } = rolesOf(rig);
    const client = await NetworkClient.session(rig, follower);
    await client.create('/mine', EPHEMERAL);
    await client.ask('getData', { path: '/mine', watch: true });
    await client.ask('getChildren', { path: '/', watch: true });
    const near = viewOf(rig, follower).findSession(client.session)!;
    assert.is(near.serverId, follower);
    assert.is(near.ephemerals, 1);
    assert.is(near.watches, 2);
    assert.type(near.address, 'string');
    await rig.until(
      'the leader has applied it',
      () => viewOf(rig, leader).findSession(client.session)?.ephemerals === 1,
    );
    const far = viewOf(rig, leader).findSession(client.session)!;
    assert.is(far.serverId, follower);
    assert.is(far.address, undefined);
    assert.is(far.watches, undefined);
    assert.is(viewOf(rig, leader).findSession(1n), undefined);
  });

  test('include local ones of the server itself, and of no other', async () => {
    const rig = await ensemble(true);
    const { leader, follower } = rolesOf(rig);
    const client = await NetworkClient.session(rig, follower);
    assert.ok(viewOf(rig, follower).findSession(client.session)?.isLocal);
    assert.is(viewOf(rig, leader).findSession(client.session), undefined);
    assert.is(viewOf(rig, leader).sessionPage(undefined, 10).total, 0);
  });
});

suite('a page of many sessions', (test) => {
  /** Ten thousand in no order, and a view of them. */
  function crowd() {
    const ids = Array.from({ length: 10_000 }, (_, i) => BigInt((i * 7_919) % 10_000) - 5_000n);
    const timeouts = new Map(ids.map((id) => [id, 4_000]));
    const parts = {
      serverId: 1,
      database: { sessions: timeouts, ephemerals: new Ephemerals() },
      serving: {
        sessions: new Sessions(1_000, new SessionIds(1n)),
        connections: new Map(),
        watches: new WatchTable(),
      },
    };
    return { ids, page: (after: bigint | undefined) => sessionPage(parts, after, 100) };
  }

  test('has the lowest ids above the one asked for, and the pages together have all', () => {
    const { ids, page } = crowd();
    const seen: bigint[] = [];
    for (let after: bigint | undefined; ; after = seen.at(-1)) {
      const { total, hasMore, sessions } = page(after);
      assert.is(total, 10_000);
      seen.push(...sessions.map(({ id }) => id));
      if (!hasMore) break;
    }
    assert.equal(
      seen,
      [...ids].sort((a, b) => Number(a - b)),
    );
  });
});

suite('an administrator ends a session', (test) => {
  for (const asked of ['leader', 'follower'] as const) {
    test(`of a follower's client, at the ${asked}: its node goes, and it cannot come back`, async () => {
      const rig = await ensemble();
      const { [asked]: server, follower } = rolesOf(rig);
      const client = await NetworkClient.session(rig, follower);
      const other = await NetworkClient.session(rig, rolesOf(rig).leader);
      await client.create('/mine', EPHEMERAL);
      rig.servers[server - 1]!.command({ name: 'close-session', session: client.session });
      await client.untilClosed();
      assert.is(await other.errorOf('exists', { path: '/mine', watch: false }), 'NO_NODE');
      assert.is(await new NetworkClient(rig, follower).resume(client), 'refused');
      assert.is(await other.create('/still-served'), 'OK');
    });
  }

  test('of a local one: it is over at once, and nobody else hears of it', async () => {
    const rig = await ensemble(true);
    const { follower } = rolesOf(rig);
    const client = await NetworkClient.session(rig, follower);
    rig.servers[follower - 1]!.command({ name: 'close-session', session: client.session });
    await client.untilClosed();
    assert.is(viewOf(rig, follower).localSessionCount, 0);
    assert.is(await new NetworkClient(rig, follower).resume(client), 'refused');
  });

  test('that is not there, or ends already: nothing happens', async () => {
    const rig = await ensemble();
    const { leader } = rolesOf(rig);
    const client = await NetworkClient.session(rig, leader);
    const server = rig.servers[leader - 1]!;
    for (const session of [12345n, client.session, client.session]) {
      server.command({ name: 'close-session', session });
    }
    await client.untilClosed();
    const ended = rig.events.filter(({ event }) => event === 'session.ended-by-order');
    assert.is(ended.length, 1);
    assert.equal(rig.ends, []);
  });
});
