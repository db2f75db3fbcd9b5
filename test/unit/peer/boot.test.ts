import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { LogWriter } from '@vivarium/core/internal/storage/log-writer';
import { recover } from '@vivarium/core/internal/storage/recovery';
import { createModes } from '@vivarium/core/internal/wire/create-modes';
import { type TxnBody, txnTypes, writeTxn } from '@vivarium/core/internal/wire/txns';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { PeerRig } from './rig.js';

/** A disk with an ephemeral node whose session does not exist, as some old defect leaves it. */
function diskWithOrphan(): MemoryDisk {
  const disk = new MemoryDisk();
  recover(disk, {
    extendedTypes: true,
    digest: true,
    hashSeed: 1,
    snapshotTrustEmpty: false,
    log: () => undefined,
  });
  const log = new LogWriter({ preAllocSizeBytes: 0, maxFileBytes: 0, sync: true, dbId: 0n });
  const type = txnTypes.create;
  const node = { path: '/lock', data: null, acl: null, ephemeral: true, parentCVersion: 1 };
  const body: TxnBody = { type, ...node };
  const header = { clientId: 99n, cxid: 1, zxid: 1n, time: 1, type };
  writeTxn(log.begin(0, 1), { header, body, digest: undefined });
  log.end();
  disk.perform([...log.takeFlush(), ...log.shutDown()]);
  return disk;
}

suite('a server that finds ephemeral nodes without a session', (test) => {
  // The removal is in no log: replayed from before it, the creation after it found the old node in
  // its place, and the node of the living session was gone.
  test('removes them for good: what is created in their place survives a restart', () => {
    const first = new PeerRig({}, diskWithOrphan());
    const client = first.connect();
    assert.is(client.errorOf('exists', { path: '/lock', watch: false }), 'NO_NODE');
    client.create('/lock', 'mine', createModes.ephemeral.flag);
    const second = new PeerRig({}, first.disk.durableImage());
    const again = second.open();
    again.resume(client);
    const { stat } = again.ask('exists', { path: '/lock', watch: false }).body!;
    assert.is(stat.ephemeralOwner, client.session);
    assert.is(second.peer.view.metrics.digestMismatches.value, 0);
  });
});
