/**
 * Who leads, and who stands for election, for those who look on. It makes no nodes: it reads those
 * of `campaign.ts`.
 *
 * Connected, changes are told as our server learns of them. Suspended nothing is told. When the
 * session is lost it goes on in the next, with what has changed.
 */
import type { Client, Codec, NodeSnapshot } from '@vivarium/core';
import { text } from '@vivarium/core';
import { distinctUntilChanged, filter, map, type Observable, of, switchMap } from 'rxjs';
import { members$ } from '../group/members.js';
import { childOf } from '../shared/paths.js';
import { contendersOf, electionQueue } from '../shared/queue.js';

/** One who stands for election, as its node says. */
export interface Candidate<T = string> {
  /** Its node. Another term of the same candidate has another. */
  readonly path: string;
  /** Its id, or what it has announced; undefined when `error` says why that cannot be read. */
  readonly data: T | undefined;
  readonly error: unknown;
  /** Whether it has announced something since it was enrolled. */
  readonly hasAnnounced: boolean;
  /** zxid of its enrolment: the number of its token when it leads. */
  readonly czxid: bigint;
  readonly session: bigint;
}

export interface CandidateOptions<T> {
  /** How ids and announcements are read; as text when left out. */
  readonly codec?: Codec<T> | undefined;
}

/**
 * Who leads, for those who do not stand themselves; undefined when nobody does.
 *
 * Cold, over watches that all subscribers of the same client share: one for the list and one for
 * the leader's node. Emits as soon as it is known, then with every new term, also of the same
 * candidate, and with every announcement. While disconnected it says nothing, and is right again
 * after. What it says is what our server knows, which may be behind: whoever acts for the leader
 * has to be told its token. Errors when list or node may not be read; completes when the client is
 * closed.
 */
export function leader$<T = string>(
  zk: Client,
  path: string,
  { codec = text as unknown as Codec<T> }: CandidateOptions<T> = {},
): Observable<Candidate<T> | undefined> {
  return zk.children$(path).pipe(
    map((now) => contendersOf(electionQueue.labels, now.kind === 'present' ? now.children : [])),
    map(([first]) => first && childOf(path, first.name)),
    distinctUntilChanged(),
    switchMap((node) => {
      if (node === undefined) return of(undefined);
      // When it is gone, the list says who is next.
      return zk.node$(node, { codec }).pipe(filter(isThere), map(candidateOf));
    }),
  );
}

/**
 * All who stand for election, first come first: the leader, then the others in their turn.
 *
 * Cold, over watches that all subscribers of the same client share: one for the list and one for
 * each candidate. Emits when all are read, the empty list when there are none, then after each
 * change; each entry is right as of its own reading. While disconnected it says nothing, then what
 * has changed. Errors when the list may not be read; completes when the client is closed.
 */
export function contenders$<T = string>(
  zk: Client,
  path: string,
  { codec = text as unknown as Codec<T> }: CandidateOptions<T> = {},
): Observable<readonly Candidate<T>[]> {
  return members$(zk, path, { codec }).pipe(
    map((nodes) =>
      contendersOf(electionQueue.labels, [...nodes.keys()]).map(({ name }) => {
        const { data, error, stat } = nodes.get(name)!;
        const { version = 0, czxid = 0n, ephemeralOwner = 0n } = stat ?? {};
        const hasAnnounced = version > 0;
        const node = childOf(path, name);
        return { path: node, data, error, hasAnnounced, czxid, session: ephemeralOwner };
      }),
    ),
  );
}

type Present<T> = Exclude<NodeSnapshot<T>, { readonly kind: 'absent' }>;

function isThere<T>(snapshot: NodeSnapshot<T>): snapshot is Present<T> {
  return snapshot.kind !== 'absent';
}

function candidateOf<T>(snapshot: Present<T>): Candidate<T> {
  const { path, stat } = snapshot;
  return {
    path,
    data: snapshot.kind === 'present' ? snapshot.data : undefined,
    error: snapshot.kind === 'invalid' ? snapshot.error : undefined,
    hasAnnounced: stat.version > 0,
    czxid: stat.czxid,
    session: stat.ephemeralOwner,
  };
}
