/**
 * Who has joined and left a group. It makes no nodes: it is made of `members.ts`.
 *
 * Connected, suspended, and when the session is lost: as there.
 */
import type { Client } from '@vivarium/core';
import { type Observable, scan } from 'rxjs';
import { isSameMember } from './group-view.js';
import { type Member, type MembersOptions, members$ } from './members.js';

/** What has changed in a group since the last look. */
export interface MemberChanges<T = unknown> {
  readonly joined: readonly Member<T>[];
  readonly left: readonly Member<T>[];
  /** Those that show other data, or went and came back in between. */
  readonly updated: readonly Member<T>[];
  /** Everybody, after the changes. */
  readonly members: ReadonlyMap<string, Member<T>>;
}

/**
 * Who has joined and left a group, and whose data has changed: the differences from one map of
 * {@link members$} to the next. For each subscriber the first emission has everybody as `joined`.
 *
 * Cold; emits whenever that map changes. No log of events: who came and went between two looks is
 * not told, nor is anything while disconnected. Errors when the group may not be read; completes
 * when the client is closed.
 */
export function memberChanges$<T = unknown>(
  zk: Client,
  group: string,
  options: MembersOptions<T> = {},
): Observable<MemberChanges<T>> {
  return members$(zk, group, options).pipe(differences);
}

function differences<T>(
  source: Observable<ReadonlyMap<string, Member<T>>>,
): Observable<MemberChanges<T>> {
  return source.pipe(
    scan(
      (last: MemberChanges<T>, members) => {
        const before = last.members;
        const all = [...members.values()];
        return {
          joined: all.filter(({ id }) => !before.has(id)),
          left: [...before.values()].filter(({ id }) => !members.has(id)),
          updated: all.filter((member) => {
            const earlier = before.get(member.id);
            return earlier !== undefined && !isSameMember(earlier, member);
          }),
          members,
        };
      },
      { joined: [], left: [], updated: [], members: new Map() },
    ),
  );
}
