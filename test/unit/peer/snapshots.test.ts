import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { folders } from '@vivarium/core/internal/storage/disk';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { joined, type RigClient } from './client.js';
import { PeerRig } from './rig.js';

const HOUR_MS = 3_600_000;

function write(client: RigClient): Uint8Array {
  return client.frame('setData', { path: '/', data: new Uint8Array(100), version: -1 });
}

function filesOf(disk: MemoryDisk, prefix: string): string[] {
  const all = [...disk.list(folders.snapshots), ...disk.list(folders.logs)];
  return all.map(({ name }) => name).filter((name) => name.startsWith(`${prefix}.`));
}

function snapshotsOf(rig: PeerRig): string[] {
  return filesOf(rig.disk, 'snapshot').filter((name) => /^snapshot\.[0-9a-f]+$/.test(name));
}

suite('a snapshot', (test) => {
  test('is taken after a random count of writes, from half of snapCount on', () => {
    const counts = new Set<number>();
    for (let seed = 1; seed <= 12; seed++) {
      const rig = new PeerRig({ snapCount: 20, preAllocSize: 1 }, new MemoryDisk(), seed);
      const client = rig.connect();
      const before = snapshotsOf(rig).length;
      let writes = 1;
      while (snapshotsOf(rig).length === before) {
        client.send(write(client));
        writes++;
      }
      assert.ok(writes > 10 && writes <= 21, `after ${writes}`);
      counts.add(writes);
    }
    assert.ok(counts.size > 3);
  });

  test('is taken after so many bytes of log', () => {
    const rig = new PeerRig({ snapSizeLimitInKb: 4, preAllocSize: 1 });
    const client = rig.connect();
    let writes = 0;
    for (; snapshotsOf(rig).length === 1; writes++) client.send(write(client));
    assert.ok(writes > 10 && writes < 30, `after ${writes}`);
  });

  test('is taken on demand, and the log goes on in a new file', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    client.create('/a');
    rig.command('take-snapshot');
    assert.equal(snapshotsOf(rig), ['snapshot.0', 'snapshot.2']);
    assert.is(rig.peer.view.storage.lastSnapshotZxid, 2n);
    assert.ok(rig.logged.includes('snapshot.taken'));
    client.create('/b');
    assert.ok(filesOf(rig.disk, 'log').includes('log.3'));
    const later = new PeerRig({}, rig.disk);
    assert.is(later.peer.view.lastZxid, 3n);
    assert.is(later.connect().errorOf('exists', { path: '/b', watch: false }), 'OK');
  });

  test('may be taken twice of one state', () => {
    const rig = new PeerRig();
    rig.connect().create('/a');
    for (let i = 0; i < 3; i++) rig.command('take-snapshot');
    assert.equal(snapshotsOf(rig), ['snapshot.0', 'snapshot.2']);
    const later = new PeerRig({}, rig.disk);
    assert.is(later.connect().errorOf('exists', { path: '/a', watch: false }), 'OK');
    assert.not.ok(later.events.some(({ level }) => level !== 'info'));
  });

  test('is written in slices, between which requests are served', () => {
    const rig = new PeerRig({ snapshotSliceNodes: 10 });
    const client = rig.connect();
    const creation = (i: number) =>
      client.frame('create', { path: `/n${i}`, data: null, acl: OPEN, flags: 0 });
    client.send(joined(...Array.from({ length: 100 }, (_, i) => creation(i))));
    client.take();
    rig.holdsDisk = true;
    rig.command('take-snapshot');
    let slices = 0;
    for (let i = 200; rig.asked.length > 0; i++) {
      const [request] = rig.asked;
      if (request?.lane === 'background') slices++;
      if (slices < 5) client.send(creation(i));
      rig.performOne();
    }
    assert.ok(slices >= 10, `${slices} slices`);
    assert.ok(client.take().length >= 4);
    const later = new PeerRig({}, rig.disk);
    assert.is(later.peer.view.nodeCount, rig.peer.view.nodeCount);
    assert.is(later.peer.view.metrics.digestMismatches.value, 0);
  });

  for (const step of ['create', 'write', 'sync', 'rename', 'sync-folder'] as const) {
    test(`that fails at ${step} is reported, leaves no file, and is tried again`, () => {
      const rig = new PeerRig();
      const client = rig.connect();
      client.create('/a');
      rig.disk.failNext(step, { code: 'ENOSPC', message: 'as planned' });
      rig.command('take-snapshot');
      assert.equal(rig.of('halt'), []);
      assert.ok(rig.logged.includes('snapshot.slice-failed'));
      assert.is(rig.peer.view.storage.snapshotInProgress, false);
      assert.is(client.create('/b'), 'OK');
      rig.pass(59_000);
      assert.not.ok(rig.logged.includes('snapshot.taken'));
      rig.pass(2_000);
      assert.ok(rig.logged.includes('snapshot.taken'));
      const temporary = rig.disk.list(folders.snapshots).filter(({ name }) => /tmp/.test(name));
      assert.equal(temporary, []);
      const later = new PeerRig({}, rig.disk);
      assert.is(later.connect().errorOf('exists', { path: '/b', watch: false }), 'OK');
    });
  }
});

const OPEN = [{ perms: 31, id: { scheme: 'world', id: 'anyone' } }];

suite('a purge', (test) => {
  function withSnapshots(count: number, overrides = {}): PeerRig {
    const rig = new PeerRig({ autopurgePurgeInterval: HOUR_MS, preAllocSize: 1, ...overrides });
    const client = rig.connect();
    for (let i = 0; i < count; i++) {
      client.create(`/n${i}`);
      rig.command('take-snapshot');
    }
    return rig;
  }

  test('comes one interval after the start, and keeps what is needed', () => {
    const rig = withSnapshots(6);
    rig.pass(HOUR_MS - 1);
    assert.is(snapshotsOf(rig).length, 7);
    rig.pass(1);
    assert.is(snapshotsOf(rig).length, 3);
    const later = new PeerRig({}, rig.disk);
    assert.is(later.peer.view.nodeCount, rig.peer.view.nodeCount);
    assert.is(later.peer.view.lastZxid, rig.peer.view.lastZxid);
  });

  test('comes two hours after the start at the latest, and then after each interval', () => {
    const rig = withSnapshots(6, { autopurgePurgeInterval: 24 * HOUR_MS });
    rig.pass(2 * HOUR_MS - 1);
    assert.is(snapshotsOf(rig).length, 7);
    rig.pass(1);
    assert.is(snapshotsOf(rig).length, 3);
    rig.command('take-snapshot');
    rig.connect(3_600_000).create('/more');
    rig.command('take-snapshot');
    const grown = snapshotsOf(rig).length;
    assert.ok(grown > 3);
    rig.pass(24 * HOUR_MS - 1);
    assert.is(snapshotsOf(rig).length, grown);
    rig.pass(1);
    assert.is(snapshotsOf(rig).length, 3);
  });

  test('leaves no side file of what this very server wrote and it removed', () => {
    const rig = withSnapshots(6);
    rig.pass(HOUR_MS);
    const zxids = (prefix: string) => filesOf(rig.disk, prefix).map((name) => name.split('.')[1]);
    assert.equal(zxids('vivarium-log'), zxids('log'));
    assert.equal(zxids('vivarium-snapshot').sort(), zxids('snapshot').sort());
  });

  test('keeps as many as the config says, and does not come at all for 0', () => {
    const rig = withSnapshots(6, { autopurgeSnapRetainCount: 5 });
    rig.pass(HOUR_MS);
    assert.is(snapshotsOf(rig).length, 5);
    const never = withSnapshots(6, { autopurgePurgeInterval: 0 });
    never.pass(100 * HOUR_MS);
    assert.is(snapshotsOf(never).length, 7);
  });

  test('that fails is reported, and what it left goes after the next start', () => {
    const rig = withSnapshots(6);
    rig.disk.failNext('remove', { code: 'EACCES', message: 'as planned' });
    rig.pass(HOUR_MS);
    const [event] = rig.events.filter(({ event }) => event === 'snapshot.purge-failed');
    assert.match(event!.message, 'after the next start');
    assert.is(snapshotsOf(rig).length, 7);
    const later = new PeerRig({ autopurgePurgeInterval: HOUR_MS }, rig.disk);
    later.pass(HOUR_MS);
    assert.is(snapshotsOf(later).length, 3);
  });
});

suite('an order to stop', (test) => {
  test('is obeyed when what was accepted is durable and answered', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    rig.holdsDisk = true;
    client.send(joined(write(client), client.frame('ping', {}, -2), write(client)));
    rig.command('shut-down');
    const late = rig.open();
    assert.is(late.closedBecause, 'the server is stopping');
    client.send(write(client));
    assert.is(rig.peer.view.serving, false);
    assert.not.ok(client.isClosed);
    while (rig.asked.length > 0) {
      assert.not.ok(rig.peer.stopped);
      rig.performOne();
    }
    assert.ok(rig.peer.stopped);
    assert.equal(client.xids, [1, -2, 2]);
    assert.is(client.closedBecause, 'the server is stopping');
    assert.is(rig.peer.wakeAt, Number.POSITIVE_INFINITY);
    const later = new PeerRig({}, rig.disk);
    assert.is(later.peer.view.lastZxid, 3n);
  });

  test('is obeyed at once when nothing is to be done', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    rig.command('shut-down');
    assert.ok(rig.peer.stopped);
    assert.ok(client.isClosed);
    const fresh = new PeerRig();
    fresh.command('shut-down');
    assert.ok(fresh.peer.stopped);
  });

  test('does not wait for a flush to find company', () => {
    const rig = new PeerRig({ flushDelay: 100 });
    rig.open().greet();
    rig.command('shut-down');
    rig.pass(100);
    assert.ok(rig.peer.stopped);
  });

  test('gives up the snapshot that is being taken', () => {
    const rig = new PeerRig({ snapshotSliceNodes: 1 });
    const client = rig.connect();
    for (let i = 0; i < 10; i++) client.create(`/n${i}`);
    rig.holdsDisk = true;
    rig.command('take-snapshot');
    rig.performOne();
    rig.command('shut-down');
    rig.perform();
    assert.ok(rig.peer.stopped);
    assert.equal(snapshotsOf(rig), ['snapshot.0']);
    assert.equal(
      rig.disk.list(folders.snapshots).filter(({ name }) => /tmp/.test(name)),
      [],
    );
  });

  test('leaves sessions as they are: their clients come back in the next life', () => {
    const rig = new PeerRig();
    const client = rig.connect(8_000);
    client.create('/e', '', 1);
    rig.command('shut-down');
    const later = new PeerRig({}, rig.disk);
    const back = later.open();
    back.resume(client);
    assert.is(back.session, client.session);
    assert.is(back.errorOf('exists', { path: '/e', watch: false }), 'OK');
  });
});
