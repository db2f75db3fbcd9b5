/** Quotas of trees, as ZooKeeper keeps them: nodes below `/zookeeper/quota`. */
import { type Client, isZkError } from '@vivarium/core';
import { formatQuotaText, parseQuotaText } from '@vivarium/core/internal/tree/quota-text';
import { childPath, parentPath, pathsDownTo } from '../paths.js';
import { walk } from '../tree/live-tree.js';

const ROOT = '/zookeeper/quota';
const LIMITS = 'zookeeper_limits';
const STATS = 'zookeeper_stats';

/** The limits of a quota, by the keys of its text. A soft limit is only told in the log. */
export const limitKeys = {
  count: 'count',
  countHard: 'countHardLimit',
  bytes: 'bytes',
  bytesHard: 'byteHardLimit',
} as const;
export type LimitName = keyof typeof limitKeys;
/** Undefined is no limit. */
export type Limits = Readonly<Record<LimitName, number | undefined>>;

/** The quota that a node counts towards. */
export interface Quota {
  /** The top of the tree that it is for. */
  readonly path: string;
  readonly limits: Limits;
  /** What is used of it, the top included. */
  readonly count: number;
  readonly bytes: number;
}

/** Whether a path can have a quota of its own. */
export function mayHaveQuota(path: string): boolean {
  return path !== '/' && path !== '/zookeeper' && !path.startsWith('/zookeeper/');
}

/** The quota of a node or of the nearest above it. @throws ZkError */
export async function readQuota(zk: Client, path: string): Promise<Quota | undefined> {
  const above = pathsDownTo(path).slice(1).reverse();
  const texts = await Promise.all(above.map((each) => textAt(zk, limitsOf(each))));
  const at = texts.findIndex((text) => text !== undefined);
  const own = above[at];
  if (own === undefined) return undefined;
  const used = parseQuotaText((await textAt(zk, `${ROOT}${own}/${STATS}`)) ?? '');
  const values = parseQuotaText(texts[at]!);
  const limit = (key: string) => {
    const value = values.get(key) ?? -1;
    return value < 0 ? undefined : value;
  };
  return {
    path: own,
    limits: {
      count: limit(limitKeys.count),
      countHard: limit(limitKeys.countHard),
      bytes: limit(limitKeys.bytes),
      bytesHard: limit(limitKeys.bytesHard),
    },
    count: used.get('count') ?? 0,
    bytes: used.get('bytes') ?? 0,
  };
}

/**
 * Gives a node these limits, in the place of those that it has.
 *
 * @throws Error when a node above or below has a quota: a node counts towards one only; ZkError
 */
export async function writeQuota(zk: Client, path: string, limits: Limits): Promise<void> {
  const nested = await nestedQuota(zk, path);
  if (nested !== undefined) {
    throw new Error(
      `${nested} has a quota already, and quotas do not nest: remove that one first.`,
    );
  }
  const values = new Map(
    (Object.keys(limitKeys) as LimitName[]).map((name) => [limitKeys[name], limits[name] ?? -1]),
  );
  const text = formatQuotaText(values);
  const home = `${ROOT}${path}`;
  await zk.ensure(home);
  try {
    // The counters begin with it: the server counts when the limits are there.
    const stats = { op: 'create', path: `${home}/${STATS}`, data: 'count=0,bytes=0' } as const;
    await zk.multi([{ op: 'create', path: limitsOf(path), data: text }, stats]);
  } catch (error) {
    if (!isZkError(error, 'NODE_EXISTS')) throw error;
    await zk.set(limitsOf(path), text);
  }
}

/** Removes the quota of a node, and the folders above it that it leaves empty. @throws ZkError */
export async function removeQuota(zk: Client, path: string): Promise<void> {
  for (const name of [LIMITS, STATS]) {
    await zk.delete(`${ROOT}${path}/${name}`).catch(unlessGone);
  }
  for (let at = path; at !== '/'; at = parentPath(at)) {
    const isLeft = await zk.delete(`${ROOT}${at}`).then(
      () => false,
      (error: unknown) => {
        if (!isZkError(error, 'NOT_EMPTY', 'NO_NODE')) throw error;
        return error.name === 'NOT_EMPTY';
      },
    );
    if (isLeft) return;
  }
}

/** A limit as it was typed; undefined for none. @throws Error with what is wrong with it */
export function limitIn(text: string): number | undefined {
  const digits = text.replaceAll(/[\s,_]/g, '');
  if (digits === '') return undefined;
  const value = Number(digits);
  if (/^\d+$/.test(digits) && Number.isSafeInteger(value)) return value;
  throw new Error(`"${text}" is no limit: give a whole number, or nothing for none.`);
}

async function nestedQuota(zk: Client, path: string): Promise<string | undefined> {
  const above = await readQuota(zk, parentPath(path));
  if (above !== undefined) return above.path;
  let below: string | undefined;
  const home = `${ROOT}${path}`;
  const visit = (each: string) => {
    const at = parentPath(each);
    if (each === childPath(at, LIMITS) && at !== home) below = at.slice(ROOT.length);
    return below === undefined;
  };
  await walk(zk, home, { visit, signal: new AbortController().signal });
  return below;
}

function limitsOf(path: string): string {
  return `${ROOT}${path}/${LIMITS}`;
}

async function textAt(zk: Client, path: string): Promise<string | undefined> {
  const read = await zk.get(path).catch(unlessGone);
  return read === undefined ? undefined : new TextDecoder().decode(read.data);
}

function unlessGone(error: unknown): undefined {
  if (!isZkError(error, 'NO_NODE')) throw error;
  return undefined;
}
