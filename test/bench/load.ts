/**
 * The load, as a process of its own: gets one job as JSON in its last argument, does it, and prints
 * its result as one line of JSON.
 */
import { type CaseName, preparation, workload } from './cases.js';
import { cpuMs } from './cpu.js';
import { Histogram } from './histogram.js';
import { Lane } from './lane.js';

export interface LoadJob {
  readonly port: number;
  /** The server's process, whose time is counted; absent when nobody asks. */
  readonly pid?: number;
  readonly case: CaseName;
  readonly clients: number;
  readonly outstanding: number;
  /** Before the measuring begins. */
  readonly warmSeconds: number;
  readonly seconds: number;
  /** Makes the names of created nodes unique. */
  readonly run: string;
  /** The server only answers canned replies: there is nothing to prepare or to clean. */
  readonly canned?: boolean;
}

export interface LoadResult {
  readonly ops: number;
  readonly seconds: number;
  readonly opsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the server, 0 when no process was named. */
  readonly cpuUsPerOp: number;
  /** Of this process. */
  readonly loadCpuUsPerOp: number;
  readonly errors: number;
}

const NODE_EXISTS = -110;

/** Does one job in this process. */
export async function runLoad(job: LoadJob): Promise<LoadResult> {
  let histogram = new Histogram();
  let errors = 0;
  const events = {
    onReply: (ms: number, error: number) => {
      histogram.add(ms);
      if (error !== 0 && error !== NODE_EXISTS) errors += 1;
    },
  };
  const lanes = await Promise.all(
    Array.from({ length: job.clients }, () => Lane.open(job.port, events)),
  );
  if (job.canned !== true) await lanes[0]!.sendAll(100, preparation());
  const loads = lanes.map((_, client) => workload(job.case, job.run, client));
  for (const [client, lane] of lanes.entries()) lane.start(job.outstanding, loads[client]!.next);
  await after(job.warmSeconds * 1000);

  histogram = new Histogram();
  errors = 0;
  const cpuBefore = job.pid === undefined ? 0 : cpuMs(job.pid);
  const ownBefore = process.cpuUsage();
  const began = performance.now();
  await after(job.seconds * 1000);
  const seconds = (performance.now() - began) / 1000;
  const cpu = job.pid === undefined ? 0 : cpuMs(job.pid) - cpuBefore;
  const own = process.cpuUsage(ownBefore);
  const { count: ops } = histogram;
  const result = {
    ops,
    seconds,
    opsPerSecond: ops / seconds,
    p50Ms: histogram.quantile(0.5),
    p99Ms: histogram.quantile(0.99),
    cpuUsPerOp: (cpu * 1000) / Math.max(1, ops),
    loadCpuUsPerOp: (own.user + own.system) / Math.max(1, ops),
    errors,
  };

  await Promise.all(lanes.map((lane) => lane.stop()));
  await Promise.all(lanes.map((lane, client) => lane.sendAll(100, loads[client]!.cleaning())));
  await Promise.all(lanes.map((lane) => lane.close()));
  return result;
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
