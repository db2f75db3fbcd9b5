/**
 * A learner hears its leader, and the leader does not hear it: what its client says comes no
 * further, and it may not go on saying that the session lives. The client says no more in the end.
 */
import type { FaultWorld } from '../fault-world.js';
import type { SimServer } from '../sim-server.js';
import { canDecide, keepPinging, later, type Plot, part, settledLeader, when } from './scene.js';

export const mute: Plot = (world, random, told) => {
  const { servers, swarm, participants } = world;
  const leader = settledLeader(world);
  if (leader === undefined) return undefined;
  const learners = servers.filter((server) => {
    return server !== leader && isLearner(server) && canDecide(world, without(world, server));
  });
  if (learners.length === 0) return undefined;
  const learner = random.pick(learners);
  const { tickTime } = swarm;
  const goesOn = random.chance(0.5);
  const ticks = random.between(5, 10);
  const silentMs = tickTime * (goesOn ? 1 : random.between(2, 4));
  const wordMs = (random.between(0, 100) / 100) * (tickTime / 2);
  const muteMs = (ticks + 5) * tickTime + learner.syncMs;
  const dies = !goesOn && random.chance(0.5);

  const silence = () => {
    if (settledLeader(world) !== leader || !envoy.isIn) return;
    told(`${learner.name} is not heard for ${muteMs} ms`);
    part(world, [learner, leader], muteMs);
    if (goesOn) return;
    later(world, wordMs, () => {
      envoy.ask('ping', () => {
        if (dies && learner.isUp) learner.kill();
      });
    });
  };

  const envoy = participants.envoy(tickTime * ticks);
  envoy.go(learner.local.address);
  when(
    world,
    () => envoy.isIn,
    () => {
      envoy.ask('ping');
      if (goesOn) keepPinging(world, envoy, tickTime / 3);
      later(world, silentMs, silence);
    },
  );
  return silentMs + muteMs + 500;
};

function isLearner({ local: { view } }: SimServer): boolean {
  return view?.serving === true && (view.mode === 'follower' || view.mode === 'observer');
}

function without({ servers }: FaultWorld, one: SimServer): SimServer[] {
  return servers.filter((server) => server !== one && server.isUp);
}
