import type { AsyncContext } from './async-context.js';

/** Browsers have none. */
export const asyncContext: AsyncContext | undefined = undefined;
