import type { Client } from '@vivarium/core';
import { ChangeStream } from '../stream/change-stream.js';
import { LiveTree } from './live-tree.js';

const parts = new WeakMap<Client, { tree: LiveTree; stream: ChangeStream }>();

/** The tree and the stream of a client, which go on while another page is looked at. */
export function partsOf(zk: Client) {
  const known = parts.get(zk);
  if (known !== undefined) return known;
  const made = { stream: new ChangeStream(zk), tree: new LiveTree(zk) };
  parts.set(zk, made);
  return made;
}
