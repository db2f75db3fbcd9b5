import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { recover } from '@vivarium/core/internal/storage/recovery';
import { type TxnBody, txnTypes } from '@vivarium/core/internal/wire/txns';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { recoveryOptions } from '../storage/store.js';
import { takeSnapshot } from '../storage/take-snapshot.js';
import type { RigClient } from './client.js';
import { PeerRig } from './rig.js';

const SEQUENTIAL = 2;
const LARGEST = 2_147_483_647;

/** A disk with a snapshot at `zxid` of what these transactions made, the last one at `zxid` too. */
function diskWith(zxid: bigint, bodies: readonly TxnBody[]): MemoryDisk {
  const disk = new MemoryDisk();
  const { database } = recover(disk, recoveryOptions());
  for (const body of bodies) {
    const header = { clientId: 0n, cxid: 0, zxid, time: 1_700_000_000_000, type: body.type };
    database.apply({ header, body, digest: undefined });
  }
  takeSnapshot(database, disk);
  return disk;
}

function create(path: string, parentCVersion: number): TxnBody {
  return { type: txnTypes.create, path, data: null, acl: null, ephemeral: false, parentCVersion };
}

function childrenOf(client: RigClient, path: string): string[] {
  return [...client.ask('getChildren', { path, watch: false }).body!.children].sort();
}

suite('numbers that run over', (test) => {
  test('of sequential nodes go on below zero, each once, and are foretold', () => {
    const rig = new PeerRig({}, diskWith(2n, [create('/q', 1), create('/q/first', LARGEST)]));
    const client = rig.connect();
    for (let i = 0; i < 3; i++) {
      assert.is(client.create('/q/n-', '', SEQUENTIAL), 'OK');
      const { stat } = client.ask('exists', { path: '/q', watch: false }).body!;
      assert.is(stat.pzxid, rig.peer.view.lastZxid);
    }
    const names = ['first', 'n--2147483647', 'n--2147483648', 'n-2147483647'];
    assert.equal(childrenOf(client, '/q'), names);
    assert.is(rig.peer.view.metrics.digestMismatches.value, 0);

    const later = new PeerRig({}, rig.disk);
    assert.is(later.peer.view.metrics.digestMismatches.value, 0);
    const back = later.connect();
    assert.is(back.create('/q/n-', '', SEQUENTIAL), 'OK');
    assert.equal(childrenOf(back, '/q'), ['first', 'n--2147483646', ...names.slice(1)]);
  });

  test('of transactions go on with the next epoch, on disk too', () => {
    const rig = new PeerRig({}, diskWith(0xffff_fffdn, [create('/a', 1)]));
    const client = rig.connect();
    assert.is(rig.peer.view.lastZxid, 0xffff_fffen);
    assert.is(client.ask('exists', { path: '/a', watch: true }).zxid, 0xffff_fffen);
    const set = () => client.ask('setData', { path: '/a', data: null, version: -1 });
    assert.is(set().zxid, 0xffff_ffffn);
    rig.command('take-snapshot');
    assert.is(set().zxid, 0x1_0000_0000n);
    assert.is(set().zxid, 0x1_0000_0001n);
    const stat = client.ask('exists', { path: '/a', watch: false }).body!.stat;
    assert.equal([stat.czxid, stat.mzxid], [0xffff_fffdn, 0x1_0000_0001n]);
    assert.equal(
      client.takeEvents().map(({ zxid }) => zxid),
      [0xffff_ffffn],
    );

    const later = new PeerRig({}, rig.disk);
    assert.is(later.peer.view.lastZxid, 0x1_0000_0001n);
    assert.is(later.peer.view.metrics.digestMismatches.value, 0);
    const back = later.open();
    back.resume(client, { lastZxidSeen: 0xffff_ffffn });
    const watches = { existWatches: null, childWatches: null, dataWatches: ['/a'] };
    back.ask('setWatches', { relativeZxid: 0xffff_ffffn, ...watches });
    assert.is(back.takeEvents().length, 1);
    back.ask('setWatches', { relativeZxid: 0x1_0000_0001n, ...watches });
    assert.is(back.takeEvents().length, 0);
  });
});
