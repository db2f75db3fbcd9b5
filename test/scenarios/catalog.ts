/** The suites that are played with many seeds. A suite knows nothing of the world it runs in. */
import type { BootLocal } from '@vivarium/core/internal/local/machine';
import { declareClient } from '../compliance/client-suite.js';
import { declareRecipes } from '../recipes/recipes-suite.js';
import { type CollectedTest, collectTests } from '../support/suite.js';
import { failingServersSuite } from './failing-servers-suite.js';
import { movingClientsSuite } from './moving-clients-suite.js';
import { play } from './play.js';
import { SeededWorld } from './seeded-world.js';
import { silentClientsSuite } from './silent-clients-suite.js';

let current: SeededWorld | undefined;

const tests = collectTests(() => {
  const open = async () => current!;
  declareClient('client', open);
  declareRecipes('recipes', open);
  movingClientsSuite('ensemble', open);
  silentClientsSuite('ensemble', open);
  failingServersSuite('ensemble', open);
});

/** Names of all tests that any seed can play: `SUITE › NAME`. */
export const titles: readonly string[] = tests.map(titleOf);

export interface Played {
  /** Of what went wrong; none when the test passed. */
  readonly errors: readonly Error[];
  /** Another run of the seed has the same. */
  readonly trace: number;
  readonly virtualMs: number;
}

/** Plays one of the tests in the world of a seed. Only one can be played at a time. */
export async function playSeed(title: string, seed: number, boot?: BootLocal): Promise<Played> {
  const test = tests[titles.indexOf(title)];
  if (test === undefined) throw new Error(`there is no scenario named '${title}'`);
  const world = await SeededWorld.open(seed, boot);
  current = world;
  const errors = await play(test, world);
  return { errors, trace: world.trace, virtualMs: world.ensemble.now };
}

function titleOf({ suite, name }: CollectedTest): string {
  return `${suite} › ${name}`;
}
