/** Creations whose client goes to another server before it has heard of them. */
import { acquireLock, counter, pendingCleanups$, withLock } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { errorOf, record } from '../compliance/observe.js';
import { suite } from '../support/suite.js';
import { type Actor, actorOf, keepFrom, pause } from './cast.js';
import type { SeededWorld } from './seeded-world.js';

/** Resolves when the next thing that the client says has had time to get to the leader. */
async function nextSaid(t: Parameters<typeof actorOf>[0], { zk }: Actor): Promise<void> {
  while (zk.stats().inFlight === 0) await Promise.resolve();
  await pause(t, TO_THE_LEADER_MS);
}
/** Two ways of the farthest world, and who stands still for a moment on each. */
const TO_THE_LEADER_MS = 250;
/** So slow that what was proposed is not committed for seconds, and nobody is given up for it. */
const SLOW_DISKS = [600_000, 900_000] as const;
const FAST_DISKS = [5, 200] as const;

export function movingClientsSuite(name: string, open: () => Promise<SeededWorld>): void {
  suite(`${name}: a node whose client moves`, (test) => {
    test('is one, though the next server does not know of it yet (2)', async (t) => {
      const world = await open();
      const [leader, here, there] = world.roles;
      const a = await actorOf(t, world, {}, [here!, there!]);
      const b = await actorOf(t, world, {}, [leader]);
      await a.zk.create('/lock');
      await b.zk.sync();
      world.ensemble.slowDisks(SLOW_DISKS);
      t.cleanup(() => world.ensemble.slowDisks(FAST_DISKS));
      a.faults.deaf = true;
      const acquiring = acquireLock(a.zk, '/lock');
      await nextSaid(t, a);
      a.faults.deaf = false;
      keepFrom(a, here!);
      const hold = await acquiring;
      world.ensemble.slowDisks(FAST_DISKS);
      await b.zk.sync();
      assert.equal((await b.zk.children('/lock')).children, [hold.path.split('/').at(-1)]);
      const stat = await b.zk.exists('/lock');
      assert.is(stat!.cversion, 1);
      assert.is((await b.zk.exists(hold.path))!.czxid, hold.token.zxid);
    });

    test('is one, though the creation comes late from the server before (3)', async (t) => {
      const world = await open();
      const [leader, here, there] = world.roles;
      const a = await actorOf(t, world, {}, [here!, there!]);
      const b = await actorOf(t, world, {}, [leader]);
      await a.zk.create('/lock');
      await a.zk.sync();
      here!.partitionFrom(leader);
      const acquiring = acquireLock(a.zk, '/lock');
      await nextSaid(t, a);
      keepFrom(a, here!);
      const hold = await acquiring;
      world.ensemble.heal();
      await pause(t, TO_THE_LEADER_MS);
      await b.zk.sync();
      assert.equal((await b.zk.children('/lock')).children, [hold.path.split('/').at(-1)]);
      assert.is((await b.zk.exists('/lock'))!.cversion, 1);
      await hold.release();
    });

    test('is one, though the transaction that makes it comes late (4)', async (t) => {
      const world = await open();
      const [leader, here, there] = world.roles;
      const a = await actorOf(t, world, {}, [here!, there!]);
      const b = await actorOf(t, world, {}, [leader]);
      await a.zk.create('/folder');
      const ours = counter(a.zk, '/counter');
      assert.is(await ours.add(1), 1n);
      await record(t, pendingCleanups$(a.zk)).until((count) => count === 0);
      const { version } = (await a.zk.exists('/counter'))!;
      here!.partitionFrom(leader);
      const adding = ours.add(10);
      const op = { op: 'create', path: '/folder/one-', mode: 'persistentSequential' } as const;
      const doubtful = errorOf(a.zk.multi([op]));
      await nextSaid(t, a);
      keepFrom(a, here!);
      // Whoever looks behind a sync finds that it has not been made, and never will be.
      assert.match(String(await doubtful), /CONNECTION_LOSS/);
      await a.zk.sync();
      assert.equal((await a.zk.children('/folder')).children, []);
      await a.zk.multi([op]);
      assert.is(await adding, 11n);
      world.ensemble.heal();
      await pause(t, TO_THE_LEADER_MS);
      await b.zk.sync();
      assert.is((await b.zk.children('/folder')).children.length, 1);
      assert.is((await b.zk.exists('/counter'))!.version, version + 1);
    });

    test('is gone a second after its client is back that gave it up (8)', async (t) => {
      const world = await open();
      const [leader, here, there] = world.roles;
      const a = await actorOf(t, world, {}, [here!, there!]);
      const b = await actorOf(t, world, {}, [leader]);
      await b.zk.create('/lock');
      await a.zk.sync();
      const giveUp = new AbortController();
      a.faults.deaf = true;
      const ended = errorOf(acquireLock(a.zk, '/lock', { signal: giveUp.signal }));
      await nextSaid(t, a);
      await b.zk.sync();
      assert.is((await b.zk.children('/lock')).children.length, 1);
      giveUp.abort('enough');
      assert.is(await ended, 'enough');
      let next = 'waits';
      const entering = withLock(b.zk, '/lock', () => {
        next = 'is in';
      });
      a.faults.deaf = false;
      keepFrom(a, here!);
      await record(t, a.zk.state$).until(({ type }) => type === 'connected');
      await pause(t, 1_000);
      assert.is(next, 'is in');
      await entering;
      assert.equal((await b.zk.children('/lock')).children, []);
    });
  });
}
