import { defaultConfig } from '@vivarium/core/internal/config/config';
import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { OPEN_ACL } from '@vivarium/core/internal/wire/permissions';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { PeerRig } from './rig.js';

const TTL = { data: null, acl: OPEN_ACL, flags: 5, ttl: 1_000_000n };

suite('the types of nodes and sessions that a start meets', (test) => {
  test('refuses nodes with a time to live without extended types, and removes nothing', () => {
    const rig = new PeerRig({ extendedTypesEnabled: true });
    const client = rig.connect();
    client.ask('createTtl', { ...TTL, path: '/t' });
    rig.command('take-snapshot');
    assert.throws(
      () => new PeerRig({}, rig.disk),
      /node \/t has a time to live.*Set extendedTypesEnabled=true/,
    );
    const later = new PeerRig({ extendedTypesEnabled: true }, rig.disk);
    assert.is(later.connect().errorOf('exists', { path: '/t', watch: false }), 'OK');
  });

  test('knows the ephemeral nodes of server 255, whose sessions look like that', () => {
    const rig = new PeerRig({ serverId: 255 });
    const client = rig.connect();
    client.create('/e', '', 1);
    const later = new PeerRig({ serverId: 255 }, rig.disk);
    const back = later.open();
    back.resume(client);
    assert.is(
      back.ask('exists', { path: '/e', watch: false }).body?.stat.ephemeralOwner,
      client.session,
    );
  });

  test('is not server 255 with extended types', () => {
    assert.throws(
      () => defaultConfig({ serverId: 255, extendedTypesEnabled: true }),
      /extendedTypesEnabled cannot be true on server 255/,
    );
    assert.ok(defaultConfig({ serverId: 254, extendedTypesEnabled: true }));
  });

  test('gives no session the id of one that lives, whatever the clock says', () => {
    const rig = new PeerRig();
    const ids = [1, 2, 3].map(() => rig.connect().session);
    const later = new PeerRig({}, rig.disk);
    for (let i = 0; i < 3; i++) ids.push(later.connect().session);
    assert.is(new Set(ids).size, 6);
  });

  test('on an empty disk has an empty tree at zxid 0', () => {
    const { view } = new PeerRig({}, new MemoryDisk()).peer;
    assert.equal(
      [view.lastZxid, view.nodeCount, view.sessionCount, view.serving],
      [0n, 5, 0, true],
    );
  });
});
