/** The program around `runLoad`, and how to start it. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { LoadJob, LoadResult } from './load.js';

const program = fileURLToPath(new URL('./load-main.js', import.meta.url));

/** Runs a job in a process of its own, so that its work and the measuring do not disturb. */
export async function loadInProcess(job: LoadJob): Promise<LoadResult> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify(job)]);
  return JSON.parse(stdout) as LoadResult;
}
