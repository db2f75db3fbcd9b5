/** Everything a program may import from `@vivarium/core/local`: a server in memory, for tests. */
export type { Local, LocalOptions, LocalServerHandle } from './local.js';
export { startLocal } from './start-local.js';
