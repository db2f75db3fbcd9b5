/** Does one case with one contestant. */
import type { RecipeCase } from './cases.js';
import type { Contestant } from './stage.js';
import { requestsOf } from './stage.js';

export interface Measured {
  /** In milliseconds. */
  readonly times: readonly number[];
  /** What the servers were asked for all of them together, where that was counted. */
  readonly requests?: number;
}

/** The session of a process that is killed: the least that a tick of 2 s allows. */
const KILLED_SESSION_MS = 4_000;
const CANDIDATES_BESIDE = 4;

let elections = 0;

/** Measures a case; `times` says how often it is done. */
export async function measure(
  contestant: Contestant,
  { name, order, countsRequests = false }: RecipeCase,
  times: number,
): Promise<Measured> {
  if (name === 'leader killed') return { times: await killLeaders(contestant, times) };
  if (name === 'release 20' || name === 'release 200') {
    await contestant.side.ask('queue', Number(name.split(' ')[1]));
    const drained = await counted(contestant, () => contestant.side.ask('drain', times));
    await contestant.side.ask('disperse');
    return drained;
  }
  const work = () => contestant.side.ask(...order!, times);
  if (!countsRequests) return { times: await work() };
  // The first of a kind connects clients, makes folders, and leaves compiled code behind.
  await contestant.side.ask(...order!, 1);
  return counted(contestant, work);
}

async function counted(
  { servers }: Contestant,
  work: () => Promise<readonly number[]>,
): Promise<Measured> {
  const before = await requestsOf(servers);
  const times = await work();
  return { times, requests: (await requestsOf(servers)) - before };
}

/** Kills a process that leads, so many times, and tells how long nobody led. */
async function killLeaders(contestant: Contestant, count: number): Promise<number[]> {
  const { side } = contestant;
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const path = `/bench-recipes/killed-${contestant.subject}-${elections++}`;
    const victim = await contestant.another();
    try {
      await victim.ask('stand', path, 1, KILLED_SESSION_MS);
      await victim.ask('led');
      await side.ask('stand', path, CANDIDATES_BESIDE, KILLED_SESSION_MS);
      const began = performance.now();
      await victim.kill();
      await side.ask('led');
      times.push(performance.now() - began);
      await side.ask('withdraw');
    } finally {
      await victim.kill();
    }
  }
  return times;
}
