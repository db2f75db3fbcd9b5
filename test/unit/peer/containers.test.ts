import { OPEN_ACL } from '@vivarium/core/internal/wire/permissions';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import type { RigClient } from './client.js';
import { PeerRig } from './rig.js';

const INTERVAL = { znodeContainerCheckIntervalMs: 10_000, extendedTypesEnabled: true };
const REST = { data: null, acl: OPEN_ACL };

function container(client: RigClient, path: string): void {
  assert.is(client.errorOf('createContainer', { ...REST, path, flags: 4 }), 'OK');
}

function ttl(client: RigClient, path: string, ms: bigint): void {
  assert.is(client.errorOf('createTtl', { ...REST, path, flags: 5, ttl: ms }), 'OK');
}

function isThere(client: RigClient, path: string): boolean {
  return client.errorOf('exists', { path, watch: false }) === 'OK';
}

/** A client that outlives the test. */
function world(more = {}) {
  const rig = new PeerRig({ ...INTERVAL, maxSessionTimeout: 86_400_000, ...more });
  return { rig, client: rig.connect(86_400_000) };
}

suite('a container', (test) => {
  test('goes at the next look once its last child has gone', () => {
    const { rig, client } = world();
    container(client, '/c');
    client.create('/c/x');
    rig.pass(20_000);
    assert.ok(isThere(client, '/c'));
    client.ask('delete', { path: '/c/x', version: -1 });
    client.ask('exists', { path: '/c', watch: true });
    const { lastZxid } = rig.peer.view;
    rig.pass(9_999);
    assert.ok(isThere(client, '/c'));
    rig.pass(1);
    assert.not.ok(isThere(client, '/c'));
    assert.equal(client.takeEvents(), [{ type: 2, path: '/c', zxid: lastZxid + 1n }]);
  });

  test('that was never used stays, unless the config says for how long', () => {
    const { rig, client } = world();
    container(client, '/c');
    rig.pass(3_600_000);
    assert.ok(isThere(client, '/c'));
    const other = world({ znodeContainerMaxNeverUsedIntervalMs: 15_000 });
    container(other.client, '/c');
    other.rig.pass(10_000);
    assert.ok(isThere(other.client, '/c'));
    other.rig.pass(10_000);
    assert.not.ok(isThere(other.client, '/c'));
  });

  test('that is used again on its way to the disk stays', () => {
    const { rig, client } = world();
    container(client, '/c');
    client.create('/c/x');
    client.ask('delete', { path: '/c/x', version: -1 });
    rig.pass(9_000);
    rig.holdsDisk = true;
    client.send(client.frame('create', { ...REST, path: '/c/y', flags: 0 }));
    rig.pass(1_000);
    rig.perform();
    rig.holdsDisk = false;
    assert.ok(isThere(client, '/c/y'));
  });

  test('that a child is created in and deleted from meanwhile waits for the next look', () => {
    const { rig, client } = world();
    container(client, '/c');
    client.create('/c/x');
    client.ask('delete', { path: '/c/x', version: -1 });
    rig.pass(9_000);
    rig.holdsDisk = true;
    client.send(client.frame('create', { ...REST, path: '/c/y', flags: 0 }));
    client.send(client.frame('delete', { path: '/c/y', version: -1 }));
    rig.pass(1_000);
    rig.perform();
    rig.holdsDisk = false;
    assert.ok(isThere(client, '/c'));
    rig.pass(10_000);
    assert.not.ok(isThere(client, '/c'));
  });
});

suite('a node with a time to live', (test) => {
  test('goes at the look after its time', () => {
    const { rig, client } = world();
    ttl(client, '/short', 9_999n);
    ttl(client, '/long', 10_000n);
    rig.pass(10_000);
    assert.not.ok(isThere(client, '/short'));
    assert.ok(isThere(client, '/long'));
    rig.pass(10_000);
    assert.not.ok(isThere(client, '/long'));
  });

  test('lives on when it is written or has children', () => {
    const { rig, client } = world();
    ttl(client, '/written', 8_000n);
    ttl(client, '/parent', 8_000n);
    client.create('/parent/child');
    rig.pass(5_000);
    client.ask('setData', { path: '/written', data: null, version: -1 });
    rig.pass(5_000);
    assert.ok(isThere(client, '/written'));
    rig.pass(10_000);
    assert.not.ok(isThere(client, '/written'));
    assert.ok(isThere(client, '/parent'));
  });

  test('that is refreshed between the look and its turn stays', () => {
    const { rig, client } = world({ znodeContainerMaxPerMinute: 60 });
    for (let i = 0; i < 5; i++) ttl(client, `/t${i}`, 1_000n);
    rig.pass(10_000);
    const left = () => [0, 1, 2, 3, 4].filter((i) => isThere(client, `/t${i}`));
    assert.is(left().length, 4, 'one a second');
    const refreshed = left().at(-1);
    client.ask('setData', { path: `/t${refreshed}`, data: null, version: -1 });
    rig.pass(900);
    client.ask('setData', { path: `/t${refreshed}`, data: null, version: -1 });
    for (let i = 0; i < 4; i++) {
      rig.pass(900);
      client.ask('setData', { path: `/t${refreshed}`, data: null, version: -1 });
    }
    assert.equal(left(), [refreshed]);
  });

  test('that is refreshed on its way to the disk stays', () => {
    const { rig, client } = world();
    ttl(client, '/t', 1_000n);
    rig.pass(9_999);
    rig.holdsDisk = true;
    client.send(client.frame('setData', { path: '/t', data: null, version: -1 }));
    rig.pass(1);
    rig.perform();
    rig.holdsDisk = false;
    assert.ok(isThere(client, '/t'));
  });

  test('comes back from the log as what it is', () => {
    const { rig, client } = world();
    ttl(client, '/t', 5_000n);
    container(client, '/c');
    client.create('/c/x');
    client.ask('delete', { path: '/c/x', version: -1 });
    const later = new PeerRig({ ...INTERVAL }, rig.disk);
    later.pass(10_100);
    const again = later.connect();
    assert.not.ok(isThere(again, '/t'));
    assert.not.ok(isThere(again, '/c'));
  });

  test('needs nobody to wake the server when there is none', () => {
    const { rig, client } = world();
    client.ask('closeSession', {});
    rig.pass(2_000);
    assert.ok(rig.peer.wakeAt > rig.now + 3_600_000);
  });

  test('is looked for among many in several steps, and each goes at its time', () => {
    const { rig, client } = world({ znodeContainerMaxPerMinute: 1_000_000 });
    for (let i = 0; i < 5; i++) {
      client.multi(
        Array.from({ length: 5_000 }, (_, j) => {
          const ms = j % 1_000 === 0 ? 5_000n : 3_600_000n;
          const path = `/${i}-${j}`;
          return { op: 'createTtl', ...REST, path, flags: 5, ttl: ms } as const;
        }),
      );
    }
    rig.pass(9_990);
    assert.is(rig.peer.view.nodeCount, 25_005);
    rig.pause(10);
    let steps = 0;
    for (; rig.peer.wakeAt <= rig.now; steps++) {
      /* Made while the look goes on. */
      const body = { path: `/${steps}-0/x`, data: null, acl: OPEN_ACL, flags: 0 };
      rig.stepOnly(...(steps < 3 ? [client.request('create', body)] : []));
    }
    rig.perform();
    assert.ok(steps >= 3, String(steps));
    rig.pass(1_000);
    assert.is(rig.peer.view.metrics.digestMismatches.value, 0);
    const gone = [0, 1, 2, 3, 4].map((i) => !isThere(client, `/${i}-1000`));
    assert.equal(gone, [true, true, true, true, true]);
    assert.ok(isThere(client, '/0-0/x'));
    assert.ok(isThere(client, '/4-1'));
  });
});
