/** The bare cost of making bytes durable on the disk that the servers use. */
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Histogram } from './histogram.js';

export interface FlushCost {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const BLOCK_BYTES = 4096;

/** Writes 4 KiB and flushes, `times` times: at the end of a file, or inside space made before. */
export function measureFlush(folder: string, preallocated: boolean, times = 500): FlushCost {
  const path = join(folder, 'flush');
  const block = Buffer.alloc(BLOCK_BYTES, 1);
  const histogram = new Histogram();
  const file = openSync(path, 'w');
  try {
    if (preallocated) writeSync(file, Buffer.alloc(BLOCK_BYTES * times));
    fdatasyncSync(file);
    for (let at = 0; at < times; at++) {
      const began = performance.now();
      writeSync(file, block, 0, BLOCK_BYTES, at * BLOCK_BYTES);
      fdatasyncSync(file);
      histogram.add(performance.now() - began);
    }
  } finally {
    closeSync(file);
    rmSync(path);
  }
  return { p50Ms: histogram.quantile(0.5), p99Ms: histogram.quantile(0.99) };
}
