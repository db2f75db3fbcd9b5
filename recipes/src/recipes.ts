import type { Client, Codec, NodeData, StandardSchema } from '@vivarium/core';
import type { Observable } from 'rxjs';
import { type Barrier, barrier } from './barrier.js';
import { pendingCleanups$ } from './clean-ups.js';
import {
  type ConfigFormat,
  type ConfigOptions,
  type ConfigState,
  config$,
  type UpdateOptions,
  updateConfig,
} from './config.js';
import {
  type ConfigVersion,
  configHistory,
  type KeepOptions,
  rollbackConfig,
  updateConfigWithHistory,
} from './config-history/config-history.js';
import { type ConfigSetOptions, type ConfigSetState, configSet$ } from './config-set/config-set.js';
import type { ConfigSetFormats } from './config-set/documents.js';
import { updateConfigSet } from './config-set/update-config-set.js';
import { type CountDownLatch, countDownLatch, type LatchOptions } from './count-down-latch.js';
import { type Counter, type CounterOptions, counter } from './counter.js';
import {
  type DoubleBarrier,
  type DoubleBarrierOptions,
  doubleBarrier,
} from './double-barrier/double-barrier.js';
import { type CampaignOptions, campaign$, type Leadership } from './election/campaign.js';
import { type LeadOptions, lead } from './election/lead.js';
import { type Candidate, type CandidateOptions, contenders$, leader$ } from './election/look-on.js';
import type { Term } from './election/term.js';
import { type JoinOptions, joinGroup, type Membership } from './group/join-group.js';
import { type MemberChanges, memberChanges$ } from './group/member-changes.js';
import { type Member, type MembersOptions, members$ } from './group/members.js';
import type { Hold } from './hold/hold.js';
import { type IdGenerator, type IdGeneratorOptions, idGenerator } from './id-generator.js';
import { type KeepNodeOptions, type KeptNode, keepNode } from './kept/keep-node.js';
import { type KeepTtlNodeOptions, type KeptTtlNode, keepTtlNode } from './kept/keep-ttl-node.js';
import { acquireLease, type LeaseOptions, tryAcquireLease } from './lease/acquire-lease.js';
import type { Lease } from './lease/lease.js';
import { acquireAll, type Holds } from './lock/acquire-all.js';
import { acquireLock, tryLock, withLock } from './lock/lock.js';
import { type LockStreamOptions, lock$ } from './lock/lock-stream.js';
import { type LockContender, type LockQueueOptions, lockQueue$ } from './lock/look-on.js';
import type { LockOptions } from './lock/options.js';
import { type RwLock, rwLock } from './lock/rw-lock.js';
import {
  type Migrated,
  type MigrateOptions,
  type MigrationStep,
  migrate,
} from './migration/migrate.js';
import { type Partitions, type PartitionsOptions, partitions$ } from './partitions/partitions.js';
import { type SetLimitOptions, setPermitLimit } from './permits/limit.js';
import {
  acquirePermits,
  type PermitOptions,
  tryAcquirePermits,
  withPermits,
} from './permits/permits.js';
import { type PermitsState, permits$ } from './permits/permits-state.js';
import { type Phaser, type PhaserOptions, phaser } from './phaser.js';
import {
  type Revocation,
  type RevocationOptions,
  requestRevocation,
} from './revocation/request-revocation.js';
import type { Instance } from './service/instance.js';
import { type Picker, type PickerOptions, picker } from './service/picker.js';
import {
  type InstancesOptions,
  instances$,
  type RegisterOptions,
  registerService,
} from './service/service.js';
import type { WaitOptions } from './shared/patience.js';
import { type SharedValue, type SharedValueOptions, sharedValue } from './shared-value.js';
import { type StmOptions, stm } from './stm/stm.js';
import type { Transaction } from './stm/transaction.js';
import { type WorkQueue, type WorkQueueOptions, workQueue } from './work-queue/work-queue.js';

/**
 * All recipes of one client. What is said here is the short of it: the whole contract of each
 * stands where it is a function of its own.
 */
export interface Recipes {
  /** Waits for an exclusive lock, first come first served; see {@link acquireLock}. */
  acquireLock(path: string, options?: LockOptions): Promise<Hold>;
  /** Takes a lock if it is free; null otherwise. See the function {@link tryLock}. */
  tryLock(path: string, options?: LockOptions): Promise<Hold | null>;
  /** Works while a lock is held, and releases it; see the function {@link withLock}. */
  withLock<T>(
    path: string,
    work: (hold: Hold) => T | PromiseLike<T>,
    options?: LockOptions,
  ): Promise<T>;
  /** A lock for as long as somebody is subscribed; see the function {@link lock$}. */
  lock$(path: string, options?: LockStreamOptions): Observable<Hold | undefined>;
  /** Who holds a lock and who waits for it; see the function {@link lockQueue$}. */
  lockQueue$<T = string>(
    path: string,
    options?: LockQueueOptions<T>,
  ): Observable<readonly LockContender<T>[]>;
  /** Waits for several locks, all or none; see the function {@link acquireAll}. */
  acquireAll(paths: readonly string[], options?: LockOptions): Promise<Holds>;
  /** Asks those who hold to give it back; see the function {@link requestRevocation}. */
  requestRevocation(
    what: string | { readonly path: string },
    options?: RevocationOptions,
  ): Promise<Revocation>;
  /** Many who read, or one who writes; see the function {@link rwLock}. */
  rwLock(path: string): RwLock;
  /** Waits for some of a limited number of permits; see {@link acquirePermits}. */
  acquirePermits(path: string, options?: PermitOptions): Promise<Hold>;
  /** Takes permits if they are free; null otherwise. See {@link tryAcquirePermits}. */
  tryAcquirePermits(path: string, options?: PermitOptions): Promise<Hold | null>;
  /** Works while it has permits, and releases them; see the function {@link withPermits}. */
  withPermits<T>(
    path: string,
    work: (hold: Hold) => T | PromiseLike<T>,
    options?: PermitOptions,
  ): Promise<T>;
  /** Sets how many permits there are; see the function {@link setPermitLimit}. */
  setPermitLimit(path: string, limit: number, options?: SetLimitOptions): Promise<void>;
  /** The limit at a path, and how many permits are asked for; see {@link permits$}. */
  permits$(path: string): Observable<PermitsState>;
  /**
   * Waits for the lease of a path, which lasts for a time; see the function {@link acquireLease}.
   */
  acquireLease(path: string, options: LeaseOptions): Promise<Lease>;
  /** The lease of a path if it is free, or null; see the function {@link tryAcquireLease}. */
  tryAcquireLease(path: string, options: LeaseOptions): Promise<Lease | null>;
  /** Is a member of a group until it leaves; see the function {@link joinGroup}. */
  joinGroup<T = unknown>(group: string, options: JoinOptions<T>): Promise<Membership<T>>;
  /** Who is in a group, now and after each change; see the function {@link members$}. */
  members$<T = unknown>(
    group: string,
    options?: MembersOptions<T>,
  ): Observable<ReadonlyMap<string, Member<T>>>;
  /** Who has come and gone, and who shows something else; see {@link memberChanges$}. */
  memberChanges$<T = unknown>(
    group: string,
    options?: MembersOptions<T>,
  ): Observable<MemberChanges<T>>;
  /** Offers a service until it leaves; see the function {@link registerService}. */
  registerService<M = unknown>(options: RegisterOptions<M>): Promise<Membership<Instance<M>>>;
  /** Who offers a service, now and after each change; see {@link instances$}. */
  instances$<M = unknown>(
    name: string,
    options?: InstancesOptions,
  ): Observable<readonly Instance<M>[]>;
  /** Gives out instances of a service, one at a time; see the function {@link picker}. */
  picker<M = unknown>(name: string, options?: PickerOptions): Picker<M>;
  /** Keeps an ephemeral node until it is released; see the function {@link keepNode}. */
  keepNode<T = NodeData>(
    path: string,
    data: NoInfer<T>,
    options?: KeepNodeOptions<T>,
  ): Promise<KeptNode<T>>;
  /** Keeps a node that outlives us by its time to live; see {@link keepTtlNode}. */
  keepTtlNode<T = NodeData>(
    path: string,
    data: NoInfer<T> | undefined,
    options: KeepTtlNodeOptions<T>,
  ): Promise<KeptTtlNode<T>>;
  /** Holds its share of the partitions while it is subscribed; see {@link partitions$}. */
  partitions$(path: string, options: PartitionsOptions): Observable<Partitions>;
  /** Stands for election while it is subscribed; see the function {@link campaign$}. */
  campaign$(path: string, options: CampaignOptions): Observable<Leadership>;
  /** Works whenever it leads, and hands over when it has done; see the function {@link lead}. */
  lead(
    path: string,
    work: (term: Term, stop: AbortSignal) => void | PromiseLike<void>,
    options: LeadOptions,
  ): Promise<void>;
  /** Who leads, for those who look on; see the function {@link leader$}. */
  leader$<T = string>(
    path: string,
    options?: CandidateOptions<T>,
  ): Observable<Candidate<T> | undefined>;
  /** All candidates, the leader first; see the function {@link contenders$}. */
  contenders$<T = string>(
    path: string,
    options?: CandidateOptions<T>,
  ): Observable<readonly Candidate<T>[]>;
  /** A gate to wait at as long as it is raised; see the function {@link barrier}. */
  barrier(path: string): Barrier;
  /** A barrier to start together and to end together at; see {@link doubleBarrier}. */
  doubleBarrier(path: string, options: DoubleBarrierOptions): DoubleBarrier;
  /** Opens for good when so many have counted down; see {@link countDownLatch}. */
  countDownLatch(path: string, count: number, options?: LatchOptions): CountDownLatch;
  /** A meeting point for round after round; see the function {@link phaser}. */
  phaser(path: string, options: PhaserOptions): Phaser;
  /** A checked setting, never worse than the last good one; see {@link config$}. */
  config$<T>(
    path: string,
    format: ConfigFormat<T>,
    options: ConfigOptions<T>,
  ): Observable<ConfigState<T>>;
  /** Changes a setting, exactly once; see the function {@link updateConfig}. */
  updateConfig<T>(
    path: string,
    format: ConfigFormat<T>,
    change: (value: T | undefined) => T,
    options?: UpdateOptions,
  ): Promise<T>;
  /** Changes a setting and keeps what it was; see {@link updateConfigWithHistory}. */
  updateConfigWithHistory<T>(
    path: string,
    format: ConfigFormat<T>,
    change: (value: T | undefined) => T,
    options?: KeepOptions,
  ): Promise<T>;
  /** What a setting is and was, newest first; see the function {@link configHistory}. */
  configHistory<T>(
    path: string,
    format: ConfigFormat<T>,
    options?: WaitOptions,
  ): Promise<readonly ConfigVersion<T>[]>;
  /** Writes an old version of a setting as a new change; see {@link rollbackConfig}. */
  rollbackConfig<T>(
    path: string,
    format: ConfigFormat<T>,
    version: number,
    options?: KeepOptions,
  ): Promise<T>;
  /** Settings that are changed and seen together; see the function {@link configSet$}. */
  configSet$<T extends object>(
    folder: string,
    formats: ConfigSetFormats<T>,
    options: ConfigSetOptions<NoInfer<T>>,
  ): Observable<ConfigSetState<T>>;
  /** Changes settings together, exactly once; see the function {@link updateConfigSet}. */
  updateConfigSet<T extends object>(
    folder: string,
    formats: ConfigSetFormats<T>,
    change: (value: Partial<NoInfer<T>>) => NoInfer<T>,
    options?: UpdateOptions,
  ): Promise<T>;
  /** A number that all share, added to exactly once; see the function {@link counter}. */
  counter(path: string, options?: CounterOptions): Counter;
  /** A value that all share, changed exactly once; see the function {@link sharedValue}. */
  sharedValue<T>(
    path: string,
    format: StandardSchema<T> | Codec<T>,
    options: SharedValueOptions<T>,
  ): SharedValue<T>;
  /** Ids that nobody else gets, many with one write; see the function {@link idGenerator}. */
  idGenerator(path: string, options: IdGeneratorOptions): IdGenerator;
  /** Jobs, each in one consumer's hands at a time; see the function {@link workQueue}. */
  workQueue<T>(
    path: string,
    format: StandardSchema<T> | Codec<T>,
    options?: WorkQueueOptions,
  ): WorkQueue<T>;
  /** Reads and writes several nodes as if alone, all or nothing; see the function {@link stm}. */
  stm<T>(work: (tx: Transaction) => T | PromiseLike<T>, options?: StmOptions): Promise<T>;
  /** Changes to a tree that are made once, in order, in a whole fleet; see {@link migrate}. */
  migrate(
    path: string,
    steps: readonly MigrationStep[],
    options?: MigrateOptions,
  ): Promise<Migrated>;
  /** How many nodes are still to be deleted; see the function {@link pendingCleanups$}. */
  pendingCleanups$(): Observable<number>;
}

/**
 * The recipes, bound to a client: `recipes(zk).acquireLock(path)` is `acquireLock(zk, path)`. None
 * of them uses `this`, so they may be taken off the result.
 */
export function recipes(zk: Client): Recipes {
  return {
    acquireLock: (path, options) => acquireLock(zk, path, options),
    tryLock: (path, options) => tryLock(zk, path, options),
    withLock: (path, work, options) => withLock(zk, path, work, options),
    lock$: (path, options) => lock$(zk, path, options),
    lockQueue$: (path, options) => lockQueue$(zk, path, options),
    acquireAll: (paths, options) => acquireAll(zk, paths, options),
    requestRevocation: (what, options) => requestRevocation(zk, what, options),
    rwLock: (path) => rwLock(zk, path),
    acquirePermits: (path, options) => acquirePermits(zk, path, options),
    tryAcquirePermits: (path, options) => tryAcquirePermits(zk, path, options),
    withPermits: (path, work, options) => withPermits(zk, path, work, options),
    setPermitLimit: (path, limit, options) => setPermitLimit(zk, path, limit, options),
    permits$: (path) => permits$(zk, path),
    acquireLease: (path, options) => acquireLease(zk, path, options),
    tryAcquireLease: (path, options) => tryAcquireLease(zk, path, options),
    joinGroup: (group, options) => joinGroup(zk, group, options),
    members$: (group, options) => members$(zk, group, options),
    memberChanges$: (group, options) => memberChanges$(zk, group, options),
    registerService: (options) => registerService(zk, options),
    instances$: (name, options) => instances$(zk, name, options),
    picker: (name, options) => picker(zk, name, options),
    keepNode: (path, data, options) => keepNode(zk, path, data, options),
    keepTtlNode: (path, data, options) => keepTtlNode(zk, path, data, options),
    partitions$: (path, options) => partitions$(zk, path, options),
    campaign$: (path, options) => campaign$(zk, path, options),
    lead: (path, work, options) => lead(zk, path, work, options),
    leader$: (path, options) => leader$(zk, path, options),
    contenders$: (path, options) => contenders$(zk, path, options),
    barrier: (path) => barrier(zk, path),
    doubleBarrier: (path, options) => doubleBarrier(zk, path, options),
    countDownLatch: (path, count, options) => countDownLatch(zk, path, count, options),
    phaser: (path, options) => phaser(zk, path, options),
    config$: (path, format, options) => config$(zk, path, format, options),
    updateConfig: (path, format, change, options) =>
      updateConfig(zk, path, format, change, options),
    updateConfigWithHistory: (path, format, change, options) =>
      updateConfigWithHistory(zk, path, format, change, options),
    configHistory: (path, format, options) => configHistory(zk, path, format, options),
    rollbackConfig: (path, format, version, options) =>
      rollbackConfig(zk, path, format, version, options),
    configSet$: (folder, formats, options) => configSet$(zk, folder, formats, options),
    updateConfigSet: (folder, formats, change, options) =>
      updateConfigSet(zk, folder, formats, change, options),
    counter: (path, options) => counter(zk, path, options),
    sharedValue: (path, format, options) => sharedValue(zk, path, format, options),
    idGenerator: (path, options) => idGenerator(zk, path, options),
    workQueue: (path, format, options) => workQueue(zk, path, format, options),
    stm: (work, options) => stm(zk, work, options),
    migrate: (path, steps, options) => migrate(zk, path, steps, options),
    pendingCleanups$: () => pendingCleanups$(zk),
  };
}
