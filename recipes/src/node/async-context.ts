import { AsyncLocalStorage } from 'node:async_hooks';
import type { AsyncContext } from '../context/async-context.js';

const storage = new AsyncLocalStorage<unknown>();

/** Node's. */
export const asyncContext: AsyncContext | undefined = {
  get: () => storage.getStore(),
  run: (value, work) => storage.run(value, work),
};
