/**
 * Everything a program may import from `@vivarium/recipes`. Each recipe is a function that takes a
 * client first; `recipes` binds all of them to one.
 */
export { type Barrier, barrier } from './barrier.js';
export { pendingCleanups$ } from './clean-ups.js';
export {
  type ConfigFormat,
  type ConfigOptions,
  type ConfigState,
  config$,
  type UpdateOptions,
  updateConfig,
} from './config.js';
export {
  type ConfigVersion,
  configHistory,
  type KeepOptions,
  rollbackConfig,
  updateConfigWithHistory,
} from './config-history/config-history.js';
export {
  type ConfigSetOptions,
  type ConfigSetState,
  configSet$,
} from './config-set/config-set.js';
export type { ConfigSetFormats } from './config-set/documents.js';
export { updateConfigSet } from './config-set/update-config-set.js';
export { type CountDownLatch, countDownLatch, type LatchOptions } from './count-down-latch.js';
export { type Counter, type CounterOptions, counter } from './counter.js';
export {
  type Cohort,
  type DoubleBarrier,
  type DoubleBarrierOptions,
  doubleBarrier,
} from './double-barrier/double-barrier.js';
export { type CampaignOptions, campaign$, type Leadership } from './election/campaign.js';
export { type LeadOptions, lead } from './election/lead.js';
export { type Candidate, type CandidateOptions, contenders$, leader$ } from './election/look-on.js';
export type { Term } from './election/term.js';
export { isRecipeError, RecipeError, type RecipeErrorName } from './errors.js';
export {
  type JoinOptions,
  joinGroup,
  type Membership,
  type MembershipStatus,
} from './group/join-group.js';
export { type MemberChanges, memberChanges$ } from './group/member-changes.js';
export { type Member, type MembersOptions, members$ } from './group/members.js';
export { FencingToken } from './hold/fencing-token.js';
export type { CheckOfHold, Hold, HoldStatus } from './hold/hold.js';
export { type IdGenerator, type IdGeneratorOptions, idGenerator } from './id-generator.js';
export {
  type KeepNodeOptions,
  type KeptNode,
  type KeptNodeStatus,
  keepNode,
} from './kept/keep-node.js';
export {
  type KeepTtlNodeOptions,
  type KeptTtlNode,
  type KeptTtlNodeStatus,
  keepTtlNode,
} from './kept/keep-ttl-node.js';
export { acquireLease, type LeaseOptions, tryAcquireLease } from './lease/acquire-lease.js';
export type { Lease } from './lease/lease.js';
export type { LeaseTtl } from './lease/lease-ttl.js';
export { acquireAll, type Holds } from './lock/acquire-all.js';
export { acquireLock, tryLock, withLock } from './lock/lock.js';
export { type LockStreamOptions, lock$ } from './lock/lock-stream.js';
export { type LockContender, type LockQueueOptions, lockQueue$ } from './lock/look-on.js';
export type { HoldOptions, LockOptions, RwLockOptions } from './lock/options.js';
export { type RwLock, rwLock, type UpgradableHold, type WriteHold } from './lock/rw-lock.js';
export {
  type Migrated,
  type MigrateOptions,
  type MigrationStep,
  migrate,
} from './migration/migrate.js';
export type { Partition } from './partitions/partition.js';
export { type Partitions, type PartitionsOptions, partitions$ } from './partitions/partitions.js';
export { type SetLimitOptions, setPermitLimit } from './permits/limit.js';
export {
  acquirePermits,
  type PermitOptions,
  tryAcquirePermits,
  withPermits,
} from './permits/permits.js';
export { type PermitsState, permits$ } from './permits/permits-state.js';
export { type Phaser, type PhaserOptions, phaser } from './phaser.js';
export { type Recipes, recipes } from './recipes.js';
export {
  type Revocation,
  type RevocationOptions,
  requestRevocation,
} from './revocation/request-revocation.js';
export type { Instance } from './service/instance.js';
export { type Picker, type PickerOptions, picker } from './service/picker.js';
export {
  type InstancesOptions,
  instances$,
  type RegisterOptions,
  registerService,
} from './service/service.js';
export type { WaitOptions } from './shared/patience.js';
export {
  type SharedValue,
  type SharedValueOptions,
  sharedValue,
  type Versioned,
} from './shared-value.js';
export { type StmOptions, stm } from './stm/stm.js';
export type { Transaction } from './stm/transaction.js';
export type { Claim, NackOptions } from './work-queue/claim.js';
export type { QueueDepth } from './work-queue/depth.js';
export type { JobHandler } from './work-queue/work.js';
export {
  type PutOptions,
  type WorkOptions,
  type WorkQueue,
  type WorkQueueOptions,
  workQueue,
} from './work-queue/work-queue.js';
