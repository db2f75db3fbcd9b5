/**
 * The load, as a process of its own: gets one job as JSON in its last argument, does it, and prints
 * its result as one line of JSON.
 */
import { type CaseName, preparation, workload } from './cases.js';
import { cpuMs } from './cpu.js';
import { Histogram } from './histogram.js';
import { Lane, type NextFrame } from './lane.js';

export interface LoadJob {
  /** Clients are spread evenly over them. */
  readonly servers: readonly { readonly host: string; readonly port: number }[];
  /** The servers' processes, whose time is counted together. */
  readonly pids: readonly number[];
  readonly case: CaseName;
  readonly clients: number;
  readonly outstanding: number;
  /** Operations in a second that are sent whether answered or not; as many as go when absent. */
  readonly offered?: number;
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
  /** Of all servers together, 0 when no process was named. */
  readonly cpuUsPerOp: number;
  /** Of this process. */
  readonly loadCpuUsPerOp: number;
  readonly errors: number;
}

const NODE_EXISTS = -110;
const SESSION_TIMEOUT_MS = 30_000;
const OFFER_MS = 2;

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
  const { servers } = job;
  const lanes = await Promise.all(
    Array.from({ length: job.clients }, (_, client) => {
      const { host, port } = servers[client % servers.length]!;
      return Lane.open(port, events, SESSION_TIMEOUT_MS, host);
    }),
  );
  if (job.canned !== true) await lanes[0]!.sendAll(100, preparation());
  const loads = lanes.map((_, client) => workload(job.case, job.run, client));
  const nexts = loads.map(({ next }) => next);
  let offering: ReturnType<typeof setInterval> | undefined;
  if (job.offered === undefined) {
    for (const [client, lane] of lanes.entries()) lane.start(job.outstanding, nexts[client]!);
  } else offering = offer(lanes, nexts, job.offered);
  await after(job.warmSeconds * 1000);

  histogram = new Histogram();
  errors = 0;
  const cpuBefore = cpuOf(job.pids);
  const ownBefore = process.cpuUsage();
  const began = performance.now();
  await after(job.seconds * 1000);
  const seconds = (performance.now() - began) / 1000;
  const cpu = cpuOf(job.pids) - cpuBefore;
  clearInterval(offering);
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

function cpuOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuMs(pid), 0);
}

/** Sends so many requests in a second, by all lanes in turn. */
function offer(
  lanes: readonly Lane[],
  nexts: readonly NextFrame[],
  perSecond: number,
): ReturnType<typeof setInterval> {
  const began = performance.now();
  let sent = 0;
  return setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1000) * perSecond);
    for (; sent < due; sent++) lanes[sent % lanes.length]!.offer(nexts[sent % lanes.length]!());
  }, OFFER_MS);
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
