/**
 * Who is in a group. It makes no nodes: it reads those of `join-group.ts`.
 *
 * Connected, changes are told as our server learns of them. Suspended nothing is told. When the
 * session is lost it goes on in the next, with what has changed.
 */
import type { Client, Codec, Stat } from '@vivarium/core';
import { Observable } from 'rxjs';
import { childOf } from '../shared/paths.js';
import { memberCodec } from './member-codec.js';
import { MemberEntry } from './member-entry.js';

/** One member of a group, as its node says. */
export interface Member<T = unknown> {
  /** Its name in the group. */
  readonly id: string;
  /** What it shows; undefined when it shows nothing, or `error` says why it cannot be read. */
  readonly data: T | undefined;
  readonly error: unknown;
  /** What the server knows of its node; undefined when that may not be read. */
  readonly stat: Stat | undefined;
  /** Its node is gone, for less than the `graceMs` asked for. */
  readonly isAway: boolean;
}

export interface MembersOptions<T = unknown> {
  /** How members' data is read; JSON when left out. */
  readonly codec?: Codec<T> | undefined;
  /**
   * For how long a member that has vanished is still shown, so that one that comes back in time
   * makes a single emission; 0 when left out. At most 2147483647.
   */
  readonly graceMs?: number | undefined;
}

/**
 * Who is in a group, with what each member shows, by id in the order of code units.
 *
 * Cold, over watches that all subscribers of the same client share: one for the list and one for
 * each member. Emits as soon as everybody's data is there, the empty map for a group that does not
 * exist (yet), then after each change of the list or of anybody's data; changes that come together
 * may be told together. Each entry is right as of its own reading; the map as a whole is no
 * snapshot. While disconnected it says nothing, then what has changed. Errors only when the group
 * may not be read; completes when the client is closed.
 */
export function members$<T = unknown>(
  zk: Client,
  group: string,
  { codec = memberCodec<T>(), graceMs = 0 }: MembersOptions<T> = {},
): Observable<ReadonlyMap<string, Member<T>>> {
  return new Observable((subscriber) => {
    const entries = new Map<string, MemberEntry<T>>();
    let told: ReadonlyMap<string, Member<T>> | undefined;
    let isListing = true;

    const tell = () => {
      if (isListing) return;
      const present: Member<T>[] = [];
      for (const { isKnown, member } of entries.values()) {
        if (!isKnown) return;
        if (member !== undefined) present.push(member);
      }
      present.sort((a, b) => (a.id < b.id ? -1 : 1));
      if (told !== undefined && isSame([...told.values()], present)) return;
      told = new Map(present.map((member) => [member.id, member]));
      subscriber.next(told);
    };

    const changed = (entry: MemberEntry<T>) => {
      if (entry.isOver) entries.delete(entry.id);
      tell();
    };

    const listing = zk.children$(group).subscribe({
      next(snapshot) {
        const ids = new Set(snapshot.kind === 'present' ? snapshot.children : []);
        isListing = true;
        for (const [id, entry] of [...entries]) {
          entry.listed(ids.has(id));
          if (entry.isOver) entries.delete(id);
        }
        for (const id of ids) {
          if (entries.has(id)) continue;
          const node$ = zk.node$(childOf(group, id), { codec });
          entries.set(id, new MemberEntry(id, zk.clock, graceMs, changed, node$));
        }
        isListing = false;
        tell();
      },
      error: (error) => subscriber.error(error),
      complete: () => subscriber.complete(),
    });
    return () => {
      listing.unsubscribe();
      for (const entry of entries.values()) entry.end();
    };
  });
}

/** Whether two looks at a member saw the same, whether or not it is away. */
export function isSameMember<T>(a: Member<T>, b: Member<T> | undefined): boolean {
  // Each reading of a node has a stat of its own.
  return a.id === b?.id && a.stat === b.stat && a.error === b.error;
}

function isSame<T>(before: readonly Member<T>[], now: readonly Member<T>[]): boolean {
  if (before.length !== now.length) return false;
  return before.every((member, index) => isSameMember(member, now[index]));
}
