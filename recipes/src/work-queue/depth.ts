import { combineLatest, distinctUntilChanged, map, type Observable } from 'rxjs';
import { jobIn, jobOfClaim } from './job-name.js';
import type { QueueSite } from './queue-site.js';

/** How many jobs there are. */
export interface QueueDepth {
  /** Jobs that nobody is at work on, those that are delayed included. */
  readonly waiting: number;
  /** Jobs that somebody is at work on. */
  readonly claimed: number;
  /** Dead letters. */
  readonly dead: number;
}

/** See the property of that name of `WorkQueue`. */
export function depthOf<T>({ zk, jobs, claims, dead }: QueueSite<T>): Observable<QueueDepth> {
  const names$ = (path: string) =>
    zk.children$(path).pipe(map((now) => (now.kind === 'present' ? now.children : [])));
  return combineLatest([names$(jobs), names$(claims), names$(dead)]).pipe(
    map(([names, claimed, letters]) => {
      const all = new Set(names.filter((name) => jobIn(name) !== undefined));
      const taken = new Set(claimed.map(jobOfClaim).filter((name) => all.has(name)));
      return { waiting: all.size - taken.size, claimed: taken.size, dead: letters.length };
    }),
    distinctUntilChanged(
      (a, b) => a.waiting === b.waiting && a.claimed === b.claimed && a.dead === b.dead,
    ),
  );
}
