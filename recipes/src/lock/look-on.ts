/**
 * Who holds a lock and who waits for it, for those who look on. It makes no nodes: it reads those
 * of `lock.ts` and `rw-lock.ts`, and those of other programs in the same queue.
 *
 * Connected, changes are told as our server learns of them. Suspended nothing is told. When the
 * session is lost it goes on in the next, with what has changed.
 */
import type { Client, Codec } from '@vivarium/core';
import { text } from '@vivarium/core';
import { map, type Observable } from 'rxjs';
import { members$ } from '../group/members.js';
import { childOf } from '../shared/paths.js';
import { contendersOf } from '../shared/queue.js';
import { READERS, WRITERS } from './lock-queues.js';

/** One who holds a lock or waits for it, as its node says. */
export interface LockContender<T = string> {
  readonly path: string;
  /** `write` is what a plain lock wants, too. */
  readonly wants: 'read' | 'write';
  /** What it shows; undefined when `error` says why that cannot be read. */
  readonly data: T | undefined;
  readonly error: unknown;
  /** The number of its token when it holds. */
  readonly czxid: bigint;
  readonly session: bigint;
}

export interface LockQueueOptions<T> {
  /** How the data are read; as text when left out. */
  readonly codec?: Codec<T> | undefined;
}

/**
 * The queue for a lock, first come first: the first holds it, and of a read-write lock so do all
 * who want to read and have nobody ahead who wants to write.
 *
 * Cold, over watches that all subscribers of the same client share: one for the list and one for
 * each node. Emits when all are read, the empty list when there are none, then after each change;
 * each entry is right as of its own reading. While disconnected it says nothing, then what has
 * changed. Errors when the list may not be read; completes when the client is closed.
 */
export function lockQueue$<T = string>(
  zk: Client,
  path: string,
  { codec = text as unknown as Codec<T> }: LockQueueOptions<T> = {},
): Observable<readonly LockContender<T>[]> {
  return members$(zk, path, { codec }).pipe(
    map((nodes) =>
      contendersOf([...WRITERS, ...READERS], [...nodes.keys()]).map(({ name }) => {
        const { data, error, stat } = nodes.get(name)!;
        const { czxid = 0n, ephemeralOwner: session = 0n } = stat ?? {};
        const wants = READERS.some((label) => name.includes(label)) ? 'read' : 'write';
        return { path: childOf(path, name), wants, data, error, czxid, session };
      }),
    ),
  );
}
