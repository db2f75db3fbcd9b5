import { ZkError } from '@vivarium/core';
import type { Observable } from 'rxjs';

/**
 * The first value of a stream that satisfies `is`.
 *
 * @throws the signal's reason; the stream's error; SESSION_EXPIRED when it completes, which streams
 *   of a client do when that is closed
 */
export function firstThat<T>(
  stream: Observable<T>,
  is: (value: T) => boolean,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const ending = new AbortController();
    const settle = (settled: () => void) => {
      ending.abort();
      settled();
    };
    const aborted = () => settle(() => reject(signal.reason));
    signal.addEventListener('abort', aborted, { signal: ending.signal });
    const subscription = stream.subscribe({
      next(value) {
        if (is(value)) settle(() => resolve(value));
      },
      error: (error) => settle(() => reject(error)),
      complete: () =>
        settle(() => {
          reject(new ZkError('SESSION_EXPIRED', { reason: 'the client is closed' }));
        }),
    });
    // The first value may come while subscribing.
    if (ending.signal.aborted) subscription.unsubscribe();
    else ending.signal.addEventListener('abort', () => subscription.unsubscribe());
  });
}
