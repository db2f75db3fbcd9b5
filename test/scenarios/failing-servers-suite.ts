/** Servers that go, one after the other or all at once, and clients that do. */
import { acquireLock, campaign$, joinGroup, members$ } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { record } from '../compliance/observe.js';
import { suite } from '../support/suite.js';
import { type Actor, actorOf, Exclusion, pause } from './cast.js';
import type { SeededWorld } from './seeded-world.js';

const TICK_MS = 500;

export function failingServersSuite(name: string, open: () => Promise<SeededWorld>): void {
  suite(`${name}: servers that fail`, (test) => {
    test('for three timeouts cost the locks, and no member its place (19)', async (t) => {
      const world = await open();
      const timeoutMs = 3_000;
      const options = { sessionTimeoutMs: timeoutMs };
      const crowd = await Promise.all(
        Array.from({ length: CROWD }, () => actorOf(t, world, options)),
      );
      await Promise.all(crowd.map(({ zk }, at) => joinGroup(zk, '/group', { id: `member-${at}` })));
      const holders = crowd.slice(0, HOLDERS);
      const holds = await Promise.all(holders.map(({ zk }, at) => acquireLock(zk, `/lock-${at}`)));
      const onlooker = await actorOf(t, world, options);
      const seen = record(t, members$(onlooker.zk, '/group'));
      await seen.until(({ size }) => size === CROWD);
      const { length: shown } = seen.values;
      const sessions = crowd.map(({ zk }) => zk.session!.id);
      const down = world.ensemble.servers.slice(1);
      for (const server of down) server.kill();
      await pause(t, 3 * timeoutMs);
      for (const hold of holds) assert.is(hold.status, 'lost');
      for (const server of down) server.start();
      await Promise.all(crowd.map(({ zk }) => zk.sync()));
      assert.equal(
        crowd.map(({ zk }) => zk.session!.id),
        sessions,
      );
      await onlooker.zk.sync();
      await pause(t, timeoutMs);
      assert.is(seen.values.length, shown);
      await Promise.all(
        holders.map(async ({ zk }, at) => (await acquireLock(zk, `/lock-${at}`)).release()),
      );
    });

    test('one after the other do not stop locks from going round (27)', async (t) => {
      const world = await open();
      const actors = await Promise.all(Array.from({ length: 5 }, () => actorOf(t, world)));
      const exclusion = new Exclusion();
      let isOver = false;
      const cycle = async (actor: Actor) => {
        while (!isOver) {
          const hold = await acquireLock(actor.zk, '/lock');
          const leave = exclusion.enter(hold, actor);
          await pause(t, 20);
          leave();
          await hold.release();
        }
      };
      const cycling = Promise.all(actors.map(cycle));
      const roundsIn = async (ms: number) => {
        const before = exclusion.granted;
        await pause(t, ms);
        return exclusion.granted - before;
      };
      const before = await roundsIn(5_000);
      for (const server of world.ensemble.servers) {
        server.kill();
        await pause(t, 200);
        server.start();
        await pause(t, 3_000);
      }
      await pause(t, 5_000);
      const after = await roundsIn(5_000);
      isOver = true;
      await cycling;
      assert.ok(after > before / 2, `${before} rounds before, ${after} after`);
    });

    test('all at once leave one of two candidates the leader, and it stays (43)', async (t) => {
      const world = await open();
      const pair = [await actorOf(t, world), await actorOf(t, world)] as const;
      const roles = pair.map(({ zk }, at) =>
        record(t, campaign$(zk, '/election', { id: `c${at}` })),
      );
      const leaders = () => roles.filter(({ last }) => last?.role === 'leader').length;
      while (leaders() < 1) await pause(t, 10);
      await pair[0].zk.sync();
      while ((await pair[0].zk.children('/election')).children.length < 2) await pair[0].zk.sync();
      for (const server of world.ensemble.servers) server.cutPower();
      await pause(t, 100);
      for (const server of world.ensemble.servers) server.start();
      for (const { zk } of pair) await zk.sync();
      while (leaders() !== 1) await pause(t, 10);
      const said = () => roles.map(({ values }) => values.length);
      await pause(t, 1_000);
      const atRest = said();
      await pause(t, 60_000);
      assert.is(leaders(), 1);
      assert.equal(said(), atRest);
      for (const { errors } of roles) assert.equal(errors, []);
    });
  });

  suite(`${name}: clients that fail`, (test) => {
    test('by half in a queue hold up the others for no longer than their timeout (25)', async (t) => {
      const world = await open();
      const random = world.random('who dies');
      const timeoutMs = 1_500;
      const options = { sessionTimeoutMs: timeoutMs };
      const actors = await Promise.all(
        Array.from({ length: 20 }, () => actorOf(t, world, options)),
      );
      const keeper = await actorOf(t, world);
      const gate = await acquireLock(keeper.zk, '/lock');
      const doomed = new Set<Actor>();
      while (doomed.size < actors.length / 2) doomed.add(random.pick(actors));
      const exclusion = new Exclusion();
      const granted: number[] = [];
      const contend = async (actor: Actor) => {
        const hold = await acquireLock(actor.zk, '/lock');
        granted.push(t.clock.now());
        const leave = exclusion.enter(hold, actor);
        await pause(t, 10);
        leave();
        await hold.release();
      };
      const survivors = actors.filter((actor) => !doomed.has(actor)).map(contend);
      for (const { zk } of doomed) void acquireLock(zk, '/lock').catch(() => {});
      const stand = async () => {
        await keeper.zk.sync();
        return (await keeper.zk.children('/lock')).children.length;
      };
      while ((await stand()) < actors.length + 1) await pause(t, 10);
      for (const { host } of doomed) world.ensemble.isolate(host.place, true);
      const died = t.clock.now();
      await gate.release();
      await Promise.all(survivors);
      // A session ends by a tick of the server; each grant takes some ways to and fro.
      const allow = timeoutMs + 2 * TICK_MS + granted.length * GRANT_MS;
      assert.ok(granted.at(-1)! < died + allow, `${granted.at(-1)! - died} ms`);
      await pause(t, Math.max(0, died + 2 * timeoutMs + TICK_MS - t.clock.now()));
      assert.is(await stand(), 0);
    });
  });
}

const CROWD = 60;
const HOLDERS = 12;
/** Most that it takes from one release to the next in the farthest world. */
const GRANT_MS = 1_000;
