import { utf8 } from '@vivarium/core/internal/base/bytes';
import { longOf } from '@vivarium/core/internal/base/long';
import { LogRange } from '@vivarium/core/internal/storage/log-range';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { entry, history, zxid } from '../storage/epoch-logs.js';
import { memberDisk } from '../storage/member-disk.js';
import { EnsembleRig, type RigOptions } from './ensemble-rig.js';

/** Little is in memory, and any part of the logs may be sent. */
const config = { commitLogCount: 3, snapshotSizeFactor: 0 };

async function served(options: RigOptions = {}): Promise<EnsembleRig> {
  const rig = new EnsembleRig({ ...options, config: { ...config, ...options.config } });
  rig.start();
  await rig.until('all serve', () => rig.servers.every(({ view }) => view?.serving === true));
  return rig;
}

async function write(rig: EnsembleRig, name: string, count: number, bytes = 10): Promise<void> {
  const client = rig.client({}, [rig.leader!]);
  const data = new Uint8Array(bytes);
  const made = Array.from({ length: count }, (_, at) => client.create(`/${name}-${at}`, data));
  await rig.done(Promise.all(made));
  await rig.done(client.close());
}

const followerOf = (rig: EnsembleRig) => (rig.leader === 1 ? 2 : 1);

/** Waits until all servers show the same. */
async function settled(rig: EnsembleRig): Promise<void> {
  await rig.until('all serve', () => rig.servers.every(({ view }) => view?.serving === true));
  await rig.until('all have all', () => {
    const [first, ...others] = rig.servers.map(({ view }) => view!);
    return others.every(({ lastZxid }) => lastZxid === first!.lastZxid);
  });
  const [first, ...others] = rig.servers.map(({ view }) => view!);
  for (const { nodeCount, approximateDataSize } of others) {
    assert.equal([nodeCount, approximateDataSize], [first!.nodeCount, first!.approximateDataSize]);
  }
}

const count = (rig: EnsembleRig, event: string) =>
  rig.events.filter((each) => each.event === event).length;

suite('a server that was away for longer than the memory of its leader reaches', (test) => {
  test('gets what it lacks from the logs', async () => {
    const rig = await served();
    const late = followerOf(rig);
    rig.servers[late - 1]!.kill();
    await write(rig, 'meanwhile', 30);
    rig.servers[late - 1]!.start();
    await settled(rig);
    assert.is(count(rig, 'leader.sends-logs'), 1);
    assert.is(count(rig, 'leader.sends-snapshot'), 0);
  });

  test('gets it from the logs of a leader that was started again', async () => {
    const rig = await served();
    const late = followerOf(rig);
    rig.servers[late - 1]!.kill();
    await write(rig, 'meanwhile', 30);
    for (const server of rig.servers) if (server.state === 'running') server.kill();
    for (const server of rig.servers) server.start();
    await settled(rig);
    assert.is(count(rig, 'leader.sends-logs'), 1);
  });

  test('gets a snapshot where that is less', async () => {
    const rig = await served({ config: { ...config, snapshotSizeFactor: 0.33, snapCount: 10 } });
    const late = followerOf(rig);
    rig.servers[late - 1]!.kill();
    await write(rig, 'meanwhile', 60);
    rig.servers[late - 1]!.start();
    await settled(rig);
    assert.is(count(rig, 'leader.sends-logs'), 0);
    assert.is(count(rig, 'leader.sends-snapshot'), 1);
  });

  test('may die on the way, and gets the rest when it comes again', async () => {
    const rig = await served();
    const late = rig.servers[followerOf(rig) - 1]!;
    late.kill();
    await write(rig, 'meanwhile', 120, 50_000);
    for (let times = 1; times <= 3; times++) {
      late.start();
      await rig.until('it is sent something', () => count(rig, 'leader.sends-logs') === times);
      await rig.time.advance(1);
      assert.is(late.view?.serving, false);
      if (times === 2) late.cutPower();
      else late.kill();
      await rig.time.advance(20);
    }
    await write(rig, 'later', 10);
    late.start();
    await settled(rig);
    assert.is(count(rig, 'leader.sends-snapshot'), 0);
  });

  test('takes what is written while it is sent what it lacks', async () => {
    const rig = await served();
    const late = rig.servers[followerOf(rig) - 1]!;
    late.kill();
    await write(rig, 'meanwhile', 60, 50_000);
    late.start();
    await rig.until('it is sent something', () => count(rig, 'leader.sends-logs') === 1);
    assert.is(late.view?.serving, false);
    await write(rig, 'beside', 20);
    await settled(rig);
    assert.is(count(rig, 'leader.sends-logs'), 1);
  });

  test('forgets first what nobody else has', async () => {
    const first = history([[1, 20]]);
    const led = [...first, ...history([[3, 9]])];
    const alone = [...first, entry(zxid(1, 21)), entry(zxid(1, 22))];
    const disks = [memberDisk(led, 3), memberDisk(led, 3), memberDisk(alone, 1)];
    const rig = new EnsembleRig({ config, disks });
    rig.servers[0]!.start();
    rig.servers[1]!.start();
    await rig.until('somebody leads', () => rig.leader !== undefined);
    rig.servers[2]!.start();
    await settled(rig);
    const range = new LogRange(rig.servers[2]!.disk, 1, 19, 3, 9);
    while (!range.settled) range.seek();
    const zxids: bigint[] = [];
    for (let step = range.next(); step !== 'end'; step = range.next()) {
      assert.is.not(step, 'broken', range.problem);
      if (step === 'txn') zxids.push(longOf(range.zxidHigh, range.zxidLow));
    }
    assert.equal(
      zxids,
      led.slice(19).map((each) => each.zxid),
    );
    assert.is(count(rig, 'leader.sends-logs'), 1);
    assert.is(count(rig, 'leader.sends-snapshot'), 0);
  });

  test('gets a snapshot when the logs are damaged', async () => {
    const rig = await served();
    const late = followerOf(rig);
    rig.servers[late - 1]!.kill();
    await write(rig, 'meanwhile', 60, 50_000);
    const { disk } = rig.servers[rig.leader! - 1]!;
    const log = disk.list('logs/').find(({ name }) => name.startsWith('log.'))!;
    const file = `logs/${log.name}`;
    disk.perform([{ step: 'write', file, position: 2_000_000, bytes: utf8('damage') }]);
    rig.servers[late - 1]!.start();
    await settled(rig);
    assert.equal(
      ['logs', 'snapshot'].map((what) => count(rig, `leader.sends-${what}`)),
      [1, 1],
    );
    assert.is(count(rig, 'leader.logs-broken'), 1);
  });
});

suite('a server that lacked nothing, or got all it lacked,', (test) => {
  test('owes its leader nothing, however long nothing is written', async () => {
    for (const isMissing of [false, true]) {
      const rig = await served();
      const late = rig.servers[followerOf(rig) - 1]!;
      await write(rig, 'before', 3);
      await rig.time.advance(100);
      late.kill();
      if (isMissing) await write(rig, 'meanwhile', 3);
      late.start();
      await settled(rig);
      const left = count(rig, 'leader.learner-left');
      await rig.time.advance(10_000);
      assert.is(count(rig, 'leader.learner-left'), left);
    }
  });
});

suite('a leader whose own disk is far behind', (test) => {
  test('sends no snapshot as long as what is decided since has left its memory', async () => {
    const rig = await served({ servers: 5, config: { ...config, snapshotSizeFactor: -1 } });
    const late = rig.servers[followerOf(rig) - 1]!;
    late.kill();
    const leader = rig.servers[rig.leader! - 1]!;
    await write(rig, 'before', 10);
    const client = rig.client({}, [rig.servers.findIndex((s) => s !== leader && s !== late) + 1]);
    await rig.done(client.create('/begins', 'x'));
    leader.diskStepMicros = [400_000, 400_000];
    const made = Array.from({ length: 40 }, (_, at) => client.create(`/slow-${at}`, 'x'));
    await rig.done(Promise.all(made));
    late.start();
    await rig.time.advance(1_000);
    assert.is(count(rig, 'leader.sends-snapshot'), 0);
    assert.is(late.view?.serving, false);
    leader.diskStepMicros = [5, 200];
    await rig.done(client.close());
    await settled(rig);
    assert.is(count(rig, 'leader.sends-snapshot'), 1);
  });
});
