/** The suites that are played with many seeds. A suite knows nothing of the world it runs in. */
import { declareClient } from '../compliance/client-suite.js';
import type { Target } from '../compliance/target.js';
import { declareRecipes } from '../recipes/recipes-suite.js';
import { type CollectedTest, collectTests } from '../support/suite.js';
import { play } from './play.js';
import { SeededWorld } from './seeded-world.js';

let current: Target | undefined;

const tests = collectTests(() => {
  const open = async (): Promise<Target> => current!;
  declareClient('client', open);
  declareRecipes('recipes', open);
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
export async function playSeed(title: string, seed: number): Promise<Played> {
  const test = tests[titles.indexOf(title)];
  if (test === undefined) throw new Error(`there is no scenario named '${title}'`);
  const world = await SeededWorld.open(seed);
  current = world;
  const errors = await play(test, world);
  return { errors, trace: world.trace, virtualMs: world.ensemble.now };
}

function titleOf({ suite, name }: CollectedTest): string {
  return `${suite} › ${name}`;
}
