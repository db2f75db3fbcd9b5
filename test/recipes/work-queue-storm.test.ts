/**
 * A work queue over an ensemble in bad weather: its servers are killed, paused and cut off from
 * each other, and clients go from one to the next, or are away for longer than their sessions live.
 * Whatever happens, no two are certain of one job, each job that was put is done, and at most one
 * delivery of each is confirmed.
 */
import { type Client, text } from '@vivarium/core';
import { startLocal } from '@vivarium/core/local';
import { type Claim, isRecipeError, type WorkQueue, workQueue } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { Random } from '../unit/tree/random.js';
import { badWeather } from './bad-weather.js';

const PRODUCERS = 2;
const CONSUMERS = 3;
const STORM_MS = 8_000;
const config = { tickTime: 200, minSessionTimeout: 500 };

interface Fate {
  readonly id: string;
  readonly claims: Claim<string>[];
  /** How often it was confirmed, for certain and perhaps. */
  done: number;
  inDoubt: number;
}

suite('a work queue in bad weather', (test) => {
  for (const seed of [1, 3]) {
    test(
      `has each job done, and confirmed at most once (${seed})`,
      async (t) => {
        const world = await startLocal({ servers: 3, time: 'virtual', seed, config });
        t.cleanup(() => world.stop());
        const clients: Client[] = [];
        for (let i = 0; i < PRODUCERS + CONSUMERS; i++) {
          const zk = await world.connect({ sessionTimeoutMs: 2_000 });
          t.cleanup(() => world.until(zk.close()));
          clients.push(zk);
        }
        const random = new Random(seed);
        const [put, doubtful] = [new Set<string>(), new Set<string>()];
        const fates = new Map<string, Fate>();
        const stop = new AbortController();
        let isOver = false;
        let lost = 0;
        const pause = (ms: number) =>
          new Promise<void>((resolve) => clients[0]!.clock.setTimer(ms, resolve));

        const produce = async (queue: WorkQueue<string>, who: number) => {
          for (let count = 0; !isOver; count++) {
            const value = `${who}-${count}`;
            const delayMs = random.chance(20) ? random.below(1_000) : 0;
            try {
              await queue.put(value, { delayMs, priority: random.below(3) });
              put.add(value);
            } catch (error) {
              if (!isRecipeError(error, 'UNKNOWN_OUTCOME')) throw error;
              doubtful.add(value);
            }
            await pause(random.below(800));
          }
        };

        const handle = async (claim: Claim<string>) => {
          const { id, value } = claim;
          const fate = fates.get(value) ?? { id, claims: [], done: 0, inDoubt: 0 };
          fates.set(value, fate);
          assert.is(fate.id, id, `${value} was put twice`);
          for (const other of fate.claims) {
            assert.not(other.isCertain(), 'two are certain of one job');
            assert.is(claim.token.compare(other.token), 1);
          }
          fate.claims.push(claim);
          await pause(random.below(1_200));
          try {
            if (random.chance(10)) throw new Error('it failed');
            await claim.ack();
            fate.done++;
          } catch (error) {
            if (isRecipeError(error, 'UNKNOWN_OUTCOME')) fate.inDoubt++;
            else if (isRecipeError(error)) lost++;
            throw error;
          }
        };

        const blow = async () => {
          await badWeather({ world, clients, random, pause, forMs: STORM_MS, cutOffs: 3 });
          isOver = true;
        };

        const options = { maxAttempts: 1_000 };
        const queues = clients.map((zk) => workQueue(zk, '/queues/storm', text, options));
        const working = Promise.all(
          queues
            .slice(PRODUCERS)
            .map((queue) => queue.work(handle, { concurrency: 3, signal: stop.signal })),
        );
        working.catch(() => {});
        const producing = queues.slice(0, PRODUCERS).map(produce);
        await world.until(Promise.race([Promise.all([blow(), ...producing]), working]));
        const depth = { waiting: 1, claimed: 0, dead: 0 };
        const watching = queues[0]!.depth$.subscribe((now) => void Object.assign(depth, now));
        for (let turn = 0; turn < 60 && depth.waiting + depth.claimed > 0; turn++) {
          await world.advance(500);
        }
        watching.unsubscribe();
        assert.equal(depth, { waiting: 0, claimed: 0, dead: 0 });
        stop.abort('enough');
        await world.until(working);

        const sessions = clients.reduce((all, zk) => all + zk.session!.epoch - 1, 0);
        assert.ok(put.size > 15 && sessions + lost > 0, `${put.size} ${sessions} ${lost}`);
        for (const value of put) assert.ok(fates.has(value), `${value} was lost`);
        for (const [value, { done, inDoubt }] of fates) {
          assert.ok(put.has(value) || doubtful.has(value));
          assert.ok(done <= 1 && done + inDoubt >= 1, `${value}: ${done}, ${inDoubt} in doubt`);
        }
        await world.advance(5_000);
        for (const folder of ['jobs', 'claims', 'proofs', 'dead', 'takers']) {
          const stat = await world.until(clients[0]!.exists(`/queues/storm/${folder}`));
          assert.is(stat?.numChildren ?? 0, 0, folder);
        }
      },
      { timeoutMs: 60_000 },
    );
  }
});
