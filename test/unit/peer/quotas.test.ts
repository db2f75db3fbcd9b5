import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { bytesOf, type RigClient, textOf } from './client.js';
import { PeerRig } from './rig.js';

function limit(client: RigClient, path: string, limits: string): void {
  let at = '/zookeeper/quota';
  for (const name of path.slice(1).split('/')) {
    at += `/${name}`;
    client.create(at);
  }
  assert.is(client.create(`${at}/zookeeper_limits`, limits), 'OK');
  assert.is(client.create(`${at}/zookeeper_stats`, 'count=0,bytes=0'), 'OK');
}

function usage(client: RigClient, path: string): string {
  const stats = `/zookeeper/quota${path}/zookeeper_stats`;
  return textOf(client.ask('getData', { path: stats, watch: false }).body?.data);
}

function set(client: RigClient, path: string, text: string): string {
  return client.errorOf('setData', { path, data: bytesOf(text), version: -1 });
}

suite('a quota', (test) => {
  test('counts the nodes and bytes from its root down, the root too', () => {
    const client = new PeerRig().connect();
    client.create('/a', '12345');
    client.create('/a/b', '123');
    limit(client, '/a', 'count=100,bytes=100');
    assert.is(usage(client, '/a'), 'count=2,bytes=8');
    client.create('/a/b/c', '1');
    set(client, '/a/b', '');
    assert.is(usage(client, '/a'), 'count=3,bytes=6');
    client.errorOf('delete', { path: '/a/b/c', version: -1 });
    client.create('/ab', '1234');
    assert.is(usage(client, '/a'), 'count=2,bytes=5');
  });

  test('that is soft only reports', () => {
    const rig = new PeerRig({ enforceQuota: true });
    const client = rig.connect();
    client.create('/a');
    limit(client, '/a', 'count=2,bytes=3');
    assert.is(client.create('/a/b', '123'), 'OK');
    assert.not.ok(rig.logged.includes('quota.exceeded'));
    assert.is(client.create('/a/c', ''), 'OK');
    assert.is(set(client, '/a/b', '1234'), 'OK');
    assert.is(rig.logged.filter((event) => event === 'quota.exceeded').length, 2);
    assert.is(rig.peer.view.metrics.quotaExceeded.value, 2);
  });

  test('that is exceeded again and again is reported once a minute', () => {
    const rig = new PeerRig();
    const client = rig.connect(20_000);
    client.create('/a');
    limit(client, '/a', 'count=1,bytes=-1');
    const reports = () => rig.logged.filter((event) => event === 'quota.exceeded').length;
    for (let i = 0; i < 5; i++) client.create(`/a/${i}`);
    assert.equal([reports(), rig.peer.view.metrics.quotaExceeded.value], [1, 5]);
    limit(client, '/a/0', 'count=1,bytes=-1');
    client.create('/a/0/x');
    assert.is(reports(), 2);
    rig.pause(60_000);
    client.create('/a/again');
    assert.is(reports(), 3);
    rig.wall -= 3_600_000;
    client.create('/a/later');
    assert.is(reports(), 4, 'a clock that was set back silences nothing');
  });

  test('that is hard refuses where it is enforced, in a multi too', () => {
    for (const enforceQuota of [true, false]) {
      const client = new PeerRig({ enforceQuota }).connect();
      client.create('/a');
      limit(client, '/a', 'count=-1,bytes=-1=;byteHardLimit=3;countHardLimit=2');
      assert.is(client.create('/a/b', '123'), 'OK');
      const refused = enforceQuota ? 'QUOTA_EXCEEDED' : 'OK';
      assert.is(client.create('/a/c', ''), refused);
      assert.is(set(client, '/a/b', '1234'), refused);
      const { body } = client.multi([
        { op: 'setData', path: '/a', data: bytesOf('1'), version: -1 },
      ]);
      assert.is(body?.[0]?.type, enforceQuota ? 'error' : 'setData');
      assert.is(set(client, '/a/b', '12'), 'OK', 'less is no more than was');
    }
  });

  test('of none at all is a quota too', () => {
    const client = new PeerRig({ enforceQuota: true }).connect();
    client.create('/a');
    limit(client, '/a', 'count=-1,bytes=-1=;byteHardLimit=0;countHardLimit=-1');
    assert.is(client.create('/a/b', '1'), 'QUOTA_EXCEEDED');
    assert.is(client.create('/a/b'), 'OK');
  });

  test('of the longest prefix holds', () => {
    const client = new PeerRig({ enforceQuota: true }).connect();
    for (const path of ['/a', '/a/b']) client.create(path);
    limit(client, '/a', 'count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=2');
    limit(client, '/a/b', 'count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=5');
    assert.is(client.create('/a/b/c'), 'OK');
    assert.is(client.create('/a/c'), 'QUOTA_EXCEEDED');
  });

  test('whose text is nonsense limits nothing and harms nobody', () => {
    const client = new PeerRig({ enforceQuota: true }).connect();
    client.create('/a');
    limit(client, '/a', 'count=lots,=,bytes');
    for (const text of ['', 'count=', '=;=;', '\u00ff'.repeat(50), 'count=1e999,bytes=NaN']) {
      assert.is(set(client, '/zookeeper/quota/a/zookeeper_limits', text), 'OK');
      assert.is(set(client, '/zookeeper/quota/a/zookeeper_stats', text), 'OK');
      assert.is(client.create('/a/x', 'data'), 'OK');
      assert.is(client.errorOf('delete', { path: '/a/x', version: -1 }), 'OK');
    }
  });

  test('whose text is longer than any needs to be limits nothing, and is not read at each write', () => {
    const client = new PeerRig({ enforceQuota: true }).connect();
    client.create('/a');
    const rest = Array.from({ length: 50_000 }, (_, i) => `;k${i}=1`).join('');
    limit(client, '/a', `count=-1,bytes=-1=;countHardLimit=1${rest}`);
    set(client, '/zookeeper/quota/a/zookeeper_stats', `count=7,bytes=7${rest}`);
    assert.is(client.create('/a/x', 'data'), 'OK');
    assert.is(usage(client, '/a'), 'count=2,bytes=4');
  });

  test('that is removed limits nothing, and its counters come back counted', () => {
    const rig = new PeerRig({ enforceQuota: true });
    const client = rig.connect();
    client.create('/a');
    limit(client, '/a', 'count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=2');
    client.create('/a/b');
    const later = new PeerRig({ enforceQuota: true }, rig.disk);
    const again = later.connect();
    assert.is(usage(again, '/a'), 'count=2,bytes=0');
    assert.is(again.create('/a/c'), 'QUOTA_EXCEEDED');
    again.errorOf('delete', { path: '/zookeeper/quota/a/zookeeper_limits', version: -1 });
    assert.is(again.create('/a/c'), 'OK');
    assert.is(later.peer.view.metrics.digestMismatches.value, 0);
  });
});
