import { suite } from '../support/suite.js';
import { playToItsEnd } from './example-played.js';

/** All others are played by `npm run prove -- examples`: each is seven processes that wait. */
suite(
  'an example of the cookbook',
  (test) => {
    for (const name of ['lock', 'configuration']) {
      test(`${name} ends by itself, with its promise kept`, async ({ signal }) => {
        await playToItsEnd(name, signal);
      });
    }
  },
  { timeoutMs: 170_000 },
);
