/**
 * A million znodes: how fast they come in, what they take, and how long a restart lasts with them.
 */
import { cpuMs } from './cpu.js';
import { perOne } from './crowd.js';
import { createFrame } from './frames.js';
import { Lane } from './lane.js';
import { inspectable, memoryOf } from './memory.js';
import { type SubjectName, startSubject } from './subjects.js';

const LANES = 8;
const OUTSTANDING = 100;
/** Nodes below one parent, as a real tree has them: neither all in one nor each in its own. */
const PER_PARENT = 1000;
const value = Buffer.alloc(100, 'z');

/** Values for the record of one server, which is started on `folder` and stopped again. */
export async function measureMillion(
  name: SubjectName,
  folder: string,
  inspectPort: number,
  znodes: number,
): Promise<Readonly<Record<string, number>>> {
  const options = { folder, nodeArgs: inspectable(inspectPort) };
  let subject = await startSubject(name, options);
  try {
    const empty = await memoryOf(subject, inspectPort);
    let errors = 0;
    const onReply = (_: number, error: number) => {
      if (error !== 0) errors += 1;
    };
    const lanes = await Promise.all(
      Array.from({ length: LANES }, () => Lane.open(subject.port, { onReply })),
    );
    const began = performance.now();
    const cpuBefore = cpuMs(subject.pid);
    await Promise.all(
      lanes.map((lane, at) => lane.sendAll(OUTSTANDING, nodes(at, znodes / LANES))),
    );
    const seconds = (performance.now() - began) / 1000;
    const cpu = cpuMs(subject.pid) - cpuBefore;
    if (errors > 0) throw new Error(`${name} refused ${errors} of ${znodes} znodes`);
    const full = await memoryOf(subject, inspectPort);
    await Promise.all(lanes.map((lane) => lane.close()));
    await subject.stop();
    subject = await startSubject(name, options);
    return {
      loadPerSecond: znodes / seconds,
      loadCpuUsPerOp: (cpu * 1000) / znodes,
      ...perOne('znode', empty, full, znodes),
      restartMs: subject.startMs,
    };
  } finally {
    await subject.stop();
  }
}

function* nodes(lane: number, count: number): Iterator<Buffer> {
  for (let number = 0; number < count; number++) {
    const parent = `/m${lane}-${Math.floor(number / PER_PARENT)}`;
    if (number % PER_PARENT === 0) yield createFrame(parent, value);
    else yield createFrame(`${parent}/n${String(number).padStart(7, '0')}`, value);
  }
}
