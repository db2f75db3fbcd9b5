import type { Client, DeleteOp } from '../../client/api.js';
import { isZkError } from '../../client/errors.js';
import { UsageError } from './shell-arguments.js';

/** Path of a child. */
function childPath(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`;
}

/**
 * Paths of a node and everything below it, each before its children, children by name. Nodes that
 * vanish on the way are left out.
 *
 * @throws NO_NODE when the first one does not exist
 */
export async function* walk(client: Client, root: string): AsyncGenerator<string> {
  const waiting = [root];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const children = await childrenOf(client, path, path === root);
    if (children === undefined) continue;
    yield path;
    for (const name of [...children].reverse()) waiting.push(childPath(path, name));
  }
}

async function childrenOf(
  client: Client,
  path: string,
  mustExist: boolean,
): Promise<readonly string[] | undefined> {
  try {
    return (await client.children(path)).children;
  } catch (error) {
    if (!mustExist && isZkError(error, 'NO_NODE')) return undefined;
    throw error;
  }
}

/**
 * Removes a node and everything below it, leaves first, `batchSize` nodes in one transaction. A
 * batch that something interfered with is repeated node by node.
 *
 * @throws NO_NODE when there is no such node; NOT_EMPTY when somebody adds nodes meanwhile
 */
export async function deleteTree(client: Client, root: string, batchSize: number): Promise<void> {
  if (root === '/') throw new UsageError('the root cannot be deleted; name a path below it');
  const paths: string[] = [];
  for await (const path of walk(client, root)) paths.push(path);
  paths.reverse();
  for (let at = 0; at < paths.length; at += batchSize) {
    const batch = paths.slice(at, at + batchSize);
    try {
      await client.multi(batch.map((path): DeleteOp => ({ op: 'delete', path })));
    } catch (error) {
      if (!isZkError(error, 'NO_NODE')) throw error;
      for (const path of batch) await deleteIfThere(client, path);
    }
  }
}

async function deleteIfThere(client: Client, path: string): Promise<void> {
  try {
    await client.delete(path);
  } catch (error) {
    if (!isZkError(error, 'NO_NODE')) throw error;
  }
}
