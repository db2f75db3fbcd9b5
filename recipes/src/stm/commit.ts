import type { Acl, Client, MultiOp } from '@vivarium/core';
import { isZkError, ZkError } from '@vivarium/core';
import { RecipeError } from '../errors.js';
import { again } from '../shared/again.js';
import { deskOf } from '../shared/desk.js';
import { isRefused } from '../shared/doubt.js';
import { removeMarker } from '../shared/lane.js';
import { childOf, parentOf } from '../shared/paths.js';
import type { StoredNode } from '../shared/stored-node.js';
import { commitOutcome } from './commit-outcome.js';
import type { Ledger } from './ledger.js';

/** How the names of markers begin; see `shared/lane.ts`. */
const MARK = '_op_';

/** What has come of a commit; `again`: nothing was written, and it was nobody's fault. */
export type Commit = 'done' | 'conflict' | 'again';

/**
 * Writes what a transaction is to write if everything that it has read is still so, all or
 * nothing.
 *
 * A transaction of the server can check versions, and versions begin anew when a node is made
 * again. So each node that was read first gets a marker below it, ephemeral and with a name of its
 * own: as long as that exists the node cannot have been deleted. Then the nodes are looked at, and
 * what was read before the markers came must be the same still. The multi deletes the markers,
 * which is the proof that they were there, and checks the versions. That a node is missing is
 * proven by making and deleting it, or the topmost of its missing ancestors, in the same multi.
 * One of the markers is written instead of deleted: should the answer be lost, it tells.
 *
 * What only reads needs no multi: nodes that are the same after all were read were so together.
 *
 * @throws RecipeError UNKNOWN_OUTCOME; ZkError BAD_ARGUMENTS, NOT_EMPTY, NO_AUTH and the like
 */
export async function commit(
  zk: Client,
  ledger: Ledger,
  acl: readonly Acl[] | undefined,
  signal: AbortSignal,
): Promise<Commit> {
  try {
    await ledger.readAll();
    const plan = planOf(ledger);
    if (plan === undefined) return (await isAsRead(zk, ledger, signal)) ? 'done' : 'conflict';
    return await write(zk, ledger, plan, acl, signal);
  } catch (error) {
    if (error instanceof RecipeError || isZkError(error, 'BAD_ARGUMENTS')) throw error;
    return await again(zk, ledger.session, error, signal);
  }
}

/** Whether all that was read is stored still: then it was so at one and the same moment. */
export async function isAsRead(
  zk: Client,
  { reads, session }: Ledger,
  signal: AbortSignal,
): Promise<boolean> {
  const options = { session: session.id, signal };
  const found = await Promise.all(
    [...reads].map(async ([path, before]) => {
      const now = await zk.exists(path, options);
      return now?.czxid === before?.czxid && now?.mzxid === before?.mzxid;
    }),
  );
  return found.every((isSame) => isSame);
}

/** Which nodes are made, written and deleted. */
interface Plan {
  /** Shallow ones first. */
  readonly made: readonly string[];
  readonly set: readonly string[];
  /** Deep ones first. */
  readonly deleted: readonly string[];
}

/** Undefined when nothing is written. */
function planOf({ writes, reads }: Ledger): Plan | undefined {
  const paths = [...writes.keys()].sort((a, b) => depthOf(a) - depthOf(b));
  const isThere = (path: string) => reads.get(path) !== undefined;
  const isKept = (path: string) => writes.get(path) !== undefined;
  const made = paths.filter((path) => !isThere(path) && isKept(path));
  const set = paths.filter((path) => isThere(path) && isKept(path));
  const deleted = paths.filter((path) => isThere(path) && !isKept(path)).reverse();
  for (const path of [...made, ...set]) {
    const above = [...writes.keys()].find((each) => !isKept(each) && isBelow(path, each));
    if (above === undefined) continue;
    const reason = `the transaction writes it and deletes ${above} above it`;
    throw new ZkError('BAD_ARGUMENTS', { path, reason });
  }
  return made.length + set.length + deleted.length === 0 ? undefined : { made, set, deleted };
}

async function write(
  zk: Client,
  ledger: Ledger,
  plan: Plan,
  acl: readonly Acl[] | undefined,
  signal: AbortSignal,
): Promise<Commit> {
  const { session, reads } = ledger;
  const { made, deleted } = plan;
  const options = { session: session.id, signal };
  await ensureFolders(zk, ledger, made, acl, options);
  const present = [...reads].filter(([, node]) => node !== undefined).map(([path]) => path);
  const guards = present.map((path) => markerBelow(zk, session.id, path));
  // One that stays after the commit cannot lie below a node which that deletes or makes.
  const witness =
    guards.find((path) => !deleted.includes(parentOf(path))) ??
    markerBelow(zk, session.id, parentOf([...made, ...deleted].sort(shorterFirst)[0]!));
  const markers = [...new Set([witness, ...guards])];
  const marking = { op: 'create', data: '', mode: 'ephemeral', acl } as const;
  const removeMarkers = () => {
    for (const path of markers) removeMarker(zk, { path, session });
  };
  try {
    await zk.multi(
      markers.map((path) => ({ ...marking, path })),
      options,
    );
  } catch (error) {
    if (isZkError(error, 'NO_NODE')) return 'conflict';
    if (!isRefused(error)) removeMarkers();
    throw error;
  }
  let ops: readonly MultiOp[];
  try {
    const [isSame, missing] = await Promise.all([
      isAsRead(zk, ledger, signal),
      topmostMissing(zk, ledger, plan, options),
    ]);
    if (!isSame) {
      removeMarkers();
      return 'conflict';
    }
    ops = opsOf(ledger, plan, { markers, witness, missing, acl });
  } catch (error) {
    removeMarkers();
    throw error;
  }
  try {
    await zk.multi(ops, options);
    removeMarker(zk, { path: witness, session });
    return 'done';
  } catch (error) {
    if (isRefused(error)) {
      removeMarkers();
      if (isZkError(error, 'BAD_VERSION', 'NO_NODE', 'NODE_EXISTS')) return 'conflict';
      if (isZkError(error, 'NOT_EMPTY') && (await isOnlyMarked(zk, error.path, options))) {
        return 'conflict';
      }
      throw error;
    }
    const outcome = await commitOutcome(zk, ledger, witness);
    removeMarkers();
    if (outcome === 'written') return 'done';
    const [path] = ledger.writes.keys();
    if (outcome === 'unknown') throw new RecipeError('UNKNOWN_OUTCOME', path!, { cause: error });
    throw error;
  }
}

interface Proofs {
  readonly markers: readonly string[];
  /** The marker that is written; the others are deleted. */
  readonly witness: string;
  /** Paths where nothing may be. */
  readonly missing: readonly string[];
  readonly acl: readonly Acl[] | undefined;
}

function opsOf(
  { reads, writes }: Ledger,
  { made, set, deleted }: Plan,
  { markers, witness, missing, acl }: Proofs,
): readonly MultiOp[] {
  const written = new Set([...set, ...deleted]);
  const isOnlyRead = ([path, node]: [string, StoredNode | undefined]) =>
    node !== undefined && !written.has(path);
  const version = (path: string) => reads.get(path)!.version;
  return [
    { op: 'set', path: witness, data: '', version: 0 },
    ...markers
      .filter((path) => path !== witness)
      .map((path) => ({ op: 'delete', path, version: 0 }) as const),
    ...[...reads]
      .filter(isOnlyRead)
      .map(([path]) => ({ op: 'check', path, version: version(path) }) as const),
    ...missing.flatMap((path) => [
      { op: 'create', path, data: '' } as const,
      { op: 'delete', path } as const,
    ]),
    ...deleted.map((path) => ({ op: 'delete', path, version: version(path) }) as const),
    ...made.map((path) => ({ op: 'create', path, data: writes.get(path)!, acl }) as const),
    ...set.map(
      (path) => ({ op: 'set', path, data: writes.get(path)!, version: version(path) }) as const,
    ),
  ];
}

/** Makes the folders of new nodes, as far as they are not new nodes themselves. */
async function ensureFolders(
  zk: Client,
  { reads }: Ledger,
  made: readonly string[],
  acl: readonly Acl[] | undefined,
  options: { readonly session: bigint; readonly signal: AbortSignal },
): Promise<void> {
  const isToMake = (path: string) => !made.includes(path) && reads.get(path) === undefined;
  const folders = new Set(made.map(parentOf).filter(isToMake));
  // Plain folders: a container may go with what somebody keeps in it.
  await Promise.all([...folders].map((path) => zk.ensure(path, { ...options, acl })));
}

/** Of each path that was read as missing and is not made, the topmost part that is missing. */
async function topmostMissing(
  zk: Client,
  { reads }: Ledger,
  { made }: Plan,
  options: { readonly session: bigint; readonly signal: AbortSignal },
): Promise<readonly string[]> {
  const isProven = (path: string) => made.some((each) => each === path || isBelow(path, each));
  const missing = [...reads].filter(([path, node]) => node === undefined && !isProven(path));
  const topmost = await Promise.all(
    missing.map(async ([path]) => {
      let top = path;
      while (top !== '/' && (await zk.exists(parentOf(top), options)) === undefined) {
        top = parentOf(top);
      }
      return top;
    }),
  );
  return [...new Set(topmost)];
}

/** Whether what keeps a node from being deleted are the markers of others alone. */
async function isOnlyMarked(
  zk: Client,
  path: string | undefined,
  options: { readonly session: bigint; readonly signal: AbortSignal },
): Promise<boolean> {
  if (path === undefined) return false;
  try {
    const { children } = await zk.children(path, options);
    return children.every((name) => name.startsWith(MARK));
  } catch (error) {
    if (isZkError(error, 'NO_NODE')) return true;
    throw error;
  }
}

function markerBelow(zk: Client, session: bigint, path: string): string {
  return childOf(path, `${MARK}${deskOf(zk).nextGuid(session)}`);
}

function depthOf(path: string): number {
  return path === '/' ? 0 : path.split('/').length - 1;
}

function shorterFirst(a: string, b: string): number {
  return depthOf(a) - depthOf(b);
}

function isBelow(path: string, folder: string): boolean {
  return folder === '/' ? path !== '/' : path.startsWith(`${folder}/`);
}
