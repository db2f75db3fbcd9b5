/**
 * What is asked of the permits at a path. It makes no nodes: it reads those of `permits.ts`.
 *
 * Connected, changes are told as our server learns of them. Suspended nothing is told. When the
 * session is lost it goes on in the next, with what has changed.
 */
import type { Client } from '@vivarium/core';
import { combineLatest, distinctUntilChanged, map, type Observable } from 'rxjs';
import { limitIn } from './limit.js';
import { permitsAskedFor } from './placement.js';

/** What is known of the permits of a path. */
export interface PermitsState {
  /** How many there are; undefined when nobody has said so yet. */
  readonly limit: number | undefined;
  /** How many are out or asked for: more than the limit when somebody waits. */
  readonly asked: number;
}

/**
 * The limit at a path, and how many permits are asked for.
 *
 * Cold, over two watches that all subscribers of the path share. Emits as soon as both are known,
 * then after each change of either; the two may be of different moments. Silent while disconnected,
 * and right again after. Errors when the folder may not be read, or with RecipeError INVALID_VALUE
 * when its data is no limit; completes when the client is closed.
 */
export function permits$(zk: Client, path: string): Observable<PermitsState> {
  const limit$ = zk.data$(path).pipe(map((data) => data && limitIn(data, path)));
  const asked$ = zk
    .children$(path)
    .pipe(map((now) => permitsAskedFor(now.kind === 'present' ? now.children : [])));
  return combineLatest([limit$, asked$]).pipe(
    map(([limit, asked]) => ({ limit, asked })),
    distinctUntilChanged((a, b) => a.limit === b.limit && a.asked === b.asked),
  );
}
