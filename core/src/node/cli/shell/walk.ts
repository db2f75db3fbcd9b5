import { childOf } from '../../../base/path.js';
import type { Client, DeleteOp, WatchOptions } from '../../../client/api.js';
import { isZkError } from '../../../client/errors.js';
import { UsageError } from './arguments.js';

/**
 * Paths of a node and everything below it, each before its children, children by name. Nodes that
 * vanish on the way are left out.
 *
 * @param options of each read, such as a watch on each list of children
 * @throws NO_NODE when the first one does not exist
 */
export async function* walk(
  client: Client,
  root: string,
  options: WatchOptions = {},
): AsyncGenerator<string> {
  const waiting = [root];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const read = client.children(path, options);
    const children = await (path === root ? read : unlessGone(read));
    if (children === undefined) continue;
    yield path;
    for (const name of [...children.children].reverse()) waiting.push(childOf(path, name));
  }
}

/** What a request answers, or `undefined` when its node has gone. */
export async function unlessGone<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (isZkError(error, 'NO_NODE')) return undefined;
    throw error;
  }
}

/**
 * Removes a node and everything below it, leaves first, `batchSize` nodes in one transaction. A
 * batch that something interfered with is repeated node by node.
 *
 * @throws NO_NODE when there is no such node; NOT_EMPTY when somebody adds nodes meanwhile
 * @param onProgress told before each batch of how many are gone, of all
 */
export async function deleteTree(
  client: Client,
  root: string,
  batchSize: number,
  onProgress: (done: number, all: number) => void,
): Promise<void> {
  if (root === '/') throw new UsageError('the root cannot be deleted; name a path below it');
  const paths: string[] = [];
  for await (const path of walk(client, root)) paths.push(path);
  paths.reverse();
  for (let at = 0; at < paths.length; at += batchSize) {
    const batch = paths.slice(at, at + batchSize);
    onProgress(at, paths.length);
    try {
      await client.multi(batch.map((path): DeleteOp => ({ op: 'delete', path })));
    } catch (error) {
      if (!isZkError(error, 'NO_NODE')) throw error;
      for (const path of batch) await unlessGone(client.delete(path));
    }
  }
}
