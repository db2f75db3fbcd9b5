import { readdirSync, readlinkSync, realpathSync } from 'node:fs';

/**
 * Process ids of others that have a file open, as far as the system tells: on Linux, and of
 * processes that this user may look at. Empty elsewhere.
 */
export function openElsewhere(path: string): readonly number[] {
  const real = realpathSync(path);
  const found: number[] = [];
  for (const name of namesIn('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const folder = `/proc/${name}/fd`;
    if (namesIn(folder).some((fd) => targetOf(`${folder}/${fd}`) === real)) found.push(pid);
  }
  return found;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // There is no such folder here, the process has ended, or it is somebody else's.
  }
}

function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch {
    return undefined;
  }
}
