/** Looks at nodes for the recognisers, with few and small reads. */
import { type CallOptions, type Client, isZkError, type Stat } from '@vivarium/core';
import { nodeKindOf } from '@vivarium/core/internal/layouts/node-kind';
import type { ChildLook, NodeLook } from '@vivarium/core/internal/layouts/node-look';
import { recognise } from '@vivarium/core/internal/layouts/recognise';
import { foldersOf } from '@vivarium/core/internal/layouts/recognised';
import { childPath } from '../paths.js';

/** What was seen of a node. */
export interface Seen {
  readonly look: NodeLook;
  readonly stat: Stat;
  /** Its data or its list may not be read. */
  readonly isHidden: boolean;
}

/** The data of a recipe's own node is short; that of who takes part may be a description. */
const OWN_DATA_MAX = 64;
const EPHEMERAL_DATA_MAX = 4_096;
const none = new Uint8Array();

/**
 * Reads a node, its list, and the lists of its folders where its names are those of a recipe with
 * folders. Undefined when it is not there.
 *
 * @throws ZkError but for `NO_AUTH`, which is told; the signal's reason
 */
export async function lookAt(
  zk: Client,
  path: string,
  options: CallOptions = {},
): Promise<Seen | undefined> {
  const stat = await zk.exists(path, options);
  if (stat === undefined) return undefined;
  let isHidden = false;
  const unlessHidden = (error: unknown): undefined => {
    if (isZkError(error, 'NO_NODE')) return undefined;
    if (!isZkError(error, 'NO_AUTH')) throw error;
    isHidden = true;
    return undefined;
  };
  const owner = stat.ephemeralOwner;
  const [read, list] = await Promise.all([
    isWorthReading(stat) ? zk.get(path, options).catch(unlessHidden) : undefined,
    stat.numChildren > 0 ? zk.children(path, options).catch(unlessHidden) : undefined,
  ]);
  const names = list?.children ?? [];
  const folders = new Map<string, readonly string[]>();
  const data = stat.dataLength === 0 ? none : read?.data;
  const plain: NodeLook = { path, owner, data, names, children: new Map(), folders };
  const [first] = recognise(plain);
  for (const name of first === undefined ? [] : foldersOf(first)) {
    if (!names.includes(name)) continue;
    const inside = await zk.children(childPath(path, name), options).catch(unlessHidden);
    if (inside !== undefined) folders.set(name, inside.children);
  }
  return { look: plain, stat, isHidden };
}

function isWorthReading({ dataLength, ephemeralOwner }: Stat): boolean {
  const isEphemeral = nodeKindOf(ephemeralOwner).kind === 'ephemeral';
  return dataLength > 0 && dataLength <= (isEphemeral ? EPHEMERAL_DATA_MAX : OWN_DATA_MAX);
}

/** The same look with what was seen of some children. */
export function withChildren(seen: Seen, children: ReadonlyMap<string, ChildLook>): Seen {
  return { ...seen, look: { ...seen.look, children } };
}

/** Looks at some children, the first of the list; those that are gone or hidden are left out. */
export async function lookAtChildren(
  zk: Client,
  seen: Seen,
  most: number,
  options: CallOptions = {},
): Promise<Seen> {
  const { path, names } = seen.look;
  const children = new Map<string, ChildLook>();
  await Promise.all(
    names.slice(0, most).map(async (name) => {
      const child = childPath(path, name);
      const stat = await zk.exists(child, options);
      if (stat === undefined) return;
      const isRead = isWorthReading(stat);
      const read = isRead ? await zk.get(child, options).catch(unlessGone) : undefined;
      children.set(name, { owner: stat.ephemeralOwner, data: read?.data ?? none });
    }),
  );
  return withChildren(seen, children);
}

function unlessGone(error: unknown): undefined {
  if (isZkError(error, 'NO_NODE', 'NO_AUTH')) return undefined;
  throw error;
}
