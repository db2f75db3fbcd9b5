/** Names what keeps this process alive. */
import { ChildProcess } from 'node:child_process';
import { Server, Socket } from 'node:net';

/** How many of each kind of resource keep the event loop alive now. */
export function activeResources(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** Describes what is active beyond `baseline`, one line each; empty when nothing is. */
export function describeLeft(baseline: ReadonlyMap<string, number>): readonly string[] {
  const lines: string[] = [];
  for (const [kind, count] of activeResources()) {
    const more = count - (baseline.get(kind) ?? 0);
    if (more > 0) lines.push(`${more} × ${kind}`);
  }
  if (lines.length > 0) lines.push(...handles());
  return lines;
}

function handles(): readonly string[] {
  const all = (process as { _getActiveHandles?(): unknown[] })._getActiveHandles?.() ?? [];
  const lines: string[] = [];
  for (const handle of all) {
    if (handle instanceof Server) {
      lines.push(`a server listening on ${JSON.stringify(handle.address())}`);
    } else if (handle instanceof ChildProcess) {
      lines.push(`the child process ${handle.pid}: ${handle.spawnargs.join(' ')}`);
    } else if (handle instanceof Socket && handle.remotePort !== undefined) {
      const { localPort, remoteAddress, remotePort } = handle;
      lines.push(`a socket from port ${localPort} to ${remoteAddress}:${remotePort}`);
    }
  }
  return lines;
}
