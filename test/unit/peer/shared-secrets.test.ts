import type { ConfigOverrides } from '@vivarium/core/internal/config/config';
import { apachePassword } from '@vivarium/core/internal/peer/passwords';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { EnsembleRig } from './ensemble-rig.js';
import { NetworkClient } from './network-client.js';

const servers = [1, 2, 3] as const;
const apache: ConfigOverrides = { sessionPasswords: 'apache' };
const keyed: ConfigOverrides = { sessionPasswords: 'keyed' };
const LONG = { timeOut: 4_000 };

async function serving(rig: EnsembleRig): Promise<EnsembleRig> {
  for (const server of rig.servers) if (server.state === 'down') server.start();
  await rig.until('all serve', () => rig.servers.every(({ view }) => view?.serving));
  return rig;
}

/** The same servers with other secrets of their own, each with the disk that it had. */
async function restarted(rig: EnsembleRig, config: ConfigOverrides = {}): Promise<EnsembleRig> {
  for (const server of rig.servers) server.kill();
  const disks = rig.servers.map(({ disk }) => disk);
  const later = new EnsembleRig({ config, disks, seed: 2 });
  await later.time.advance(60_000);
  return serving(later);
}

const sessionAt = (rig: EnsembleRig, server: number) => NetworkClient.session(rig, server, LONG);

/** What a server says to somebody who comes with a session and a password. */
function comesBack(
  rig: EnsembleRig,
  server: number,
  { welcome }: NetworkClient,
  passwd = welcome.passwd,
) {
  return new NetworkClient(rig, server).greet({ ...LONG, sessionId: welcome.sessionId, passwd });
}

const isApaches = ({ welcome }: NetworkClient) =>
  Buffer.from(apachePassword(welcome.sessionId)).equals(Buffer.from(welcome.passwd!));

suite('a session of an ensemble', (test) => {
  for (const [name, config] of Object.entries({ keyed, apache })) {
    test(`moves between all servers with its password, which is ${name}`, async () => {
      const rig = await serving(new EnsembleRig({ config }));
      for (const from of servers) {
        const client = await sessionAt(rig, from);
        assert.is(isApaches(client), config === apache);
        for (const to of servers) assert.is(await comesBack(rig, to, client), 'welcome');
      }
    });

    test(`cannot be taken with a wrong password, where it is ${name}`, async () => {
      const rig = await serving(new EnsembleRig({ config }));
      const client = await sessionAt(rig, 1);
      const other = await sessionAt(rig, 1);
      const wrong = config === keyed ? apachePassword(client.session) : new Uint8Array(16);
      for (const server of servers) {
        assert.is(await comesBack(rig, server, client, wrong), 'refused');
        assert.is(await comesBack(rig, server, client, other.welcome.passwd), 'refused');
      }
      assert.is(await client.create(`/still-there`), 'OK');
    });
  }

  test('keeps its password when another server leads, whose own secret is another', async () => {
    const rig = await serving(new EnsembleRig());
    const made = await Promise.all([sessionAt(rig, 1), sessionAt(rig, 2), sessionAt(rig, 3)]);
    const first = rig.leader!;
    rig.servers[first - 1]!.kill();
    await rig.until('another leads', () => rig.leader !== undefined);
    await serving(rig);
    assert.is.not(rig.leader, first);
    for (const client of made) {
      for (const server of servers) assert.is(await comesBack(rig, server, client), 'welcome');
    }
    const later = await sessionAt(rig, first);
    for (const server of servers) assert.is(await comesBack(rig, server, later), 'welcome');
  });

  test('keeps its password when every server was killed', async () => {
    const rig = await serving(new EnsembleRig());
    const client = await sessionAt(rig, 1);
    for (const server of rig.servers) server.cutPower();
    await serving(rig);
    for (const server of servers) assert.is(await comesBack(rig, server, client), 'welcome');
  });

  test('keeps its password when all lose their power, and who made it stays away', async () => {
    const rig = await serving(new EnsembleRig({ backgroundSlowness: 1_000_000 }));
    const first = rig.leader!;
    const client = await sessionAt(rig, first);
    for (const server of rig.servers) server.cutPower();
    const others = servers.filter((server) => server !== first);
    for (const server of others) rig.servers[server - 1]!.start();
    await rig.until('others lead', () => rig.leader !== undefined && rig.leader !== first);
    for (const server of others) assert.is(await comesBack(rig, server, client), 'welcome');
  });

  test('from before the switch to keyed passwords keeps its own until it ends', async () => {
    const before = await serving(new EnsembleRig({ config: apache }));
    const old = await sessionAt(before, 1);
    const rig = await restarted(before, keyed);
    for (const server of servers) assert.is(await comesBack(rig, server, old), 'welcome');
    const young = await sessionAt(rig, 2);
    assert.not.ok(isApaches(young));
    for (const server of servers) {
      assert.is(await comesBack(rig, server, young), 'welcome');
      assert.is(await comesBack(rig, server, young, apachePassword(young.session)), 'refused');
    }
    const again = await restarted(rig, keyed);
    for (const server of servers) {
      assert.is(await comesBack(again, server, old), 'welcome');
      assert.is(await comesBack(again, server, young), 'welcome');
    }
  });

  test('from before the switch back keeps its own as well', async () => {
    const before = await serving(new EnsembleRig({ config: keyed }));
    const old = await sessionAt(before, 1);
    const rig = await restarted(before, apache);
    const young = await sessionAt(rig, 2);
    assert.ok(isApaches(young));
    for (const server of servers) {
      assert.is(await comesBack(rig, server, old), 'welcome');
      assert.is(await comesBack(rig, server, young), 'welcome');
    }
  });

  test('is made by the rule of whoever leads, while servers are switched one by one', async () => {
    const configOf = (id: number) => (id === 3 ? keyed : apache);
    const rig = await serving(new EnsembleRig({ configOf }));
    const made: NetworkClient[] = [];
    for (const server of servers) made.push(await sessionAt(rig, server));
    assert.equal([...new Set(made.map(isApaches))], [rig.leader !== 3]);
    rig.servers[rig.leader! - 1]!.kill();
    await rig.until('another leads', () => rig.leader !== undefined);
    await serving(rig);
    for (const server of servers) made.push(await sessionAt(rig, server));
    for (const client of made) {
      for (const server of servers) assert.is(await comesBack(rig, server, client), 'welcome');
    }
  });

  test('is refused, not lost in silence, where nobody knows its secret any more', async () => {
    const before = await serving(new EnsembleRig());
    const client = await sessionAt(before, 1);
    for (const { disk } of before.servers) {
      disk.perform([{ step: 'remove', file: 'snapshots/vivarium-secrets' }]);
    }
    const rig = await restarted(before);
    for (const server of servers) assert.is(await comesBack(rig, server, client), 'refused');
    const young = await sessionAt(rig, 1);
    assert.is(await young.create('/goes-on'), 'OK');
  });
});
