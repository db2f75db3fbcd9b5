import type { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { Random } from '@vivarium/core/internal/local/random';
import { recover } from '@vivarium/core/internal/storage/recovery';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { joined, type RigClient } from './client.js';
import { PeerRig } from './rig.js';

function write(client: RigClient): Uint8Array {
  return client.frame('setData', { path: '/', data: null, version: -1 });
}

function durableZxid(disk: MemoryDisk): bigint {
  const options = { extendedTypes: false, digest: true, hashSeed: 1, snapshotTrustEmpty: false };
  return recover(disk.durableImage(), { ...options, log() {} }).database.lastZxid;
}

suite('a write', (test) => {
  test('is answered when its flush is done, and not before', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    rig.holdsDisk = true;
    client.send(write(client));
    assert.equal(
      rig.asked.map(({ lane }) => lane),
      ['log'],
    );
    const from = rig.effects.length;
    rig.stepOnly();
    assert.equal(rig.effects.slice(from), []);
    const { id } = rig.asked[0]!;
    rig.performOne();
    const [sent] = rig.of('send', from);
    assert.is(sent?.after, id);
  });

  test('shares its flush with those that came while another was under way', () => {
    const rig = new PeerRig();
    const clients = [1, 2, 3].map(() => rig.connect());
    rig.holdsDisk = true;
    rig.stepOnly(...clients.map((client) => client.input(write(client))));
    assert.is(rig.asked.length, 1, 'one flush for the writes of one step');
    for (const client of clients) client.send(write(client));
    assert.is(rig.asked.length, 1, 'no other while it is under way');
    rig.performOne();
    assert.equal(
      clients.map(({ xids }) => xids),
      [[1], [1], [1]],
    );
    assert.is(rig.asked.length, 1, 'then one for all that came');
    rig.performOne();
    assert.equal(
      clients.map(({ xids }) => xids),
      [
        [1, 2],
        [1, 2],
        [1, 2],
      ],
    );
    assert.is(rig.asked.length, 0);
  });

  test('waits a little for those who were answered by the flush before', () => {
    const rig = new PeerRig();
    const clients = [1, 2, 3].map(() => rig.connect());
    const [first, second, third] = clients;
    rig.holdsDisk = true;
    rig.stepOnly(...clients.map((client) => client.input(write(client))));
    rig.pause(0.25);
    rig.performOne();
    first!.send(write(first!));
    second!.send(write(second!));
    assert.is(rig.asked.length, 0, 'the third is likely to come');
    assert.is(rig.peer.wakeAt, rig.now + 0.25, 'as long as the last flush took');
    third!.send(write(third!));
    assert.is(rig.asked.length, 1, 'all of them are there');
    rig.pause(20);
    rig.performOne();
    first!.send(write(first!));
    assert.is(rig.peer.wakeAt, rig.now + 0.5, 'however long the last flush took');
    rig.pass(1);
    assert.is(rig.asked.length, 1, 'the others do not come');
    rig.perform();
    first!.send(write(first!));
    assert.is(rig.asked.length, 1, 'whoever is alone waits for nobody');
    rig.perform();
    assert.equal(first!.xids, [1, 2, 3, 4]);
  });

  test('does not wait in a flush that is full', () => {
    const rig = new PeerRig({ maxBatchSize: 3 });
    const client = rig.connect();
    rig.holdsDisk = true;
    client.send(joined(...Array.from({ length: 8 }, () => write(client))));
    assert.is(rig.asked.length, 2);
    rig.performOne();
    assert.equal(client.xids, [1, 2, 3]);
    rig.performOne();
    assert.equal(client.xids, [1, 2, 3, 4, 5, 6]);
    rig.perform();
    assert.equal(client.xids, [1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('waits for company as long as flushDelay says', () => {
    const rig = new PeerRig({ flushDelay: 20 });
    const client = rig.open();
    client.greet();
    rig.pass(20);
    rig.holdsDisk = true;
    client.send(write(client));
    assert.is(rig.asked.length, 0);
    assert.is(rig.peer.wakeAt, rig.now + 20);
    rig.pass(12);
    client.send(write(client));
    assert.is(rig.asked.length, 0);
    rig.pass(8);
    assert.is(rig.asked.length, 1);
    rig.perform();
    assert.equal(client.xids, [1, 2]);
  });

  test('that waits for company behind a flush keeps nobody awake', () => {
    const rig = new PeerRig({ flushDelay: 20 });
    const client = rig.open();
    client.greet();
    rig.pass(20);
    rig.holdsDisk = true;
    client.send(write(client));
    rig.pass(20);
    client.send(write(client));
    rig.pause(100);
    rig.stepOnly();
    assert.ok(rig.peer.wakeAt > rig.now, 'nothing can be done before the disk has answered');
    rig.perform();
    assert.equal(client.xids, [1, 2]);
  });

  test('is in the durable image of the disk before anybody hears of it', () => {
    const random = new Random(11, 'durable');
    const rig = new PeerRig({ snapCount: 6, preAllocSize: 1 });
    const clients = [1, 2, 3].map(() => rig.connect());
    let checked = 0;
    for (let round = 0; round < 120; round++) {
      rig.holdsDisk = random.chance(0.7);
      const some = clients.filter(() => random.chance(0.6));
      rig.step(
        ...some.map((client, i) =>
          client.input(
            random.chance(0.5)
              ? write(client)
              : client.frame('exists', { path: `/${i}`, watch: false }),
          ),
        ),
      );
      if (rig.asked.length > 0 && random.chance(0.6)) rig.performOne();
      for (const client of clients) {
        for (const { zxid } of client.take()) {
          checked++;
          assert.ok(zxid <= durableZxid(rig.disk), `${zxid} was told and is not durable`);
        }
      }
    }
    assert.ok(checked > 100);
  });
});

suite('a flush that fails', (test) => {
  const failures = [
    ['write', 'ENOSPC'],
    ['sync', 'EIO'],
  ] as const;
  for (const [step, code] of failures) {
    test(`with ${code} halts the server with code 10, and nothing is acknowledged`, () => {
      const rig = new PeerRig();
      const client = rig.connect();
      const reader = rig.connect();
      rig.holdsDisk = true;
      client.send(joined(write(client), client.frame('ping', {}, -2)));
      client.send(write(client));
      rig.disk.failNext(step, { code, message: 'as planned' });
      rig.perform();
      const [halt] = rig.of('halt');
      assert.is(halt?.code, 10);
      assert.match(halt!.reason, code);
      assert.equal(client.frames, []);
      const from = rig.effects.length;
      reader.send(reader.frame('ping', {}, -2));
      client.send(write(client));
      rig.command('shut-down');
      assert.equal(rig.effects.slice(from), []);
      assert.is(rig.peer.wakeAt, Number.POSITIVE_INFINITY);
      assert.not.ok(rig.peer.stopped);
    });
  }

  test('leaves a disk from which everything acknowledged comes back', () => {
    const rig = new PeerRig();
    const client = rig.connect();
    for (let i = 0; i < 5; i++) client.create(`/n${i}`);
    rig.disk.failNext('sync', { code: 'EIO', message: 'as planned' });
    client.send(client.frame('create', { path: '/lost', data: null, acl: null, flags: 0 }));
    assert.is(rig.of('halt').length, 1);
    const later = new PeerRig({}, rig.disk.afterCrash(new Random(1, 'crash')));
    const again = later.connect();
    for (let i = 0; i < 5; i++) {
      assert.is(again.errorOf('exists', { path: `/n${i}`, watch: false }), 'OK');
    }
  });
});

suite('a slow flush', (test) => {
  test('is reported, with how long it took', () => {
    const rig = new PeerRig({ fsyncWarningThresholdMs: 50 });
    const client = rig.connect();
    rig.holdsDisk = true;
    client.send(write(client));
    rig.pause(51);
    rig.perform();
    const [event] = rig.events.filter(({ event }) => event === 'log.slow-flush');
    assert.equal(event?.fields, { tookMs: 51, thresholdMs: 50 });
    assert.is(rig.peer.view.metrics.fsyncThresholdExceeded.value, 1);
  });
});
