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
  const began = beganAt(pid);
  return began === undefined ? undefined : { pid, began };
}

/** Whether the process that `identity` was taken of still runs. */
export function isAlive({ pid, began }: ProcessIdentity): boolean {
  const now = identify(pid);
  if (now === undefined) return false;
  return began === '' || now.began === '' || began === now.began;
}

/**
 * Field 22 of `/proc/<pid>/stat`; the second, a name in brackets, may hold anything. A process that
 * is dead and that its parent has not noticed yet (`Z`) keeps its number: `undefined`.
 */
function beganAt(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    const ticks = fields[19] ?? '';
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${boot.slice(0, 8)}-${ticks}`;
  } catch {
    return '';
  }
}
