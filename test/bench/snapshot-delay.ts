/** How much a snapshot of a big tree delays everything else: turns of Vivarium's event loop. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadInProcess } from './load-process.js';
import { evaluate, inspectable } from './memory.js';
import { startSubject } from './subjects.js';

const SECONDS = 10;

/**
 * Values for the record: the delay at p99.9 under the same writes, without snapshots and while they
 * are written one after another. `folder` holds the tree already.
 */
export async function measureSnapshotDelay(
  folder: string,
  inspectPort: number,
): Promise<Readonly<Record<string, number>>> {
  const without = await delays(folder, inspectPort, 1_000_000_000);
  const during = await delays(folder, inspectPort, 20_000);
  if (during.snapshots === 0) throw new Error('no snapshot was written while it was measured');
  return {
    withoutP999Ms: without.p999Ms,
    duringP999Ms: during.p999Ms,
    withoutMaxMs: without.maxMs,
    duringMaxMs: during.maxMs,
    snapshots: during.snapshots,
  };
}

async function delays(folder: string, inspectPort: number, snapCount: number) {
  const nodeArgs = inspectable(inspectPort);
  const subject = await startSubject('vivarium', { folder, nodeArgs, config: { snapCount } });
  try {
    const before = snapshotsIn(folder);
    await evaluate(
      inspectPort,
      `globalThis.delay = process.getBuiltinModule('node:perf_hooks')
         .monitorEventLoopDelay({ resolution: 1 }); delay.enable()`,
    );
    const { port, pid } = subject;
    const job = {
      servers: [{ host: '127.0.0.1', port }],
      pids: [pid],
      case: 'set',
      clients: 8,
      outstanding: 16,
      run: 'd',
    } as const;
    await loadInProcess({ ...job, warmSeconds: 1, seconds: SECONDS });
    const text = await evaluate(inspectPort, `delay.percentile(99.9) + ' ' + delay.max`);
    const [p999 = 0, max = 0] = text.split(' ').map((ns) => Number(ns) / 1e6);
    const written = [...snapshotsIn(folder)].filter((name) => !before.has(name));
    return { p999Ms: p999, maxMs: max, snapshots: written.length };
  } finally {
    await subject.stop();
  }
}

function snapshotsIn(folder: string): ReadonlySet<string> {
  const names = readdirSync(join(folder, 'version-2'));
  return new Set(names.filter((name) => /^snapshot\.[0-9a-f]+$/.test(name)));
}
