import type { Client } from '../../../client/api.js';
import { isZkError } from '../../../client/errors.js';
import { formatQuotaText, parseQuotaText } from '../../../tree/quota-text.js';
import { UsageError } from './arguments.js';

/** Flags of the quota commands, and the keys they mean in a quota's text. */
export const QUOTA_FLAGS = {
  n: 'count',
  b: 'bytes',
  N: 'countHardLimit',
  B: 'byteHardLimit',
} as const;

const QUOTA_ROOT = '/zookeeper/quota';
const LIMITS = 'zookeeper_limits';
const STATS = 'zookeeper_stats';
/** What zkCli writes before it sets a limit. */
const NO_LIMITS = 'count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=-1';

/**
 * Sets limits of a tree, keeping those not named. Answers warnings about limits that are exceeded
 * already.
 *
 * @throws UsageError when the path cannot have a quota: it does not exist, or a node above or below
 * it has one
 */
export async function setQuota(
  client: Client,
  path: string,
  limits: ReadonlyMap<string, number>,
): Promise<string[]> {
  if (path === '/' || `${path}/`.startsWith('/zookeeper/')) {
    throw new UsageError(`cannot set a quota under the path: ${path}`);
  }
  if ((await client.exists(path)) === undefined) throw new UsageError(`${path} does not exist.`);
  await refuseNested(client, path);
  const home = `${QUOTA_ROOT}${path}`;
  await client.ensure(home);
  const present = await textOrNone(client, `${home}/${LIMITS}`);
  const merged = new Map([...parseQuotaText(present ?? NO_LIMITS), ...limits]);
  if (present === undefined) {
    await client.create(`${home}/${LIMITS}`, formatQuotaText(merged));
    await client.create(`${home}/${STATS}`, 'count=0,bytes=0');
  } else {
    await client.set(`${home}/${LIMITS}`, formatQuotaText(merged));
  }
  const usage = parseQuotaText((await textOrNone(client, `${home}/${STATS}`)) ?? '');
  return exceeded(merged, usage);
}

/** A quota as it stands; `undefined` when there is none. */
export async function readQuota(
  client: Client,
  path: string,
): Promise<{ limits: Map<string, number>; usage: Map<string, number> } | undefined> {
  const home = path === '/' ? QUOTA_ROOT : `${QUOTA_ROOT}${path}`;
  const limits = await textOrNone(client, `${home}/${LIMITS}`);
  if (limits === undefined) return undefined;
  const usage = (await textOrNone(client, `${home}/${STATS}`)) ?? '';
  return { limits: parseQuotaText(limits), usage: parseQuotaText(usage) };
}

/** Lifts some limits, or removes the quota when `keys` is empty; false when there is none. */
export async function deleteQuota(
  client: Client,
  path: string,
  keys: readonly string[],
): Promise<boolean> {
  let home = `${QUOTA_ROOT}${path}`;
  const present = await textOrNone(client, `${home}/${LIMITS}`);
  if (present === undefined) return false;
  if (keys.length > 0) {
    const lifted = parseQuotaText(present);
    for (const key of keys) lifted.set(key, -1);
    await client.set(`${home}/${LIMITS}`, formatQuotaText(lifted));
    return true;
  }
  for (const name of (await client.children(home)).children) await client.delete(`${home}/${name}`);
  while (home !== QUOTA_ROOT && (await client.children(home)).children.length === 0) {
    await client.delete(home);
    home = home.slice(0, home.lastIndexOf('/'));
  }
  return true;
}

/** A node counts towards one quota only, so quotas do not nest. */
async function refuseNested(client: Client, path: string): Promise<void> {
  const parts = path.split('/').slice(1);
  for (let depth = 1; depth < parts.length; depth++) {
    const above = `/${parts.slice(0, depth).join('/')}`;
    if ((await client.exists(`${QUOTA_ROOT}${above}/${LIMITS}`)) !== undefined) {
      throw new UsageError(`${path} has a parent ${above} which has a quota`);
    }
  }
  const waiting = [path];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const name of await childrenOrNone(client, `${QUOTA_ROOT}${at}`)) {
      if (name === LIMITS && at !== path) {
        throw new UsageError(`${path} has a child ${at} which has a quota`);
      }
      if (name !== LIMITS && name !== STATS) waiting.push(`${at}/${name}`);
    }
  }
}

function exceeded(
  limits: ReadonlyMap<string, number>,
  usage: ReadonlyMap<string, number>,
): string[] {
  const kinds = [
    ['count', 'countHardLimit'],
    ['bytes', 'byteHardLimit'],
  ] as const;
  return kinds.flatMap(([kind, hard]) => {
    const used = usage.get(kind) ?? 0;
    const over = [kind, hard].some(
      (key) => (limits.get(key) ?? -1) > -1 && limits.get(key)! < used,
    );
    return over
      ? [`[Warning]: the ${kind} quota you create is less than the existing ${kind}:${used}`]
      : [];
  });
}

async function textOrNone(client: Client, path: string): Promise<string | undefined> {
  try {
    return new TextDecoder().decode((await client.get(path)).bytes ?? new Uint8Array(0));
  } catch (error) {
    if (isZkError(error, 'NO_NODE')) return undefined;
    throw error;
  }
}

async function childrenOrNone(client: Client, path: string): Promise<readonly string[]> {
  try {
    return (await client.children(path)).children;
  } catch (error) {
    if (isZkError(error, 'NO_NODE')) return [];
    throw error;
  }
}
