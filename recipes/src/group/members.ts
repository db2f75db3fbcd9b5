/**
 * Who is in a group. It makes no nodes: it reads those of `join-group.ts`.
 *
 * Connected, changes are told as our server learns of them. Suspended nothing is told. When the
 * session is lost it goes on in the next, with what has changed.
 */
import type { Client, Codec, Stat } from '@vivarium/core';
import { Observable } from 'rxjs';
import { commonView, forgetView, shareView } from './common-views.js';
import { GroupView, type Onlooker } from './group-view.js';
import { memberCodec } from './member-codec.js';

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
 *
 * Subscribers with the same codec (or none) and no grace get the same maps: a change is put
 * together once, however many they are.
 */
export function members$<T = unknown>(
  zk: Client,
  group: string,
  { codec, graceMs = 0 }: MembersOptions<T> = {},
): Observable<ReadonlyMap<string, Member<T>>> {
  const reading = codec ?? memberCodec<T>();
  // With a time of grace what is shown depends on since when one has been looking.
  const isShared = graceMs <= 0;
  const key = { zk, group, codec };
  return new Observable((subscriber) => {
    // A new subscriber looks for itself first, lest it be told less than what has been acknowledged
    // when it comes: only once it has seen the same as the others it goes along with them.
    const ended = () => forgetView(key, own);
    const own = new GroupView<T>(zk, group, { codec: reading, graceMs, ended });
    let view = own;
    let isFirst = true;
    const onlooker: Onlooker<T> = {
      next(members) {
        if (isFirst && isShared) {
          isFirst = false;
          const others = commonView<T>(key);
          if (others === undefined) shareView(key, own);
          else if (others.shows(members)) {
            view = others;
            own.leave(onlooker);
            others.join(onlooker);
            return;
          }
        }
        subscriber.next(members);
      },
      error: (error) => subscriber.error(error),
      complete: () => subscriber.complete(),
    };
    own.begin(onlooker);
    return () => view.leave(onlooker);
  });
}
