/** What is done to a fleet while it contends. */
import type { Random } from '../back-to-back/random.js';
import type { Disturbance } from './round.js';

const DOWN_MS = 300;
const LOOK_MS = 2;
/** All may be waiting for the session of a program that was killed. */
const LIMIT_MS = 60_000;

/** Ends a program at a moment at which it holds, and starts another in its place. */
export function killHolder(seat: string): Disturbance {
  return async ({ fleet, holders, rejoin }) => {
    const participant = fleet.at(seat);
    const deadline = performance.now() + LIMIT_MS;
    while (performance.now() < deadline) {
      if ((await holders()).includes(participant.name)) {
        // It may be about to let go: stopped, it cannot, and what it has sent has arrived soon.
        participant.pause();
        await sleep(DOWN_MS / 3);
        if ((await holders()).includes(participant.name)) {
          await participant.kill();
          await rejoin(seat);
          return `${participant.name} is killed while it holds`;
        }
        participant.resume();
      }
      await sleep(LOOK_MS);
    }
    throw new Error(`${participant.name} was never seen to hold`);
  };
}

/** Ends a program wherever it is, and starts another in its place. */
export function kill(seat: string): Disturbance {
  return async ({ fleet, rejoin }) => {
    const participant = fleet.at(seat);
    await participant.kill();
    await rejoin(seat);
    return `${participant.name} is killed`;
  };
}

/** Ends a server as a crash would, the leader or another, and starts it again. */
export function restartServer(which: 'leader' | 'follower', random: Random): Disturbance {
  return async ({ fleet: { ensemble } }) => {
    const leader = await ensemble.untilLed();
    const others = ensemble.members.filter((member) => member !== leader);
    const member = which === 'leader' ? leader : random.pick(others);
    await member.kill();
    await sleep(DOWN_MS);
    await member.launch();
    await ensemble.untilServing();
    return `server ${member.id}, ${which}, is killed and comes back`;
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
