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
import { leaseSuite } from './lease-suite.js';
import { localQueueSuite } from './local-queue-suite.js';
import { lockStreamSuite } from './lock-stream-suite.js';
import { lockSuite } from './lock-suite.js';
import { lockWaitingSuite } from './lock-waiting-suite.js';
import { migrateSuite } from './migrate-suite.js';
import { nestedLocksSuite } from './nested-locks-suite.js';
import { nestedSharedLocksSuite } from './nested-shared-locks-suite.js';
import { partitionsSuite } from './partitions-suite.js';
import { permitsSuite } from './permits-suite.js';
import { phaserSuite } from './phaser-suite.js';
import { queueSuite } from './queue-suite.js';
import { revocationSuite } from './revocation-suite.js';
import { rwLockSuite } from './rw-lock-suite.js';
import { serviceSuite } from './service-suite.js';
import { sharedValueSuite } from './shared-value-suite.js';
import { stmFailureSuite } from './stm-failure-suite.js';
import { stmSuite } from './stm-suite.js';
import { upgradeSuite } from './upgrade-suite.js';
import { workQueueFailureSuite } from './work-queue-failure-suite.js';
import { workQueueSuite } from './work-queue-suite.js';

/** The suites, in parts that may run beside each other. */
const parts = {
  locks: [
    lockSuite,
    lockStreamSuite,
    lockWaitingSuite,
    creationSuite,
    queueSuite,
    revocationSuite,
    nestedLocksSuite,
    nestedSharedLocksSuite,
    localQueueSuite,
    acquireAllSuite,
    rwLockSuite,
    upgradeSuite,
    permitsSuite,
    leaseSuite,
  ],
  groups: [
    groupSuite,
    serviceSuite,
    keepNodeSuite,
    keepTtlNodeSuite,
    partitionsSuite,
    leadSuite,
    firstVersionsSuite,
    doubleBarrierSuite,
    doubleBarrierFailureSuite,
    phaserSuite,
    countDownLatchSuite,
  ],
  values: [
    counterSuite,
    sharedValueSuite,
    idGeneratorSuite,
    workQueueSuite,
    workQueueFailureSuite,
    stmSuite,
    stmFailureSuite,
    migrateSuite,
    configSetSuite,
    configHistorySuite,
  ],
} as const;

export type RecipesPart = keyof typeof parts;
const recipesParts = Object.keys(parts) as readonly RecipesPart[];

/** Declares the suites, and nothing around them. @param open gives the target to each test */
export function declareRecipes(
  name: string,
  open: () => Promise<Target>,
  only: readonly RecipesPart[] = recipesParts,
): void {
  for (const part of only) for (const declare of parts[part]) declare(name, open);
}

/**
 * @param open starts the server, once; asked for by the first test
 * @param only which parts; all when left out
 */
export function recipesSuite(
  name: string,
  open: () => Promise<Target>,
  only: readonly RecipesPart[] = recipesParts,
): void {
  let target: Promise<Target> | undefined;
  const shared = () => {
    target ??= open();
    return target;
  };
  declareRecipes(name, shared, only);
  suite(`${name}: the end`, (test) => {
    test('the server ends when all its clients are gone', async () => {
      await (await shared()).stop?.();
    });
  });
}
