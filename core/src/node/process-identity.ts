import { readFileSync } from 'node:fs';

/**
 * Tells one process from another, also when its number is used again: the number, and when the
 * process began in the machine's own count. Where the system does not tell, the second is empty.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Boot of the machine and clock ticks from it to the start of the process. */
  readonly began: string;
}

/** The identity of a process that runs now, or `undefined` when there is none of this number. */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM means that it lives and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return undefined;
  }
  return { pid, began: beganAt(pid) };
}

/** Whether the process that `identity` was taken of still runs. */
export function isAlive({ pid, began }: ProcessIdentity): boolean {
  const now = identify(pid);
  if (now === undefined) return false;
  return began === '' || now.began === '' || began === now.began;
}

/** Field 22 of `/proc/<pid>/stat`; the second, a name in brackets, may hold anything. */
function beganAt(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${boot.slice(0, 8)}-${ticks}`;
  } catch {
    return '';
  }
}
