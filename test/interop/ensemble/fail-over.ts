/** How long nobody can write when the leader has been killed. */
import type { ServerKind } from '../server-process.js';
import { Ensemble } from './ensemble.js';
import { SteadyWriter } from './steady-writer.js';

/** ZooKeeper's own example, which its users have. */
const CONFIG = { tickTime: 2000, initLimit: 10, syncLimit: 5 };
const SETTLE_MS = 700;
const LIMIT_MS = 60_000;

/**
 * Kills the leader of one ensemble again and again while a client on each server writes without a
 * pause, and returns each time from the kill to the first acknowledgement of a write that was sent
 * after it, in milliseconds. Connections to the servers that survive are open when it happens.
 */
export async function failOver(kind: ServerKind, kills: number): Promise<readonly number[]> {
  const ensemble = await Ensemble.create({ kinds: [kind, kind, kind], config: CONFIG });
  const writers = ensemble.members.map((member) => new SteadyWriter(member));
  const times: number[] = [];
  try {
    await ensemble.start();
    for (const writer of writers) writer.start();
    while (times.length < kills) {
      await allWrite(writers);
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      const leader = await ensemble.untilLed();
      const next = nextWrite(writers);
      const killedAt = performance.now();
      const ended = leader.kill();
      times.push((await next(killedAt)) - killedAt);
      await ended;
      await leader.launch();
      await ensemble.untilServing();
    }
  } catch (error) {
    throw new Error(`${String(error)}\n${ensemble.logs()}`, { cause: error });
  } finally {
    await Promise.all(writers.map((writer) => writer.stop()));
    await ensemble.destroy();
  }
  return times;
}

/** Waits until each client has had a write acknowledged. */
async function allWrite(writers: readonly SteadyWriter[]): Promise<void> {
  await Promise.all(
    writers.map(async (writer) => {
      await nextWrite([writer])(performance.now());
    }),
  );
}

/** From now on looks for the first acknowledged write of those sent after a time. */
function nextWrite(writers: readonly SteadyWriter[]): (after: number) => Promise<number> {
  return (after) =>
    new Promise((resolve, reject) => {
      const late = () => reject(new Error(`no write is acknowledged within ${LIMIT_MS} ms`));
      const timer = setTimeout(late, LIMIT_MS);
      for (const writer of writers) {
        writer.onAcknowledged = ({ sentAt, heardAt }) => {
          if (sentAt < after) return;
          clearTimeout(timer);
          for (const each of writers) each.onAcknowledged = () => {};
          resolve(heardAt);
        };
      }
    });
}
