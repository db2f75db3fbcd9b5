import { utf8 } from '@vivarium/core/internal/base/bytes';
import type { EnsembleSpec } from '@vivarium/core/internal/config/ensemble';
import type { ServerSpec } from '@vivarium/core/internal/config/servers';
import { TxnHeader, txnTypes } from '@vivarium/core/internal/wire/txns';
import { Writer } from '@vivarium/core/internal/wire/writer';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { type Entry, entry, zxid } from '../storage/epoch-logs.js';
import { memberDisk } from '../storage/member-disk.js';
import { EnsembleRig, type RigOptions } from './ensemble-rig.js';

const CHANGE = zxid(1, 3);
const BEFORE = [entry(zxid(1, 1)), entry(zxid(1, 2))];
const AFTER = [entry(zxid(1, 4))];

/** A change of the servers as ZooKeeper logs it: what the config node says from then on. */
function change(): Entry {
  const out = new Writer();
  const type = txnTypes.reconfig;
  TxnHeader.write(out, { clientId: 1n, cxid: 1, zxid: CHANGE, time: 5, type });
  out.string('/zookeeper/config');
  out.bufferOrNull(utf8(`server.1=a:1:2:participant\nversion=${CHANGE.toString(16)}`));
  out.int(-1);
  return { zxid: CHANGE, bytes: out.copy() };
}

/** What each server is told of the version of its servers. */
const versions =
  (...of: readonly bigint[]) =>
  (serverId: number, servers: readonly ServerSpec[]) => ({
    ensemble: { servers, weights: new Map(), version: of[serverId - 1]! } satisfies EnsembleSpec,
  });

function begin(options: RigOptions): EnsembleRig {
  const rig = new EnsembleRig(options);
  rig.start();
  return rig;
}

const serves = (rig: EnsembleRig, id: number) => rig.servers[id - 1]!.view?.serving === true;

suite('a server whose list of servers is older than a change of them', (test) => {
  const whole = [...BEFORE, change(), ...AFTER];

  test('ends as one whose config is wrong, and the others go on', async () => {
    const disks = [BEFORE, whole, whole].map((entries) => memberDisk(entries, 1));
    const rig = begin({ disks, configOf: versions(0n, CHANGE, CHANGE) });
    await rig.until('the others serve', () => serves(rig, 2) && serves(rig, 3));
    await rig.until('it has ended', () => rig.servers[0]!.state === 'down');
    assert.equal(
      rig.ends.map(({ server, code }) => [server, code]),
      [[1, 2]],
    );
    assert.match(rig.ends[0]!.reason, /of version 0x100000003.*started with 0x0/);
  });

  test('does not start when its own log has the change', () => {
    const disks = [whole, whole, whole].map((entries) => memberDisk(entries, 1));
    const rig = new EnsembleRig({ disks, configOf: versions(0n, CHANGE, CHANGE) });
    assert.throws(() => rig.servers[0]!.start(), /of version 0x100000003.*started with 0x0/);
  });
});

suite('a server whose list of servers is that of the change', (test) => {
  test('takes the change as any other transaction, and goes on showing its own list', async () => {
    const disks = [BEFORE, [...BEFORE, change()], [...BEFORE, change()]].map((entries) =>
      memberDisk(entries, 1),
    );
    const rig = begin({ disks, configOf: versions(CHANGE, CHANGE, CHANGE) });
    await rig.until('all serve', () => [1, 2, 3].every((id) => serves(rig, id)));
    for (const id of [1, 2, 3]) {
      const client = rig.client({}, [id]);
      const { bytes } = await rig.done(client.get('/zookeeper/config'));
      assert.match(new TextDecoder().decode(bytes!), 'server.3=s3:2888:3888:participant');
      await rig.done(client.close());
    }
  });
});
