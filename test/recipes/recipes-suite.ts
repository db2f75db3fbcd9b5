/** What the recipes promise over any server; see the files beside this one. */
import type { Target } from '../compliance/target.js';
import { suite } from '../support/suite.js';
import { acquireAllSuite } from './acquire-all-suite.js';
import { configHistorySuite } from './config-history-suite.js';
import { configSetSuite } from './config-set-suite.js';
import { countDownLatchSuite } from './count-down-latch-suite.js';
import { counterSuite } from './counter-suite.js';
import { creationSuite } from './creation-suite.js';
import { doubleBarrierFailureSuite } from './double-barrier-failure-suite.js';
import { doubleBarrierSuite } from './double-barrier-suite.js';
import { firstVersionsSuite } from './first-versions-suite.js';
import { groupSuite } from './group-suite.js';
import { idGeneratorSuite } from './id-generator-suite.js';
import { keepNodeSuite } from './keep-node-suite.js';
import { keepTtlNodeSuite } from './keep-ttl-node-suite.js';
import { leadSuite } from './lead-suite.js';
import { lockSuite } from './lock-suite.js';
import { migrateSuite } from './migrate-suite.js';
import { partitionsSuite } from './partitions-suite.js';
import { permitsSuite } from './permits-suite.js';
import { phaserSuite } from './phaser-suite.js';
import { queueSuite } from './queue-suite.js';
import { rwLockSuite } from './rw-lock-suite.js';
import { serviceSuite } from './service-suite.js';
import { sharedValueSuite } from './shared-value-suite.js';
import { stmFailureSuite } from './stm-failure-suite.js';
import { stmSuite } from './stm-suite.js';
import { upgradeSuite } from './upgrade-suite.js';
import { workQueueFailureSuite } from './work-queue-failure-suite.js';
import { workQueueSuite } from './work-queue-suite.js';

/** @param open starts the server, once; asked for by the first test */
export function recipesSuite(name: string, open: () => Promise<Target>): void {
  let target: Promise<Target> | undefined;
  const shared = () => {
    target ??= open();
    return target;
  };
  lockSuite(name, shared);
  creationSuite(name, shared);
  queueSuite(name, shared);
  acquireAllSuite(name, shared);
  rwLockSuite(name, shared);
  upgradeSuite(name, shared);
  permitsSuite(name, shared);
  groupSuite(name, shared);
  serviceSuite(name, shared);
  keepNodeSuite(name, shared);
  keepTtlNodeSuite(name, shared);
  partitionsSuite(name, shared);
  leadSuite(name, shared);
  firstVersionsSuite(name, shared);
  doubleBarrierSuite(name, shared);
  doubleBarrierFailureSuite(name, shared);
  phaserSuite(name, shared);
  countDownLatchSuite(name, shared);
  counterSuite(name, shared);
  sharedValueSuite(name, shared);
  idGeneratorSuite(name, shared);
  workQueueSuite(name, shared);
  workQueueFailureSuite(name, shared);
  stmSuite(name, shared);
  stmFailureSuite(name, shared);
  migrateSuite(name, shared);
  configSetSuite(name, shared);
  configHistorySuite(name, shared);
  suite(`${name}: the end`, (test) => {
    test('the server ends when all its clients are gone', async () => {
      await (await shared()).stop?.();
    });
  });
}
