/**
 * A session begins while a server is away. It is brought up to date, and then the leader goes: the
 * server that was away leads most likely, and must know the session.
 */
import {
  canDecide,
  followersOf,
  later,
  nextLeader,
  type Plot,
  settledLeader,
  when,
} from './scene.js';

const AWAY_MS = 3_000;

export const late: Plot = (world, random, told) => {
  const leader = settledLeader(world);
  if (leader === undefined) return undefined;
  const followers = followersOf(world, leader);
  if (!canDecide(world, followers)) return undefined;
  const comesLate = followers.at(-1)!;
  if (!canDecide(world, [leader, ...followers.slice(0, -1)])) return undefined;
  const envoy = world.participants.envoy(world.swarm.tickTime * random.between(8, 16));
  const upAfterMs = random.between(20, 200);
  const pauseMs = random.between(0, 100);

  const leave = () => {
    if (settledLeader(world) !== leader) return;
    const { name, local } = leader;
    world.lasting.begin([name], AWAY_MS, `join ${name}`, world.ways.isolate(local.address));
    leader.kill();
    when(
      world,
      () => nextLeader(world, leader) !== undefined,
      () => envoy.go(nextLeader(world, leader)!.local.address),
    );
  };

  told(`${comesLate.name} is away when the session of ${envoy.name} begins`);
  comesLate.kill();
  envoy.go(leader.local.address);
  later(world, upAfterMs, () => {
    if (!comesLate.isUp) comesLate.start();
  });
  const isBack = () => envoy.isIn && followersOf(world, leader).includes(comesLate);
  when(world, isBack, () => later(world, pauseMs, leave));
  return AWAY_MS + 2_000;
};
