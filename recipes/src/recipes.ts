import type { Client } from '@vivarium/core';
import type { Observable } from 'rxjs';
import { type Barrier, barrier } from './barrier.js';
import {
  type ConfigFormat,
  type ConfigOptions,
  type ConfigState,
  config$,
  type UpdateOptions,
  updateConfig,
} from './config.js';
import { type CampaignOptions, campaign$, type Leadership } from './election.js';
import { type JoinOptions, joinGroup, type Membership } from './group/join-group.js';
import { type MemberChanges, memberChanges$ } from './group/member-changes.js';
import { type Member, type MembersOptions, members$ } from './group/members.js';
import type { Hold } from './hold/hold.js';
import { acquireLock, type LockOptions, tryLock, withLock } from './lock.js';

/** All recipes of one client; each is described where it is a function of its own. */
export interface Recipes {
  acquireLock(path: string, options?: LockOptions): Promise<Hold>;
  tryLock(path: string, options?: LockOptions): Promise<Hold | null>;
  withLock<T>(
    path: string,
    work: (hold: Hold) => T | PromiseLike<T>,
    options?: LockOptions,
  ): Promise<T>;
  joinGroup<T = unknown>(group: string, options: JoinOptions<T>): Promise<Membership<T>>;
  members$<T = unknown>(
    group: string,
    options?: MembersOptions<T>,
  ): Observable<ReadonlyMap<string, Member<T>>>;
  memberChanges$<T = unknown>(
    group: string,
    options?: MembersOptions<T>,
  ): Observable<MemberChanges<T>>;
  campaign$(path: string, options: CampaignOptions): Observable<Leadership>;
  barrier(path: string): Barrier;
  config$<T>(
    path: string,
    format: ConfigFormat<T>,
    options: ConfigOptions<T>,
  ): Observable<ConfigState<T>>;
  updateConfig<T>(
    path: string,
    format: ConfigFormat<T>,
    change: (value: T | undefined) => T,
    options?: UpdateOptions,
  ): Promise<T>;
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
    joinGroup: (group, options) => joinGroup(zk, group, options),
    members$: (group, options) => members$(zk, group, options),
    memberChanges$: (group, options) => memberChanges$(zk, group, options),
    campaign$: (path, options) => campaign$(zk, path, options),
    barrier: (path) => barrier(zk, path),
    config$: (path, format, options) => config$(zk, path, format, options),
    updateConfig: (path, format, change, options) =>
      updateConfig(zk, path, format, change, options),
  };
}
