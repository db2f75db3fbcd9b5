/**
 * What code inherits from the code that started it, across every `await`. Node has it; browsers do
 * not.
 */
export interface AsyncContext {
  /** What {@link run} was given by the innermost call that led here; undefined without one. */
  get(): unknown;
  /** Calls `work`, and all that it starts, with another value. */
  run<T>(value: unknown, work: () => T): T;
}
