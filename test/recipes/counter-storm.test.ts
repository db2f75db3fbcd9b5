/**
 * A counter over an ensemble in bad weather: its servers are killed, paused and cut off from each
 * other, and clients go from one to the next, or are away for longer than their sessions live.
 * Whatever happens, each call was added once when it says so, and at most once when it does not
 * know.
 */
import type { Client } from '@vivarium/core';
import { startLocal } from '@vivarium/core/local';
import { type Counter, counter, isRecipeError } from '@vivarium/recipes';
import * as assert from 'uvu/assert';
import { suite } from '../support/suite.js';
import { Random } from '../unit/tree/random.js';
import { badWeather } from './bad-weather.js';

const CLIENTS = 4;
const STORM_MS = 30_000;
const config = { tickTime: 200, minSessionTimeout: 500 };

interface Told {
  readonly sum: bigint;
  readonly term: bigint;
}

suite('a counter in bad weather', (test) => {
  for (const seed of [1, 2, 4]) {
    test(
      `has each call added once, or none the wiser at most once (${seed})`,
      async (t) => {
        const world = await startLocal({ servers: 3, time: 'virtual', seed, config });
        t.cleanup(() => world.stop());
        const clients: Client[] = [];
        for (let i = 0; i < CLIENTS; i++) {
          const zk = await world.connect({ sessionTimeoutMs: 2_000 });
          t.cleanup(() => world.until(zk.close()));
          clients.push(zk);
        }
        const random = new Random(seed);
        const told: Told[] = [];
        const doubtful: bigint[] = [];
        let isOver = false;
        const pause = (ms: number) =>
          new Promise<void>((resolve) => clients[0]!.clock.setTimer(ms, resolve));

        const addTo = async (shared: Counter) => {
          while (!isOver) {
            // No sum of some of these is likely to be that of others.
            const term = BigInt(1 + random.below(2 ** 31)) * BigInt(1 + random.below(2 ** 20));
            try {
              told.push({ sum: await shared.add(term), term });
            } catch (error) {
              if (!isRecipeError(error, 'UNKNOWN_OUTCOME')) throw error;
              doubtful.push(term);
            }
            await pause(random.below(30));
          }
        };

        const blow = async () => {
          await badWeather({ world, clients, random, pause, forMs: STORM_MS, cutOffs: 2 });
          isOver = true;
        };

        const counters = clients.map((zk) => counter(zk, '/deep/down/sum'));
        await world.until(Promise.all([blow(), ...counters.map(addTo)]));

        const sum = await world.until(counters[0]!.get());
        const sessions = clients.reduce((all, zk) => all + zk.session!.epoch, 0);
        assert.ok(told.length > 200, `${told.length} were told`);
        assert.ok(sessions > CLIENTS);
        told.sort((a, b) => (a.sum < b.sum ? -1 : 1));
        let [rest, before] = [[...doubtful] as readonly bigint[], 0n];
        for (const each of [...told, { sum, term: 0n }]) {
          const gap = each.sum - before - each.term;
          const used = termsOf(gap, rest);
          if (used === undefined) throw new Error(`${each.sum} follows ${before}: ${gap} too much`);
          rest = rest.filter((term) => !used.includes(term));
          before = each.sum;
        }
        const names = await world.until(clients[0]!.children('/deep/down/sum'));
        assert.ok(names.children.length <= CLIENTS);
        await world.advance(5_000);
        const later = await world.until(clients[0]!.children('/deep/down/sum'));
        assert.equal(later.children, []);
      },
      { timeoutMs: 60_000 },
    );
  }
});

/** Some of the terms whose sum is the gap. */
function termsOf(gap: bigint, terms: readonly bigint[]): readonly bigint[] | undefined {
  if (gap === 0n) return [];
  for (const [at, term] of terms.entries()) {
    if (term > gap) continue;
    const others = termsOf(gap - term, terms.slice(at + 1));
    if (others !== undefined) return [term, ...others];
  }
  return undefined;
}
