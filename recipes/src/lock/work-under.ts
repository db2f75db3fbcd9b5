import { inScope, type Scope } from './scope.js';

/**
 * Calls `work` in the scope of its hold and resolves with what it gives; the hold is released when
 * the work has ended, whichever way. When the hold was lost before the work ended, the result may
 * have come about while somebody else held it: then it rejects with that, unless the work threw.
 */
export async function workUnder<T>(scope: Scope, work: () => T | PromiseLike<T>): Promise<T> {
  const { hold } = scope;
  let result: T;
  try {
    result = await inScope(scope, work);
  } catch (error) {
    await hold.release().catch((cause: unknown) => {
      if (error instanceof Error) error.cause ??= cause;
    });
    throw error;
  }
  if (hold.status !== 'released') hold.throwIfLost();
  await hold.release();
  return result;
}
