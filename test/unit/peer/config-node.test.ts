import { text } from '@vivarium/core';
import type { ServerSpec } from '@vivarium/core/internal/config/servers';
import type { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { writeConfigNode } from '@vivarium/core/internal/peer/config-node';
import { Database } from '@vivarium/core/internal/tree/database';
import { Membership } from '@vivarium/core/internal/zab/membership';
import * as assert from 'uvu/assert';
import { ensembleAt } from '../../support/ensemble-spec.js';
import { suite } from '../../support/suite.js';
import { EnsembleRig } from './ensemble-rig.js';

const CONFIG = '/zookeeper/config';

/** Each server knows a client address of its own only, as those with `clientPort` do. */
function ownClient(serverId: number, all: readonly ServerSpec[]) {
  const servers = all.map((server) =>
    server.serverId === serverId ? { ...server, client: { port: 2180 + serverId } } : server,
  );
  return { ensemble: { servers, weights: new Map(), version: 0n } };
}

async function configAt(rig: EnsembleRig, serverId: number): Promise<string> {
  const client = rig.client({}, [serverId]);
  const { data } = await rig.done(client.get(CONFIG, { codec: text }));
  await rig.done(client.close());
  return data;
}

suite('/zookeeper/config', (test) => {
  test('says who is in the ensemble, with the stat that ZooKeeper gives it', () => {
    const database = new Database({ extendedTypes: false, digest: true });
    const before = { digest: database.tree.digest, zxid: database.lastZxid };
    const membership = new Membership({
      ...ensembleAt(['a:1:2'], ['b:1:2']),
      version: 0x1_0000_0002n,
    });
    writeConfigNode(database, membership, 5_000);
    const { tree } = database;
    assert.equal({ digest: tree.digest, zxid: database.lastZxid }, before);
    const stat = tree.stat(tree.find(CONFIG));
    assert.equal(stat, {
      czxid: 0n,
      mzxid: 0x1_0000_0002n,
      ctime: 0,
      mtime: 5_000,
      version: -1,
      cversion: 0,
      aversion: -1,
      ephemeralOwner: 0n,
      dataLength: membership.text.length,
      numChildren: 0,
      pzxid: 0n,
    });
  });

  test('is made in a tree of a server that did not know it', () => {
    const database = new Database({ extendedTypes: false, digest: true });
    database.tree.remove(CONFIG, 0, 0);
    const membership = new Membership(ensembleAt(['a:1:2']));
    writeConfigNode(database, membership, 1);
    assert.is(database.tree.stat(database.tree.find(CONFIG)).aversion, -1);
    assert.is(database.tree.dataLength(database.tree.find(CONFIG)), membership.text.length);
  });

  for (const forceSnapshotSync of [false, true]) {
    const how = forceSnapshotSync ? 'a snapshot of the leader' : 'what it missed';
    test(`is each server's own, also after ${how}`, async () => {
      const rig = new EnsembleRig({
        observers: 1,
        configOf: ownClient,
        config: { forceSnapshotSync },
      });
      rig.start();
      await rig.until('a leader', () => rig.leader !== undefined);
      await rig.until('all serve', () => rig.servers.every(({ view }) => view?.serving === true));
      for (let id = 1; id <= 4; id++) {
        const said = await configAt(rig, id);
        assert.match(
          said,
          `server.${id}=s${id}:2888:3888:${id === 4 ? 'observer' : 'participant'};`,
        );
        assert.is(said.match(/;/g)?.length, 1, said);
      }
    });
  }

  test('is what the server is told when it starts, not what it was told before', async () => {
    const begin = (port: number, disk?: MemoryDisk) =>
      new EnsembleRig({
        servers: 1,
        ...(disk && { disks: [disk] }),
        configOf: (_id, [server]) => {
          const servers = [{ ...server!, client: { port } }];
          return { ensemble: { servers, weights: new Map(), version: 0n } };
        },
      });
    const before = begin(2181);
    before.start();
    await before.until('a leader', () => before.leader !== undefined);
    assert.match(await configAt(before, 1), ';0.0.0.0:2181\n');
    before.servers[0]!.kill();
    const after = begin(2999, before.servers[0]!.disk);
    after.start();
    await after.until('a leader', () => after.leader !== undefined);
    assert.match(await configAt(after, 1), ';0.0.0.0:2999\n');
  });
});
