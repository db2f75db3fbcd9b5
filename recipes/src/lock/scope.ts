import type { Client } from '@vivarium/core';
import { ZkError } from '@vivarium/core';
import { asyncContext } from '#context';
import { RecipeError } from '../errors.js';
import type { Hold } from '../hold/hold.js';

/** What is held, or asked for. */
export type Claim = 'lock' | 'write' | 'read' | 'upgradable' | 'permits';

/** A hold whose work is under way. All that the work calls and starts is inside. */
export interface Scope {
  readonly zk: Client;
  readonly path: string;
  readonly claim: Claim;
  readonly hold: Hold;
  /** Another part in the same hold. */
  share(): Hold;
  /** How many, if permits. */
  readonly permits?: number | undefined;
}

interface Nested extends Scope {
  readonly outer: Nested | undefined;
}

/** Whether there is a way to tell what the code that calls us holds. */
const hasScopes = asyncContext !== undefined;

/** Calls `work` inside a scope. */
export function inScope<T>(scope: Scope, work: () => T): T {
  if (asyncContext === undefined) return work();
  const outer = asyncContext.get() as Nested | undefined;
  return asyncContext.run({ ...scope, outer } satisfies Nested, work);
}

/**
 * The scopes that the caller is in, of one client and path, whose hold is still theirs: innermost
 * first. One whose hold has ended stands in nobody's way any more.
 */
export function scopesOf(zk: Client, path: string): readonly Scope[] {
  const scopes: Scope[] = [];
  let scope = asyncContext?.get() as Nested | undefined;
  for (; scope !== undefined; scope = scope.outer) {
    if (scope.zk === zk && scope.path === path && scope.hold.isCertain()) scopes.push(scope);
  }
  return scopes;
}

/** What can never be granted to work that holds the other, for it would wait for itself. */
const waitsForItself: Readonly<Record<Claim, readonly Claim[]>> = {
  lock: ['lock', 'write', 'read', 'upgradable'],
  write: ['lock', 'write', 'read', 'upgradable'],
  read: ['lock', 'write'],
  upgradable: ['lock', 'write', 'upgradable'],
  permits: [],
};

/** What is covered by a hold of the other. */
const covers: Readonly<Record<Claim, readonly Claim[]>> = {
  lock: ['lock', 'write', 'read'],
  write: ['lock', 'write', 'read'],
  read: ['read'],
  upgradable: ['read'],
  permits: [],
};

/** How a request deals with what its caller holds. */
export interface Nesting {
  readonly reentrant?: boolean | undefined;
  readonly detached?: boolean | undefined;
}

/**
 * Another part in what the caller holds, if the request is re-entrant and that covers it; undefined
 * when the request has to be made.
 *
 * @throws RecipeError SELF_DEADLOCK when it would wait for its own caller
 */
export function reenter(
  zk: Client,
  path: string,
  claim: Claim,
  { reentrant, detached }: Nesting,
  waits: boolean,
): Scope | undefined {
  const scopes = scopesOf(zk, path);
  const covering = scopes.find((scope) => covers[scope.claim].includes(claim));
  if (reentrant === true && covering !== undefined) return covering;
  const blocking = scopes.find((scope) => waitsForItself[scope.claim].includes(claim));
  if (blocking === undefined || !waits || detached === true) return undefined;
  throw new RecipeError('SELF_DEADLOCK', path, { reason: reasonOf(blocking.claim, claim) });
}

/** The way out for those who know better. */
export const DETACHED = 'work that the holder does not wait for asks with detached: true';

function reasonOf(held: Claim, asked: Claim): string {
  const remedy = {
    lock: 'release it first, or ask with reentrant: true',
    write: 'release it first, or ask with reentrant: true',
    read: 'release it first, or read with upgradable: true and call upgrade',
    upgradable: 'call upgrade of the hold',
    permits: '',
  }[held];
  const what = held === 'lock' || held === 'write' ? 'holds it' : 'holds it to read';
  const to = asked === 'read' || asked === 'upgradable' ? ' to read' : '';
  const why = `the work that asks for it${to} ${what} already, and would wait for itself`;
  return `${why}: ${remedy}; ${DETACHED}`;
}

/** @throws ZkError BAD_ARGUMENTS for options that are none, or do not go together */
export function assertNesting(path: string, { reentrant, detached }: Nesting): void {
  const bad = (reason: string) => new ZkError('BAD_ARGUMENTS', { path, reason });
  for (const [name, value] of Object.entries({ reentrant, detached })) {
    if (value === undefined || typeof value === 'boolean') continue;
    throw bad(`${name} is ${typeof value}; give true or false`);
  }
  if (reentrant !== true) return;
  if (detached === true) throw bad('a request that is detached cannot be reentrant');
  if (hasScopes) return;
  throw bad('nothing tells here what the caller holds, so no request can be reentrant');
}
