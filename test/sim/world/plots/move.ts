/**
 * A client writes through a learner that its leader does not hear for a while, does not wait, and
 * goes to another server with its session. What it has left behind comes late, and is refused.
 */
import { followersOf, later, type Plot, part, settledLeader, when } from './scene.js';

export const move: Plot = (world, random, told) => {
  const leader = settledLeader(world);
  if (leader === undefined) return undefined;
  const followers = followersOf(world, leader);
  if (followers.length === 0) return undefined;
  const first = random.pick(followers);
  const second = random.pick([leader, ...followers].filter((server) => server !== first));
  const { tickTime } = world.swarm;
  const muteMs = random.between(tickTime, leader.syncMs - tickTime / 2);
  const leavesMs = random.between(1, 60);
  const writesAgain = random.chance(0.5);

  const moves = () => {
    envoy.go(second.local.address, () => {
      envoy.ask(writesAgain ? 'write' : 'sync', () => envoy.ask('look'));
    });
  };

  const envoy = world.participants.envoy(tickTime * random.between(5, 10));
  envoy.go(first.local.address);
  when(
    world,
    () => envoy.isIn,
    () => {
      part(world, [first, leader], muteMs);
      told(`${envoy.name} goes from ${first.name} to ${second.name}, after ${leavesMs} ms`);
      envoy.ask('write');
      later(world, leavesMs, moves);
    },
  );
  return muteMs + 1_000;
};
