/** Many clients that do little: watchers of one node, idle sessions. */
import { root } from './cases.js';
import { cpuMs } from './cpu.js';
import { createFrame, getFrame, pingFrame, setFrame } from './frames.js';
import { Lane } from './lane.js';
import { type MemoryUse, memoryOf } from './memory.js';
import { median } from './records.js';
import type { Subject } from './subjects.js';

/** Fewer than Java lets wait to be accepted: one more would try again only after a second. */
const AT_ONCE = 25;
const IDLE_SECONDS = 10;
const SESSION_TIMEOUT_MS = 30_000;
const FIRINGS = 5;
const value = Buffer.alloc(100, 'w');
const path = `${root}-watched`;

/**
 * Values for the record of one server: memory of a session, of a watch, and telling all of them.
 */
export async function measureCrowd(
  subject: Subject,
  inspectPort: number,
  clients: number,
): Promise<Readonly<Record<string, number>>> {
  let told = 0;
  let allTold: (() => void) | undefined;
  const events = {
    onReply: () => {},
    onEvent: () => {
      told += 1;
      if (told === clients) allTold?.();
    },
  };
  const writer = await Lane.open(subject.port, { onReply: () => {} });
  await writer.sendAll(1, [createFrame(path, value)].values());
  const empty = await memoryOf(subject, inspectPort);

  const lanes: Lane[] = [];
  const pinging = setInterval(() => {
    for (const lane of lanes) lane.raw(pingFrame());
  }, SESSION_TIMEOUT_MS / 3);
  try {
    while (lanes.length < clients) {
      const count = Math.min(AT_ONCE, clients - lanes.length);
      const opening = Array.from({ length: count }, () =>
        Lane.open(subject.port, events, SESSION_TIMEOUT_MS),
      );
      lanes.push(...(await Promise.all(opening)));
    }
    const idle = await memoryOf(subject, inspectPort);
    const cpuBefore = cpuMs(subject.pid);
    await new Promise((resolve) => setTimeout(resolve, IDLE_SECONDS * 1000));
    const cpuMsPerSecond = (cpuMs(subject.pid) - cpuBefore) / IDLE_SECONDS;

    const arm = () =>
      Promise.all(lanes.map((lane) => lane.sendAll(1, [getFrame(path, true)].values())));
    await arm();
    const watching = await memoryOf(subject, inspectPort);
    const firings: number[] = [];
    for (let firing = 0; firing < FIRINGS; firing++) {
      if (firing > 0) await arm();
      told = 0;
      const all = new Promise<void>((resolve) => {
        allTold = resolve;
      });
      const began = performance.now();
      await writer.sendAll(1, [setFrame(path, value)].values());
      await all;
      firings.push(performance.now() - began);
    }
    return {
      ...perOne('session', empty, idle, clients),
      ...perOne('watch', idle, watching, clients),
      idleCpuMsPerSecond: cpuMsPerSecond,
      toldMs: median(firings),
    };
  } finally {
    clearInterval(pinging);
    for (let at = 0; at < lanes.length; at += AT_ONCE) {
      await Promise.all(lanes.slice(at, at + AT_ONCE).map((lane) => lane.close()));
    }
    await writer.close();
  }
}

/** What one of `count` things takes, by each way of asking. */
export function perOne(
  name: string,
  before: MemoryUse,
  after: MemoryUse,
  count: number,
): Readonly<Record<string, number>> {
  return {
    [`${name}LiveBytes`]: (after.liveBytes - before.liveBytes) / count,
    [`${name}StrictBytes`]: (after.strictBytes - before.strictBytes) / count,
    [`${name}ResidentBytes`]: (after.residentBytes - before.residentBytes) / count,
  };
}
