import type { Acl, CallOptions, Client, MultiOp, WatchOptions } from '@vivarium/core';
import { isZkError, text } from '@vivarium/core';
import { RecipeError } from '../errors.js';
import { wasCutOff } from '../shared/doubt.js';
import { ensureFolder, FOLDER_TURNS } from '../shared/folder.js';
import { childOf, parentOf } from '../shared/paths.js';
import { contendersOf } from '../shared/queue.js';

/** What stands between our own prefix and the number in a member's name. */
export const MEMBER_LABEL = 'm-';

/** What a member that has left leaves in place of its node stands before that one's name. */
const LEFT = 'l-';

/**
 * What the barrier's own node says. It is written in two moments only, when a cohort is formed and
 * when it has gone, each time with the version that was read: all who come and go agree by it.
 */
export interface BarrierState {
  /** How many it is for; undefined as long as nobody has said so. */
  readonly size: number | undefined;
  /** Counts the cohorts, from 1; 0 before the first. */
  readonly generation: number;
  /** Names of the members inside; empty between two cohorts. */
  readonly cohort: readonly string[];
  /** Once the cohort has gone: those of it who died inside. */
  readonly lost: readonly string[];
}

/** The same as one read saw it. */
export interface BarrierView extends BarrierState {
  readonly version: number;
  readonly mzxid: bigint;
}

/** Makes the barrier's node, unless it is there. Persistent, so that generations go on counting. */
export async function makeBarrier(
  zk: Client,
  path: string,
  size: number,
  options: CallOptions & {
    readonly signal: AbortSignal;
    readonly acl?: readonly Acl[] | undefined;
  },
): Promise<void> {
  const { acl, signal } = options;
  const data = encode({ size, generation: 0, cohort: [], lost: [] });
  for (let missing = 0; ; ) {
    try {
      await zk.create(path, data, options);
      return;
    } catch (error) {
      if (isZkError(error, 'NODE_EXISTS')) return;
      // To make it twice does no harm.
      if (wasCutOff(error)) continue;
      if (!isZkError(error, 'NO_NODE') || missing++ === FOLDER_TURNS) throw error;
      await ensureFolder(zk, parentOf(path), { signal, acl });
    }
  }
}

/** What the node says now; undefined when there is none. @throws INVALID_VALUE, NO_AUTH */
export async function readBarrier(
  zk: Client,
  path: string,
  options: CallOptions & WatchOptions,
): Promise<BarrierView | undefined> {
  try {
    const { data, stat } = await zk.get(path, { ...options, codec: text });
    return { ...decode(path, data), version: stat.version, mzxid: stat.mzxid };
  } catch (error) {
    if (isZkError(error, 'NO_NODE')) return undefined;
    throw error;
  }
}

/** The members among the names, first come first. */
export function membersOf(names: readonly string[]): readonly string[] {
  const standing = names.filter((name) => !name.startsWith(LEFT));
  return contendersOf([`-${MEMBER_LABEL}`], standing).map(({ name }) => name);
}

/** Those of a cohort who neither are here nor have said that they leave: they died. */
export function lostOf(cohort: readonly string[], names: readonly string[]): readonly string[] {
  const known = new Set(names);
  return cohort.filter((member) => !known.has(member) && !known.has(LEFT + member));
}

/** Path of what says that a member has left. */
export function markOf(path: string, member: string): string {
  return childOf(path, LEFT + member);
}

/** Forms the cohort of these members, if every one of them is still here. */
export function formation(
  path: string,
  size: number,
  { generation, version }: BarrierView,
  cohort: readonly string[],
): readonly MultiOp[] {
  const data = encode({ size, generation: generation + 1, cohort, lost: [] });
  const checks = cohort.map((name): MultiOp => ({ op: 'check', path: childOf(path, name) }));
  return [...checks, { op: 'set', path, data, version }];
}

/**
 * Opens the barrier for the next cohort, when none of the present one is left but perhaps the
 * caller. `own` is an operation on a node of the caller's, whose name was never given before: with
 * it a barrier that somebody has deleted and made again is not taken for this one.
 */
export function dissolution(
  path: string,
  { size, generation, cohort, version }: BarrierView,
  names: readonly string[],
  lost: readonly string[],
  own: MultiOp,
): readonly MultiOp[] {
  const data = encode({ size, generation, cohort: [], lost });
  const known = new Set(names);
  const marks = cohort.filter((member) => known.has(LEFT + member));
  const removals = marks
    .map((member): MultiOp => ({ op: 'delete', path: markOf(path, member) }))
    .filter((op) => op.path !== own.path);
  return [own, { op: 'set', path, data, version }, ...removals];
}

function encode({ size, generation, cohort, lost }: BarrierState): string {
  return JSON.stringify({ size, generation, cohort, lost });
}

/** What was decoded last: all who wait in one program are told of their cohort by the same text. */
let latest: { readonly data: string; readonly state: BarrierState } | undefined;

function decode(path: string, data: string): BarrierState {
  if (latest?.data !== data) latest = { data, state: parse(path, data) };
  return latest.state;
}

function parse(path: string, data: string): BarrierState {
  // A folder that somebody else has made says nothing yet.
  if (data === '') return { size: undefined, generation: 0, cohort: [], lost: [] };
  try {
    const { size, generation, cohort, lost } = JSON.parse(data) as BarrierState;
    const isCount = (value: unknown) => Number.isSafeInteger(value);
    const isList = (value: unknown) =>
      Array.isArray(value) && value.every((each) => typeof each === 'string');
    if ((size === undefined || isCount(size)) && isCount(generation)) {
      if (isList(cohort) && isList(lost)) return { size, generation, cohort, lost };
    }
  } catch {
    // Not JSON: refused below.
  }
  throw new RecipeError('INVALID_VALUE', path, {
    reason: `the data ${JSON.stringify(data.slice(0, 60))} is not that of a double barrier`,
  });
}
