import { ZkError } from '@vivarium/core';
import { type Observable, Subscription } from 'rxjs';

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
    const whole = new Subscription();
    const settle = (settled: () => void) => {
      whole.unsubscribe();
      settled();
    };
    const aborted = () => settle(() => reject(signal.reason));
    signal.addEventListener('abort', aborted);
    whole.add(() => signal.removeEventListener('abort', aborted));
    const following = stream.subscribe({
      next(value) {
        if (is(value)) settle(() => resolve(value));
      },
      error: (error) => settle(() => reject(error)),
      complete: () =>
        settle(() => {
          reject(new ZkError('SESSION_EXPIRED', { reason: 'the client is closed' }));
        }),
    });
    // If the first value came while subscribing, that ends it at once.
    whole.add(following);
  });
}
