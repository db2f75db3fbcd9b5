/** Puts jobs and takes jobs, confirms most of them, gives some back, and sleeps over others. */
import { text } from '@vivarium/core';
import type { Claim, WaitOptions } from '@vivarium/recipes';
import { placeOf } from '../../judges/recipes/places.js';
import { during, ENOUGH, excused, type Player, patience, sleep, takeTurns } from './player.js';

/** No job is given up: whoever looks for it must find it done. */
const MAX_ATTEMPTS = 1_000_000;

export async function playWorkQueue(player: Player): Promise<void> {
  const { zk, recipes, random, judges } = player;
  const { jobs } = judges;
  const options = { maxAttempts: MAX_ATTEMPTS };
  const queue = recipes.workQueue(zk, placeOf('work-queue'), text, options);
  const putOne = async () => {
    const value = jobs.puts(player.name);
    const putting = queue.put(value, { priority: random.between(0, 2), ...hurry(player) }).then(
      () => jobs.putting(value, 'put'),
      (error: unknown) => {
        const isUnknown = recipes.isRecipeError(error, 'UNKNOWN_OUTCOME', 'TIMED_OUT');
        jobs.putting(value, isUnknown ? 'unknown' : 'refused');
        throw error;
      },
    );
    await excused(player, putting);
  };
  const takeOne = async (options: WaitOptions) => {
    const claim = await excused(player, queue.take(options));
    if (claim !== undefined) await handle(player, claim);
  };
  const drain = async () => {
    while (!jobs.areDone) {
      const enough = new AbortController();
      const taking = takeOne({ signal: enough.signal }).finally(() => enough.abort(ENOUGH));
      await Promise.all([taking, untilDone(player, enough)]);
    }
  };
  await takeTurns(player, async (isLast) => {
    if (isLast) {
      await during(player, 'all jobs to be done', drain());
      return true;
    }
    if (random.chance(0.5)) await putOne();
    await takeOne({ timeoutMs: random.between(1, 500) });
    return true;
  });
}

/** Ends a wait for a job when there is none to come, and when one has come. */
async function untilDone(player: Player, enough: AbortController): Promise<void> {
  while (!player.judges.jobs.areDone && !enough.signal.aborted) await sleep(player, 50);
  enough.abort(ENOUGH);
}

function hurry(player: Player): { timeoutMs: number | undefined } {
  return { timeoutMs: patience(player, false) };
}

async function handle(player: Player, claim: Claim<string>): Promise<void> {
  const { name, recipes, random, judges, marks, isLive } = player;
  const { jobs, holds } = judges;
  const thing = `job ${claim.id}`;
  jobs.took(name, claim);
  holds.took(thing, name, claim);
  await sleep(player, random.between(0, random.pick([5, 50, 500])));
  holds.uses(thing, claim);
  if (random.chance(0.2)) await excused(player, claim.nack());
  else {
    jobs.confirms(claim, isLive);
    const confirming = claim.ack().then(
      () => jobs.confirmed(name, claim),
      (error: unknown) => {
        jobs.notConfirmed(claim, recipes.isRecipeError(error, 'UNKNOWN_OUTCOME'));
        if (recipes.isRecipeError(error, 'HOLD_LOST', 'HOLD_REVOKED')) marks.hit('job-lost');
        throw error;
      },
    );
    await excused(player, confirming);
  }
  holds.gave(thing, claim);
}
