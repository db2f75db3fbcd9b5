/**
 * A program whose client takes servers too that are cut off from the others and answer reads only.
 * It changes nothing; what it is told may be old, but is on the disk of whoever tells it.
 */
import { type Client, isZkError } from '@vivarium/core';
import type { Random } from '@vivarium/core/internal/local/random';
import type { Marks } from '../marks.js';
import { demand } from '../violation.js';

export interface OnlookerParts {
  readonly zk: Client;
  readonly random: Random;
  readonly marks: Marks;
  readonly goesOn: () => boolean;
}

const PATHS = ['/sim', '/sim/r', '/sim/r/0', '/sim/e'];
const MOST_PAUSE_MS = 200;

/** Looks until the heal, and goes. */
export async function lookOn({ zk, random, marks, goesOn }: OnlookerParts): Promise<void> {
  const isCutOff = () => zk.state.type === 'connected' && zk.state.detail === 'readOnly';
  while (goesOn()) {
    const wasCutOff = isCutOff();
    const path = random.pick(PATHS);
    const error = random.chance(0.7)
      ? await problemOf(zk.exists(path))
      : await problemOf(zk.sync());
    if (wasCutOff && error === undefined && isCutOff()) marks.hit('read-only-answers');
    if (isZkError(error, 'NOT_READ_ONLY')) marks.hit('read-only-refuses');
    demand(error === undefined || isZkError(error), 'C16', () => `an onlooker: ${error}`);
    await new Promise<void>((resolve) => {
      zk.clock.setTimer(random.between(1, MOST_PAUSE_MS), resolve);
    });
  }
  await zk.close();
}

async function problemOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
    return undefined;
  } catch (error) {
    return error;
  }
}
