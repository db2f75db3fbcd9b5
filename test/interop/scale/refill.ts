/** A follower whose disk was wiped is filled again from a leader with very many znodes. */
import { createFrame } from '../../bench/frames.js';
import { Lane } from '../../bench/lane.js';
import { fourLetterWord } from '../apache.js';
import { Ensemble } from '../ensemble/ensemble.js';
import type { Member } from '../ensemble/member.js';
import type { ServerKind } from '../server-process.js';

const LANES = 6;
const OUTSTANDING = 100;
/** Nodes below one parent, as a real tree has them: neither all in one nor each in its own. */
const PER_PARENT = 1000;
const SERVE_LIMIT_MS = 300_000;
const JVM = ['-Xms512m', '-Xmx3g'];
const value = Buffer.alloc(100, 'z');

// A type and not an interface, so that it is JSON to the compiler.
export type Refill = {
  readonly fillMs: number;
  /** From the start of the wiped follower's process until it serves all znodes, each time. */
  readonly servingMs: readonly number[];
};

export async function refill(kind: ServerKind, znodes: number, times: number): Promise<Refill> {
  // A million znodes take longer to send than the usual limit allows.
  const config = { tickTime: 2000, initLimit: 100, syncLimit: 20, snapCount: 200_000 };
  const kinds = [kind, kind, kind];
  const ensemble = await Ensemble.create({ kinds, config, jvmArgs: JVM });
  try {
    await ensemble.start();
    const leader = await ensemble.untilLed();
    const began = performance.now();
    await fill(leader, znodes);
    const fillMs = performance.now() - began;
    await ensemble.untilEqual(SERVE_LIMIT_MS);
    const servingMs: number[] = [];
    const followers = ensemble.members.filter((member) => member !== leader);
    for (let time = 0; time < times; time++) {
      const follower = followers[time % followers.length]!;
      const due = await nodesOf(leader);
      await follower.kill();
      follower.wipe();
      const startedAt = performance.now();
      await follower.launch();
      await follower.untilServing(SERVE_LIMIT_MS);
      servingMs.push(performance.now() - startedAt);
      const got = await nodesOf(follower);
      if (got !== due) throw new Error(`${got} nodes, not ${due}, came back to the follower`);
    }
    return { fillMs, servingMs };
  } catch (error) {
    throw new Error(`${String(error)}\n${ensemble.logs()}`, { cause: error });
  } finally {
    await ensemble.destroy();
  }
}

async function fill({ host, port }: Member, znodes: number): Promise<void> {
  let errors = 0;
  const onReply = (_: number, error: number) => {
    if (error !== 0) errors += 1;
  };
  const opening = Array.from({ length: LANES }, () => Lane.open(port, { onReply }, 60_000, host));
  const lanes = await Promise.all(opening);
  await Promise.all(
    lanes.map((lane, at) => lane.sendAll(OUTSTANDING, nodes(at, Math.ceil(znodes / LANES)))),
  );
  await Promise.all(lanes.map((lane) => lane.close()));
  if (errors > 0) throw new Error(`${errors} of ${znodes} znodes were refused`);
}

function* nodes(lane: number, count: number): Iterator<Buffer> {
  for (let number = 0; number < count; number++) {
    const parent = `/m${lane}-${Math.floor(number / PER_PARENT)}`;
    if (number % PER_PARENT === 0) yield createFrame(parent, value);
    else yield createFrame(`${parent}/n${String(number).padStart(7, '0')}`, value);
  }
}

async function nodesOf({ host, port }: Member): Promise<number> {
  const text = await fourLetterWord(port, 'srvr', { host });
  return Number(/^Node count: (\d+)/m.exec(text)?.[1]);
}
