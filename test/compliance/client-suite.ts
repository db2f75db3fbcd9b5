/**
 * What any server must let our client do, however it is reached. Every kind of server runs all of
 * it; see the files beside this one.
 */
import { suite } from '../support/suite.js';
import { absenceSuite } from './absence-suite.js';
import { childrenDataSuite } from './children-data-suite.js';
import { guaranteesSuite } from './guarantees-suite.js';
import { reconnectSuite } from './reconnect-suite.js';
import { requestsSuite } from './requests-suite.js';
import type { Target } from './target.js';
import { treeCareSuite } from './tree-care-suite.js';
import { treeSuite } from './tree-suite.js';
import { watchesSuite } from './watches-suite.js';

/** Declares the suites, and nothing around them. @param open gives the target to each test */
export function declareClient(name: string, open: () => Promise<Target>): void {
  requestsSuite(name, open);
  watchesSuite(name, open);
  guaranteesSuite(name, open);
  reconnectSuite(name, open);
  absenceSuite(name, open);
  childrenDataSuite(name, open);
  treeSuite(name, open);
  treeCareSuite(name, open);
}

/** @param open starts the server, once; asked for by the first test */
export function clientSuite(name: string, open: () => Promise<Target>): void {
  let target: Promise<Target> | undefined;
  const shared = () => {
    target ??= open();
    return target;
  };
  declareClient(name, shared);
  suite(`${name}: the end`, (test) => {
    test('the server ends when all its clients are gone', async () => {
      await (await shared()).stop?.();
    });
  });
}
