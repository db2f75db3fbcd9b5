import { readdirSync, readFileSync, statSync } from 'node:fs';
import { arch, homedir, hostname, release, type as systemName, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { getHeapStatistics } from 'node:v8';
import { DEFAULT_TRACE_MASK, type LoopFacts, type ProcessFacts } from '../admin/facts.js';
import type { Summary } from '../peer/metrics.js';
import type { DataDir } from './data-dir.js';
import type { HistorySampler } from './history-sampler.js';
import { builtAt, version } from './version.js';

/**
 * What the admin words and pages ask of the process. Each fact is collected when it is read, so
 * that a question that needs none of the costly ones does not pay for them.
 */
export class LiveFacts implements ProcessFacts {
  readonly version = version;
  readonly builtAt = builtAt();
  readonly dataDir: string;
  readonly dataLogDir: string;
  readonly initialConfig: string;
  readonly processStartedAt = performance.timeOrigin;
  clientPort = 0;
  traceMask = DEFAULT_TRACE_MASK;

  readonly #sampler: Pick<HistorySampler, 'loop' | 'stepInputs'>;

  constructor(
    folders: Pick<DataDir, 'snapshots' | 'logs'>,
    initialConfig: string,
    sampler: Pick<HistorySampler, 'loop' | 'stepInputs'>,
  ) {
    this.#sampler = sampler;
    this.dataDir = folders.snapshots;
    this.dataLogDir = folders.logs;
    this.initialConfig = initialConfig;
  }

  get now(): number {
    return performance.now();
  }

  get wall(): number {
    return Date.now();
  }

  get dataDirBytes(): number {
    return folderBytes(this.dataDir);
  }

  get dataLogDirBytes(): number {
    return folderBytes(this.dataLogDir);
  }

  get openFileDescriptors(): number {
    try {
      return readdirSync('/proc/self/fd').length;
    } catch {
      return -1;
    }
  }

  get maxFileDescriptors(): number {
    try {
      const limits = readFileSync('/proc/self/limits', 'latin1');
      const limit = /^Max open files +(\d+)/m.exec(limits)?.[1];
      return limit === undefined ? -1 : Number(limit);
    } catch {
      return -1;
    }
  }

  get residentBytes(): number {
    return process.memoryUsage.rss();
  }

  get loopDelay(): LoopFacts | undefined {
    return this.#sampler.loop;
  }

  get stepInputs(): Summary | undefined {
    return this.#sampler.stepInputs;
  }

  get virtualBytes(): number {
    try {
      const status = readFileSync('/proc/self/status', 'latin1');
      const size = /^VmSize:\s+(\d+) kB/m.exec(status)?.[1];
      return size === undefined ? -1 : Number(size) * 1024;
    } catch {
      return -1;
    }
  }

  get cpuSeconds(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }

  get hostName(): string {
    return hostname();
  }

  get environment(): readonly (readonly [string, string])[] {
    const heap = getHeapStatistics();
    const megabytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)}MB`;
    return [
      ['node.version', process.version],
      ['node.executable', process.execPath],
      ['os.name', systemName()],
      ['os.arch', arch()],
      ['os.version', release()],
      ['user.name', userName()],
      ['user.home', homedir()],
      ['user.dir', process.cwd()],
      ['tmp.dir', tmpdir()],
      // As in ZooKeeper these are about the heap of the process, whatever their names say.
      ['os.memory.free', megabytes(heap.total_heap_size - heap.used_heap_size)],
      ['os.memory.max', megabytes(heap.heap_size_limit)],
      ['os.memory.total', megabytes(heap.total_heap_size)],
    ];
  }
}

/** Empty where the system has no name for the user, as in some containers. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return '';
  }
}

/** Bytes of the files in a folder; what vanishes meanwhile counts nothing, nor does no folder. */
function folderBytes(folder: string): number {
  let size = 0;
  if (folder === '') return size;
  for (const name of readdirSync(folder)) {
    size += statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return size;
}
