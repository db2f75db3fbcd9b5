import { compareSequences, sequenceAfter } from '../shared/sequence.js';

/** What the name of a job's node tells. */
export interface Job {
  readonly name: string;
  /** What `put` has called it; the whole name for a node that another program has made. */
  readonly id: string;
  /** The smallest goes first. */
  readonly priority: number;
  /** Not before that moment, by the servers' clock; milliseconds since 1970, 0 for at once. */
  readonly dueMs: number;
  /** How often it was delivered before it had this name; its node's version counts the rest. */
  readonly attempts: number;
  readonly sequence: number;
}

/** The greatest priority there is, which goes last; three digits. */
export const MAX_PRIORITY = 999;

/** The priority of jobs that are given none. */
export const USUAL_PRIORITY = 500;

const LABEL = 'job-';

/** Of our own: `_c_<id>-<priority>-<due>-<attempts>-job-<number>`. */
const PARTS = /^_c_(.+)-(\d{1,3})-(\d{1,16})-(\d{1,9})-job-(-?\d+)$/;

type Told = Pick<Job, 'id' | 'priority' | 'dueMs' | 'attempts'>;

/** The name of a job, without its number. */
export function nameOfJob({ id, priority, dueMs, attempts }: Told): string {
  return `_c_${id}-${priority}-${dueMs}-${attempts}-${LABEL}`;
}

/** The name under which a job comes back: it keeps its number, and with it its place. */
export function nameOfReturn(job: Job, dueMs: number, attempts: number): string {
  return `${nameOfJob({ ...job, dueMs, attempts })}${job.name.slice(numberAt(job.name))}`;
}

/** The job that a name is of; undefined when it is none. */
export function jobIn(name: string): Job | undefined {
  const sequence = sequenceAfter(LABEL, name);
  if (sequence === undefined) return undefined;
  const [, id, priority, due, attempts] = PARTS.exec(name) ?? [];
  if (id === undefined) {
    return { name, id: name, priority: USUAL_PRIORITY, dueMs: 0, attempts: 0, sequence };
  }
  const [dueMs, before] = [Number(due), Number(attempts)];
  return { name, id, priority: Number(priority), dueMs, attempts: before, sequence };
}

/** The jobs of a list that nobody has claimed, in the order in which they are taken. */
export function openJobs(names: readonly string[], claims: readonly string[]): readonly Job[] {
  const claimed = new Set(claims.map(jobOfClaim));
  const jobs = names.flatMap((name) => (claimed.has(name) ? [] : (jobIn(name) ?? [])));
  return jobs.sort((a, b) => a.priority - b.priority || compareSequences(a.sequence, b.sequence));
}

/** The name of a claim: no other attempt ever has it. */
export function nameOfClaim(job: Job, guid: string): string {
  return `${job.name}.${guid}`;
}

/** The name of the job that a claim is of. */
export function jobOfClaim(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('.')));
}

function numberAt(name: string): number {
  return name.lastIndexOf(LABEL) + LABEL.length;
}
