import { MemoryDisk } from '@vivarium/core/internal/local/disk';
import { isInDoubt, isInitialized } from '@vivarium/core/internal/storage/epochs';
import * as assert from 'uvu/assert';
import { suite } from '../../support/suite.js';
import { EnsembleRig, type RigOptions } from './ensemble-rig.js';

/** An operator puts the file there. */
function initialize(disk: MemoryDisk): void {
  disk.perform([
    { step: 'create', file: 'snapshots/initialize' },
    { step: 'sync-folder', folder: 'snapshots/' },
  ]);
}

/** Servers 1 and 2 have lost everything; 3 has a node that they had confirmed. */
async function twoWiped(options: RigOptions = {}): Promise<EnsembleRig> {
  const rig = new EnsembleRig(options);
  rig.start();
  await rig.until('all serve', () => rig.servers.every(({ view }) => view?.serving === true));
  const client = rig.client();
  await rig.done(client.create('/kept', 'x'));
  await rig.done(client.close());
  await rig.time.advance(100);
  for (const server of rig.servers) server.kill();
  for (const id of [1, 2]) rig.servers[id - 1]!.disk = new MemoryDisk();
  return rig;
}

async function servesKept(rig: EnsembleRig): Promise<void> {
  await rig.until('somebody leads', () => rig.leader !== undefined);
  const client = rig.client({}, [rig.leader!]);
  assert.ok(await rig.done(client.exists('/kept')));
  await rig.done(client.close());
}

suite('a server without data', (test) => {
  test('does not vote where another has some, however long', async () => {
    const rig = await twoWiped();
    for (const server of rig.servers) server.start();
    await rig.time.advance(20_000);
    assert.is(rig.leader, undefined);
  });

  test('votes when an operator says so, once', async () => {
    const rig = await twoWiped();
    const [first] = rig.servers;
    initialize(first!.disk);
    for (const server of rig.servers) server.start();
    await servesKept(rig);
    assert.not.ok(isInitialized(first!.disk));
    assert.not.ok(isInDoubt(first!.disk));
  });

  test('votes so again when it dies before it has accepted an epoch', async () => {
    const rig = await twoWiped();
    const [first, , third] = rig.servers;
    initialize(first!.disk);
    first!.start();
    await rig.time.advance(1_000);
    assert.ok(isInitialized(first!.disk));
    first!.cutPower();
    first!.start();
    third!.start();
    await servesKept(rig);
  });

  test('that was in doubt votes when it was stopped and an operator says so', async () => {
    const rig = await twoWiped();
    const [first, second, third] = rig.servers;
    third!.start();
    initialize(second!.disk);
    second!.start();
    await rig.until('two serve', () => second!.view?.serving === true);
    first!.diskStepMicros = [20_000, 20_000];
    first!.start();
    await rig.until('it is in doubt', () => isInDoubt(first!.disk));
    await rig.time.advance(150);
    first!.kill();
    second!.kill();
    second!.disk = new MemoryDisk();
    assert.ok(isInDoubt(first!.disk), 'it has not come by the history');
    initialize(first!.disk);
    first!.start();
    await servesKept(rig);
  });

  test('of whose empty folder an operator has not spoken, leads nobody with db.autocreate=false', async () => {
    const rig = new EnsembleRig({ config: { dbAutocreate: false } });
    rig.start();
    await rig.time.advance(20_000);
    assert.is(rig.leader, undefined);
    for (const id of [1, 2]) {
      rig.servers[id - 1]!.kill();
      initialize(rig.servers[id - 1]!.disk);
      rig.servers[id - 1]!.start();
    }
    await rig.until('all serve', () => rig.servers.every(({ view }) => view?.serving === true));
  });
});

suite('a server with data', (test) => {
  test('has no use for the word of an operator, and does not keep it', async () => {
    const rig = await twoWiped();
    const third = rig.servers[2]!;
    initialize(third.disk);
    third.start();
    assert.not.ok(isInitialized(third.disk));
    assert.is(rig.events.findLast(({ event }) => event === 'boot.initialize')?.server, 3);
    initialize(rig.servers[0]!.disk);
    rig.servers[0]!.start();
    await servesKept(rig);
  });

  test('that cannot be read is in doubt all the same', async () => {
    const rig = await twoWiped();
    const third = rig.servers[2]!;
    for (const { name } of third.disk.list('snapshots/')) {
      if (!name.startsWith('snapshot.')) continue;
      third.disk.perform([{ step: 'remove', file: `snapshots/${name}` }]);
    }
    initialize(third.disk);
    third.start();
    initialize(rig.servers[0]!.disk);
    rig.servers[0]!.start();
    await rig.time.advance(10_000);
    assert.is(rig.leader, undefined);
  });
});
