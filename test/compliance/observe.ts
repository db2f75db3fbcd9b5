/** Collecting what a stream says, and waiting for a state of affairs. */
import type { Observable } from 'rxjs';
import type { TestContext } from '../support/suite.js';

export interface Recording<T> {
  readonly values: T[];
  readonly errors: unknown[];
  isComplete: boolean;
  /** The newest value. */
  readonly last: T | undefined;
  /** Resolves once `is` holds for the newest value; rejects with what came instead. */
  until(is: (value: T) => boolean): Promise<T>;
  unsubscribe(): void;
}

/** A stream that never comes to it is told of before the test's own time is over. */
const SHARE = 0.8;
/** Looks again now and then, so often within that time. */
const LOOKS = 8;

export function record<T>(t: TestContext, stream: Observable<T>): Recording<T> {
  const values: T[] = [];
  const errors: unknown[] = [];
  const { clock } = t;
  const limitMs = SHARE * t.limitMs;
  let wake = () => {};
  const recording: Recording<T> = {
    values,
    errors,
    isComplete: false,
    get last() {
      return values.at(-1);
    },
    async until(is) {
      const began = clock.now();
      for (;;) {
        const last = values.at(-1);
        if (values.length > 0 && is(last as T)) return last as T;
        if (errors.length > 0) throw errors[0];
        if (clock.now() - began > limitMs || recording.isComplete) {
          throw new Error(`the stream never came to it; it said ${show(values)}`);
        }
        let cancel = () => {};
        await new Promise<void>((resolve) => {
          wake = resolve;
          cancel = clock.setTimer(limitMs / LOOKS, resolve);
        });
        cancel();
      }
    },
    unsubscribe: () => subscription.unsubscribe(),
  };
  const subscription = stream.subscribe({
    next(value) {
      values.push(value);
      wake();
    },
    error(error) {
      errors.push(error);
      wake();
    },
    complete() {
      recording.isComplete = true;
      wake();
    },
  });
  t.cleanup(() => subscription.unsubscribe());
  return recording;
}

function show(values: readonly unknown[]): string {
  return JSON.stringify(values, (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value instanceof Uint8Array ? [...value] : value,
  );
}

/** The error that a promise ends with. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  const value = await promise.then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  );
  if ('error' in value) return value.error;
  throw new Error(`it did not fail, but gave ${show([value.result])}`);
}
