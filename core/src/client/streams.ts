import { Observable } from 'rxjs';
import { withChroot } from '../session/chroot.js';
import type { ChildrenSnapshot, NodeSnapshot, StreamOptions, ValueStreamOptions } from './api.js';
import { checkPath } from './arguments.js';
import type { Codec } from './codecs.js';
import { type Decoded, decodedBy } from './decoded.js';
import { ZkError } from './errors.js';
import type { Hub } from './hub.js';
import type { EntryKind, Seen } from './hub-entry.js';

/** The public streams over a hub: codecs, chroot and shapes are applied here, after sharing. */
export interface Streams {
  node$<T = Uint8Array>(path: string, options?: ValueStreamOptions<T>): Observable<NodeSnapshot<T>>;
  data$<T = Uint8Array>(path: string, options?: ValueStreamOptions<T>): Observable<T | undefined>;
  exists$(path: string): Observable<boolean>;
  children$(path: string, options?: StreamOptions): Observable<ChildrenSnapshot>;
}

export function streamsOver(hub: Hub, chroot: string): Streams {
  const stream = <R>(
    path: string,
    kind: EntryKind,
    options: StreamOptions,
    make: (seen: Seen, fresh: boolean) => R,
  ): Observable<R> => {
    checkPath(path, { operation: `watch ${kind}`, path });
    return new Observable((subscriber) =>
      hub.attach(withChroot(chroot, path), kind, {
        wantsFreshness: options.freshness === true,
        takesStale: options.whileStale !== 'wait',
        next: (seen, fresh) => subscriber.next(make(seen, fresh)),
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      }),
    );
  };

  const node$ = <T>(path: string, options: ValueStreamOptions<T> = {}) => {
    const decode = memoised(options.codec);
    return stream(path, 'data', options, (seen, fresh): NodeSnapshot<T> => {
      const { asOf } = seen;
      if (seen.kind === 'absent') return { kind: 'absent', path, asOf, fresh };
      return { ...decode(seen), path, asOf, fresh, stat: seen.stat };
    });
  };

  return {
    node$,
    data$: <T>(path: string, options?: ValueStreamOptions<T>) =>
      mapped(node$(path, options), (snapshot) => dataOf(path, snapshot)),
    exists$: (path) =>
      distinct(stream(path, 'data', {}, (seen): boolean => seen.kind === 'present')),
    children$: (path, options = {}) =>
      stream(path, 'children', options, (seen, fresh): ChildrenSnapshot => {
        const { asOf } = seen;
        if (seen.kind === 'absent') return { kind: 'absent', path, asOf, fresh };
        const children = seen.value as readonly string[];
        return { kind: 'present', path, asOf, fresh, children, stat: seen.stat };
      }),
  };
}

/** Decodes each state once for all subscribers of one stream. */
function memoised<T>(
  codec: Codec<T> | undefined,
): (seen: Seen & { kind: 'present' }) => Decoded<T> {
  const known = new WeakMap<Seen, Decoded<T>>();
  return (seen) => {
    const before = known.get(seen);
    if (before !== undefined) return before;
    const decoded = decodedBy(codec, seen.value as Uint8Array | null);
    known.set(seen, decoded);
    return decoded;
  };
}

function dataOf<T>(path: string, snapshot: NodeSnapshot<T>): T | undefined {
  if (snapshot.kind === 'absent') return undefined;
  if (snapshot.kind === 'present') return snapshot.data;
  const cause = snapshot.error;
  const message = cause instanceof Error ? cause.message : String(cause);
  const reason = `the data cannot be read: ${message}`;
  throw new ZkError('MARSHALLING_ERROR', { operation: 'watch data', path, cause, reason });
}

function mapped<A, B>(source: Observable<A>, project: (value: A) => B): Observable<B> {
  return new Observable((subscriber) =>
    source.subscribe({
      next(value) {
        let result: B;
        try {
          result = project(value);
        } catch (error) {
          subscriber.error(error);
          return;
        }
        subscriber.next(result);
      },
      error: (error) => subscriber.error(error),
      complete: () => subscriber.complete(),
    }),
  );
}

function distinct<T>(source: Observable<T>): Observable<T> {
  return new Observable((subscriber) => {
    let isFirst = true;
    let last: T;
    return source.subscribe({
      next(value) {
        if (!isFirst && value === last) return;
        isFirst = false;
        last = value;
        subscriber.next(value);
      },
      error: (error) => subscriber.error(error),
      complete: () => subscriber.complete(),
    });
  });
}
