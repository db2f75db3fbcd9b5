/**
 * A leader is stopped in its tracks for so long that there is another one; what its client has
 * asked waits in its sockets, which it reads before it looks at the time.
 */
import { canDecide, later, nextLeader, type Plot, settledLeader, when } from './scene.js';

/** No longer than a run has time for. */
const MOST_STALE_MS = 4_000;
const TICKS = 5;

export const sleep: Plot = (world, random, told) => {
  const leader = settledLeader(world);
  if (leader === undefined) return undefined;
  const others = world.servers.filter((server) => server !== leader);
  if (!canDecide(world, others) || leader.staleMs > MOST_STALE_MS) return undefined;
  const { tickTime } = world.swarm;
  const envoy = () => world.participants.envoy(TICKS * tickTime);
  const [asks, writes] = [envoy(), envoy()];
  const sleepsMs = leader.staleMs + random.between(20, 500);

  const fallAsleep = () => {
    if (settledLeader(world) !== leader) return;
    told(`${leader.name} sleeps for ${sleepsMs} ms after it was replaced`);
    const { local, name } = leader;
    local.pause();
    let isAsleep = true;
    const wakes = () => {
      if (isAsleep) leader.resume('sockets');
      isAsleep = false;
    };
    world.lasting.begin([name], 4 * leader.staleMs, `unpause ${name}`, wakes);
    for (let n = 0; n < 3; n++) asks.ask(n < 2 ? 'look' : 'ping');
    when(
      world,
      () => nextLeader(world, leader) !== undefined,
      () => {
        writes.go(nextLeader(world, leader)!.local.address, () => {
          writes.ask('write', () => later(world, sleepsMs, wakes));
        });
      },
    );
  };

  asks.go(leader.local.address);
  when(world, () => asks.isIn, fallAsleep);
  return 2 * leader.staleMs + 1_500;
};
