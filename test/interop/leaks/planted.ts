/** Leaks that are put in, one of each kind, to see that each is found. */
import type { LeakCase } from './cases.js';
import type { Finding } from './measure.js';
import type { World } from './world.js';

export interface PlantedLeak extends LeakCase {
  /** What it has to be found by. */
  readonly foundBy: Finding['what'];
}

const FEW = { operations: 2_000, shortOperations: 1_000 };

/** How long to wait for what will not end. */
export const PLANTED_SETTLE_MS = 100;

/**
 * All of them, with nothing left yet; `cleanUp` takes away what is left, so that the next one is
 * found by its own.
 */
export function plantLeaks(): { leaks: readonly PlantedLeak[]; cleanUp: () => void } {
  const left: (() => void)[] = [];
  /** One for each hundred times is enough for what is counted. */
  const seldom =
    (leave: (world: World, number: number) => (() => void) | Promise<() => void>) =>
    async (world: World, number: number) => {
      if (number % 100 === 0) left.push(await leave(world, number));
    };
  const leaks: readonly PlantedLeak[] = [
    {
      name: 'a subscription that stays',
      ...{ ...FEW, foundBy: 'entries' },
      work: seldom((world, n) => {
        const subscription = world.prompt.node$(world.node(n)).subscribe();
        return () => subscription.unsubscribe();
      }),
    },
    {
      name: 'a watch that stays',
      ...{ ...FEW, foundBy: 'watches' },
      work: seldom(async ({ prompt }, n) => {
        const path = `/nowhere-${n}`;
        const watch = () => {};
        await prompt.exists(path, { watch });
        return () => prompt.unwatch(path, 'data', watch);
      }),
    },
    {
      name: 'an ephemeral node that stays',
      ...{ ...FEW, foundBy: 'ephemerals' },
      work: seldom(async ({ zk }, n) => {
        const { path } = await zk.create(`/stays-${n}`, '', { mode: 'ephemeral' });
        return () => void zk.delete(path).catch(() => {});
      }),
    },
    {
      name: 'a listener of a signal that stays',
      ...{ ...FEW, foundBy: 'listeners' },
      work: seldom(({ signal }) => {
        const aborted = () => {};
        signal.addEventListener('abort', aborted);
        return () => signal.removeEventListener('abort', aborted);
      }),
    },
    {
      name: 'a timer that stays',
      ...{ ...FEW, foundBy: 'timers' },
      work: seldom(({ zk }) => zk.clock.setTimer(3_600_000, () => {})),
    },
    {
      name: 'an object that stays',
      ...{ ...FEW, foundBy: 'heap' },
      work: async (_, number) => {
        const numbers = Array.from({ length: 100 }, (_each, at) => at + number);
        left.push(() => void numbers.pop());
      },
    },
  ];
  return {
    leaks,
    cleanUp: () => {
      for (const undo of left.splice(0)) undo();
    },
  };
}
