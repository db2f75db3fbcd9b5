/** Faults of clients, and of those who share a world with them. */
import type { FaultAct } from '../fault-world.js';
import { longTimes } from './choices.js';

export const clientFaults = {
  isolate: (world, random, took) => {
    const place = world.participants.anyPlace(random);
    if (place === undefined) return;
    const ms = random.between(1, random.pick([100, ...longTimes(world)]));
    world.lasting.begin([place], ms, `join ${place}`, world.ways.isolate(place));
    took(`${place} for ${ms} ms`);
  },
  'pause-client': (world, random, took) => {
    const place = world.participants.anyPlace(random);
    if (place === undefined) return;
    const ms = random.between(1, random.pick([20, ...longTimes(world)]));
    const resume = world.participants.pause(place);
    world.lasting.begin([place], ms, `unpause ${place}`, resume);
    took(`${place} for ${ms} ms`);
  },
  forsake: ({ participants }, random, took) => {
    const place = participants.anyPlace(random);
    if (place === undefined) return;
    participants.forsake(place, random);
    took(place);
  },
  expire: ({ participants }, random, took) => {
    const place = participants.anyPlace(random);
    if (place !== undefined && participants.expire(place)) took(place);
  },
} satisfies Readonly<Record<string, FaultAct>>;
