/**
 * X6, the judge of a work queue: each job that was put is done, is confirmed by one consumer at
 * most, and is none that nobody has put. That no two are certain of one job, and that tokens grow
 * from delivery to delivery, is judged with all that is held (X1).
 */
import type { Claim } from '@vivarium/recipes';
import type { Marks } from '../../marks.js';
import { demand } from '../../violation.js';

interface Job {
  putting: 'pending' | 'put' | 'unknown' | 'refused';
  id: string | undefined;
  deliveries: number;
  /** How often it was confirmed, and how often nobody can tell whether it was. */
  confirmed: number;
  inDoubt: number;
  /** Whether they live who have begun to confirm it, and have not been told. */
  readonly confirming: Map<Claim<string>, () => boolean>;
}

export class JobsJudge {
  readonly #marks: Marks;
  readonly #jobs = new Map<string, Job>();

  constructor(marks: Marks) {
    this.#marks = marks;
  }

  /** Somebody puts a job; gives what is in it. */
  puts(client: string): string {
    const value = `${client}: job ${this.#jobs.size}`;
    const counts = { deliveries: 0, confirmed: 0, inDoubt: 0, confirming: new Map() };
    this.#jobs.set(value, { putting: 'pending', id: undefined, ...counts });
    return value;
  }

  putting(value: string, outcome: Job['putting']): void {
    const job = this.#jobs.get(value)!;
    job.putting = outcome;
    if (outcome === 'unknown') this.#marks.hit('job-in-doubt');
  }

  took(client: string, { id, value, attempts }: Claim<string>): void {
    const job = this.#jobs.get(value);
    demand(job !== undefined && job.putting !== 'refused', 'X6', () => {
      return `${client} has taken a job that nobody has put: ${value}`;
    });
    demand(job.id === undefined || job.id === id, 'X6', () => {
      return `${value} was put twice, as ${job.id} and as ${id}`;
    });
    job.id = id;
    if (attempts > 1 || job.deliveries > 0) this.#marks.hit('job-again');
    job.deliveries += 1;
  }

  /** Somebody confirms it, and will be told what came of that as long as its program lives. */
  confirms(claim: Claim<string>, isLive: () => boolean): void {
    this.#jobs.get(claim.value)!.confirming.set(claim, isLive);
  }

  confirmed(client: string, claim: Claim<string>): void {
    const { value } = claim;
    const job = this.#jobs.get(value)!;
    job.confirming.delete(claim);
    job.confirmed += 1;
    demand(job.confirmed === 1, 'X6', () => `${value} was confirmed twice, at last by ${client}`);
  }

  /** It was not confirmed; or it cannot be told whether it was. */
  notConfirmed(claim: Claim<string>, isInDoubt: boolean): void {
    const job = this.#jobs.get(claim.value)!;
    job.confirming.delete(claim);
    if (!isInDoubt) return;
    job.inDoubt += 1;
    this.#marks.hit('job-in-doubt');
  }

  /** Whether all jobs that are in the queue for certain have been done. */
  get areDone(): boolean {
    return [...this.#jobs.values()].every(({ putting, confirmed, inDoubt, confirming }) => {
      const hasDied = [...confirming.values()].some((isLive) => !isLive());
      return putting !== 'put' || confirmed + inDoubt > 0 || hasDied;
    });
  }
}
