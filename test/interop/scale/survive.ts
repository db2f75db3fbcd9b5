/** Thousands of sessions over three servers, and the leader is killed. */

import { Random } from '../back-to-back/random.js';
import { readLogs } from '../data-files.js';
import { Ensemble } from '../ensemble/ensemble.js';
import type { ServerKind } from '../server-process.js';
import { SessionCrowd } from './session-crowd.js';

const TIMEOUT_MS = 30_000;
const OPEN_LIMIT_MS = 240_000;
const BACK_LIMIT_MS = 120_000;
const SETTLE_MS = 2000;
const CLOSE_SESSION = -11;
/** An ordinary server's heap. */
const JVM = ['-Xms256m', '-Xmx1g', '-XX:+UseSerialGC'];

// A type and not an interface, so that it is JSON to the compiler.
export type Survival = {
  readonly openMs: number;
  /** From the kill until every session was attached again. */
  readonly backMs: number;
  readonly expired: number;
};

export async function survive(kind: ServerKind, sessions: number): Promise<Survival> {
  const config = { tickTime: 2000, initLimit: 10, syncLimit: 5 };
  const ensemble = await Ensemble.create({ kinds: [kind, kind, kind], config, jvmArgs: JVM });
  let crowd: SessionCrowd | undefined;
  try {
    await ensemble.start();
    const began = performance.now();
    const places = ensemble.members.map(({ host, port }) => ({ host, port }));
    crowd = new SessionCrowd({ sessions, timeoutMs: TIMEOUT_MS, places, random: new Random(1) });
    await crowd.untilAllAttached(OPEN_LIMIT_MS);
    const openMs = performance.now() - began;
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const leader = await ensemble.untilLed();
    const killedAt = performance.now();
    await leader.kill();
    await crowd.untilCut(BACK_LIMIT_MS);
    await crowd.untilAllAttached(BACK_LIMIT_MS);
    const backMs = performance.now() - killedAt;
    const survivor = ensemble.running[0]!;
    const ended = readLogs(survivor.dataDir).filter(({ header }) => header.type === CLOSE_SESSION);
    return { openMs, backMs, expired: crowd.expired + ended.length };
  } catch (error) {
    throw new Error(`${String(error)}\n${ensemble.logs()}`, { cause: error });
  } finally {
    crowd?.leave();
    await ensemble.destroy();
  }
}
